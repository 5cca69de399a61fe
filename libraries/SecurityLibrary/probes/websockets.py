"""Connections that stay open (WebSockets): who may open them, and from which pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.discovery.named_paths import Discovery, read_all
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import ACCESS
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.sending.never_sent import NeverSentError
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

OPENED = 101
FOREIGN = "https://evil.example"
# RFC 6455, with the key of its example.
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
USUAL = ("ws", "websocket", "socket", "live", "stream", "events", "updates", "notifications", "chat", "feed", "cable", "realtime")
LIKELY = re.compile(
    r"(?i)(?:^|/)(?:wss?|web-?sockets?|sockets?|live|stream|events?|updates|notif\w*|chat|feed|cable|real-?time)(?:/|$)"
)
NAMED = re.compile(
    r"""wss?://[^/"'`\s]+(/[\w./-]*)"""
    r"""|["'`](/(?:[\w.-]+/)*(?:wss?|websocket|socket|live|cable)(?:/[\w.-]+)*)["'`?]"""
)
MOST = 40


class WebSocketOrigin(Probe):
    """A connection is opened to anybody, or to pages of other sites in the name of who is signed in."""

    id = "websockets"
    title = "WebSockets are opened to pages of other sites, or to anybody"
    topic = "authorization"
    severity = Severity.MEDIUM
    cwe = 1385
    owasp = (*ACCESS, "A07:2021", "API2:2023")
    tier = 2
    sends = (
        "handshakes of WebSockets to usual paths, to those that pages and scripts name, and to operations that are called so: "
        "as an identity, as nobody, and with a foreign origin"
    )
    oracle = (
        "101, twice, with the cookie of an identity and a foreign origin, and not without that cookie: low where its SameSite "
        "keeps it from going along; or to nobody: low, where "
        "other operations need a sign-in; a made-up path beside it opens nothing"
    )
    bad = "await socket.accept()"
    good = "if socket.headers.get('origin') not in ORIGINS or not session(socket): await socket.close(1008)"
    remediation = "Compare Origin with the own ones at the handshake, and ask for a session or a ticket before anything is sent."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each path that may open a connection."""
        identity = scan.plan.identity_for()
        found = 0
        for path in self._paths(scan):
            with scan.apart(self.id, f"GET {path}"):
                opened = self._opens(scan, path, identity, self._own(scan)) or self._opens(scan, path, identity)
                beside = f"{path.rstrip('/').rpartition('/')[0]}/qa-nowhere-{scan.random.number()}"
                if not opened or self._opens(scan, beside, identity):
                    continue
                found += 1
                scan.coverage.tried(self.id, f"GET {path}")
                yield from self._judged(scan, path, identity)
        if not found:
            raise NotApplicableError("no path opens a WebSocket")

    def _judged(self, scan: Scan, path: str, identity: Identity | None) -> Iterator[Finding]:
        nobody = [self._opens(scan, path, None, self._own(scan)) for _ in range(2)]
        if identity is not None and nobody[0] and nobody[1]:
            closed = any(each.secured is not False and each.safe for each in scan.plan.operations)
            if closed:
                yield self.finding(f"GET {path}", "a WebSocket is opened to anybody", nobody[0], nobody[1], severity=Severity.LOW)
            return
        if identity is None or not (identity.cookie or scan.authenticator.cookie):
            return
        foreign = [self._opens(scan, path, identity, {"Origin": FOREIGN}) for _ in range(2)]
        if foreign[0] and foreign[1]:
            observed = f"a WebSocket is opened to pages of {FOREIGN} with the session's cookie"
            severity = Severity.LOW if self._stays(scan) else self.severity
            yield self.finding(f"GET {path}", observed, foreign[0], foreign[1], identity=identity.name, severity=severity)

    @staticmethod
    def _stays(scan: Scan) -> bool:
        """Whether the cookie of a sign-in does not go along from other sites, by its SameSite."""
        answer = next(iter(scan.authenticator.answers.values()), None)
        own = [each.lower() for each in answer.cookies if each.startswith(f"{scan.authenticator.cookie}=")] if answer else []
        return any("samesite=lax" in each or "samesite=strict" in each for each in own)

    @staticmethod
    def _own(scan: Scan) -> dict[str, str]:
        return {"Origin": scan.client.url.rstrip("/")}

    @staticmethod
    def _opens(scan: Scan, path: str, identity: Identity | None, more: dict[str, str] | None = None) -> Exchange | None:
        """The answer that opens a connection; None where none is opened."""
        try:
            answer = scan.sender.request("GET", path, identity, headers=HANDSHAKE | (more or {}))
        except NeverSentError:
            return None
        return answer if answer.status == OPENED else None

    @staticmethod
    def _paths(scan: Scan) -> list[str]:
        """Where a connection may be opened: what is described and named first."""
        read_all(scan)
        routes = [each.route for each in scan.plan.operations if each.method == "GET" and "{" not in each.route]
        discovery = Discovery(scan)
        named = [path for path in discovery.all() if LIKELY.search(path)]
        texts = [answer.text for _, answer in list(scan.sender.answers.exchanges) if answer.ok]
        named += [found for text in texts for match in NAMED.finditer(text) if (found := match[1] or match[2])]
        tops = dict.fromkeys(["", *(f"/{route.strip('/').split('/')[0]}" for route in routes if route.startswith("/api"))])
        usual = [f"{top}/{name}" for top in tops for name in USUAL]
        described = [route for route in routes if LIKELY.search(route)]
        if not routes and not usual:
            raise NotEvaluatedError("no path is known")
        return list(dict.fromkeys([*described, *named, *usual]))[:MOST]
