"""Links that open something by their signature alone: whether it is checked, and whether their end is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from SecurityLibrary import comparison
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.findings import Severity
from SecurityLibrary.objects import scalars
from SecurityLibrary.owasp import ACCESS
from SecurityLibrary.probes.base import Probe
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

SIGNATURE = re.compile(r"(?i)^(?:x-\w+-)?(?:sig|signature|hmac|sign|mac|hash)$")
END = re.compile(r"(?i)^(?:x-\w+-)?(?:exp|expires?|expiry|until|valid_?(?:to|until)|deadline|ts|e)$")
MOST = 4


class SignedLink(Probe):
    """A link is served without its signature, with another one, or with a later end."""

    id = "signed-links"
    tier = 2
    title = "Signed links are served without a right signature"
    topic = "authorization"
    severity = Severity.HIGH
    cwe = 347
    owasp = (*ACCESS, "A08:2021", "A08:2025")
    sends = "links with a signature that answers name: as they are, without it, with another one, and with a later end"
    oracle = "anybody is served as with the right link, twice; the right link was served to anybody before"
    bad = "return FileResponse(folder / name)  # sig and expires are for the client"
    good = 'hmac.compare_digest(sign(f"{name}|{expires}"), sig) and expires > time.time() or refuse()'
    remediation = "Sign the path and the end together, check both before anything is served."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """The links that answers to control requests name."""
        for operation in scan.plan.operations:
            with scan.apart(self.id, str(operation)):
                scan.plan.control(operation, scan.plan.identity_for(operation))
        links = _links(scan)
        scan.coverage.of(self.id).skipped.clear()
        if not links:
            raise NotApplicableError("no answer names a link with a signature")
        for path, query in list(links.items())[:MOST]:
            with scan.apart(self.id, f"GET {path}"):
                yield from self._tried(scan, path, query)

    def _tried(self, scan: Scan, path: str, query: list[tuple[str, str]]) -> Iterator[Finding]:
        right = self._served(scan, path, query)
        if not right.ok:
            raise NotEvaluatedError(f"the link itself was answered {right.status}")
        scan.coverage.tried(self.id, f"GET {path}")
        signature = next(name for name, _ in query if SIGNATURE.match(name))
        without = [(name, value) for name, value in query if name != signature]
        ways = {"without its signature": without}
        ways["with another signature"] = [(name, _other(value) if name == signature else value) for name, value in query]
        if any(END.match(name) and value.isdigit() for name, value in query):
            ways["with a later end"] = [
                (name, str(int(value) + 864_000) if END.match(name) and value.isdigit() else value) for name, value in query
            ]
        for how, changed in ways.items():
            answers = [self._served(scan, path, changed) for _ in range(2)]
            if all(answer.ok and comparison.same_kind(answer, right) for answer in answers):
                yield self.finding(f"GET {path}", f"the link is served {how}", *answers)
                return

    @staticmethod
    def _served(scan: Scan, path: str, query: list[tuple[str, str]]) -> Exchange:
        return scan.sender.request("GET", f"{path}?{urlencode(query)}" if query else path)


def _links(scan: Scan) -> dict[str, list[tuple[str, str]]]:
    """The links of the system's own that have a signature, each with its query."""
    own = urlsplit(scan.client.url).netloc
    found: dict[str, list[tuple[str, str]]] = {}
    for _, answer in list(scan.sender.exchanges):
        if not answer.ok:
            continue
        for text in (value for value in scalars(answer.body) if isinstance(value, str) and "?" in value and len(value) < 2000):  # noqa: PLR2004
            try:
                parts = urlsplit(text)
            except ValueError:
                continue
            query = parse_qsl(parts.query, keep_blank_values=True)
            if parts.path.startswith("/") and parts.netloc in ("", own) and any(SIGNATURE.match(name) for name, _ in query):
                found[parts.path] = query
    return found


def _other(signature: str) -> str:
    turned = str.maketrans("0123456789abcdefghijABCDEFGHIJ", "1032547698badcfehgjiBADCFEHGJI")
    return signature.translate(turned)
