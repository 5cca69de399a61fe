"""Links that open something by their signature alone: whether it is checked, and whether their end is."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.discovery.named_paths import pattern_of
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import ACCESS
from SecurityLibrary.objects.identifiers import scalars
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.proof import comparison
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

SIGNATURE = re.compile(r"(?i)^(?:x-\w+-)?(?:sig|signature|hmac|sign|mac|hash)$")
# What opens something by itself, as the address of a calendar does; it may be nobody's own, too, and says nothing then.
TOKEN = re.compile(r"(?i)^(?:access_?|auth_?|feed_?|private_?|share_?)?(?:token|key|secret)$")
END = re.compile(r"(?i)^(?:x-\w+-)?(?:exp|expires?|expiry|until|valid_?(?:to|until)|deadline|ts|e)$")
MOST = 4
LONGEST = 2000  # characters of an address


Query = list[tuple[str, str]]


@dataclass(frozen=True)
class Link:
    """A link with a signature, as an answer names it."""

    path: str
    query: tuple[tuple[str, str], ...]

    @property
    def target(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """What it opens: its path, and what of its query is neither the signature nor the end."""
        return self.path, tuple((name, value) for name, value in self.query if not _seals(name))

    @property
    def signed(self) -> bool:
        """Whether it has a signature, and not only a token."""
        return any(SIGNATURE.match(name) for name, _ in self.query)

    @property
    def seal(self) -> Query:
        """Its signature and its end."""
        return [(name, value) for name, value in self.query if _seals(name)]

    def with_seal_of(self, other: Link) -> Query:
        """Its query with the signature and the end of another link."""
        given = dict(other.seal)
        return [(name, given.get(name, value)) for name, value in self.query]

    def is_like(self, other: Link) -> bool:
        """Whether another link is of the same form, and opens something else."""
        return (
            self.target != other.target
            and self.path.count("/") == other.path.count("/")
            and self.path.split("/")[1] == other.path.split("/")[1]
            and [name for name, _ in self.query] == [name for name, _ in other.query]
        )


class SignedLink(Probe):
    """A link is served without its signature, with another one, or with a later end."""

    id = "signed-links"
    tier = 2
    title = "Signed links are served without a right signature"
    topic = "authorization"
    severity = Severity.HIGH
    cwe = 347
    owasp = (*ACCESS, "A08:2021", "A08:2025")
    sends = (
        "links with a signature that answers name, to several identities: as they are, without it, with another one, with a "
        "later end, and with the signature and the end of a link to something else; links with a token, as calendars have, with "
        "that of a link to something else"
    )
    oracle = (
        "anybody is served as with the right link, twice; the right link was served to anybody before; or links to different "
        "objects have one signature"
    )
    bad = "return FileResponse(folder / name)  # sig and expires are for the client"
    good = 'hmac.compare_digest(sign(f"{name}|{expires}"), sig) and expires > time.time() or refuse()'
    remediation = "Sign the path and the end together, check both before anything is served."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """The links that answers to control requests name."""
        for operation in scan.plan.operations:
            with scan.apart(self.id, str(operation)):
                answers = scan.plan.control(operation, scan.plan.identity_for(operation))
                if any(_links_in(scan, answer) for answer in answers):
                    self._for_others(scan, operation)
        links = list(dict.fromkeys(link for _, answer in list(scan.sender.answers.exchanges) for link in _links_in(scan, answer)))
        links = list({link.target: link for link in links}.values())
        scan.coverage.of(self.id).skipped.clear()
        if not links:
            raise NotApplicableError("no answer names a link with a signature")
        open_to_others: set[str] = set()  # operations whose links were found to be open
        for link in links[:MOST]:
            location = _named(scan, link.path)
            with scan.apart(self.id, location):
                alike = [each for each in links if link.is_like(each)]
                found = self._tried(scan, link) if link.signed else None
                found = found or (None if location in open_to_others else self._bound(scan, link, alike))
                if found:
                    open_to_others.add(location)
                    yield found

    @staticmethod
    def _for_others(scan: Scan, operation: ScanOperation) -> None:
        """Have other identities be given links too, to what is theirs."""
        usual = scan.plan.identity_for(operation)
        for other in scan.target.identities.values():
            if other is not usual and other.role != "admin" and other.ready:
                with suppress(NotEvaluatedError):
                    scan.plan.control(operation, other)

    def _tried(self, scan: Scan, link: Link) -> Finding | None:
        path, query = link.path, list(link.query)
        right = self._served(scan, path, query)
        if not right.ok:
            raise NotEvaluatedError(f"the link itself was answered {right.status}")
        scan.coverage.tried(self.id, _named(scan, path))
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
                return self.finding(_named(scan, path), f"the link is served {how}", *answers)
        return None

    def _bound(self, scan: Scan, link: Link, others: list[Link]) -> Finding | None:
        """A link that is served with the signature of another: it says when it ends, and not what it opens."""
        for other in others[:MOST]:
            right, beside = self._served(scan, link.path, list(link.query)), self._served(scan, other.path, list(other.query))
            alike = right.text == beside.text and (link.path == other.path or not link.signed)
            if not right.ok or not beside.ok or alike or (not link.signed and link.seal == other.seal):
                continue
            if link.seal == other.seal:
                observed = f"it has the signature of GET {other.path}, which opens something else"
                return self.finding(_named(scan, link.path), observed, right, beside)
            if not link.signed and self._served(scan, link.path, []).ok:
                raise NotApplicableError("it is open to everybody without its token")
            scan.coverage.tried(self.id, _named(scan, link.path))
            answers = [self._served(scan, link.path, link.with_seal_of(other)) for _ in range(2)]
            if all(answer.ok and comparison.same_kind(answer, right) and answer.text != beside.text for answer in answers):
                what = "signature" if link.signed else "token"
                observed = f"the link is served with the {what} of GET {other.path}, which opens something else"
                return self.finding(_named(scan, link.path), observed, *answers)
        return None

    @staticmethod
    def _served(scan: Scan, path: str, query: Query) -> Exchange:
        return scan.sender.request("GET", f"{path}?{urlencode(query)}" if query else path)


def _named(scan: Scan, path: str) -> str:
    """The operation of the description that a link leads to; its own address where there is none."""
    leads_to = (each for each in scan.plan.operations if each.method == "GET" and pattern_of(each.route).fullmatch(path))
    return str(next(leads_to, f"GET {path}"))


def _opens(name: str) -> bool:
    return bool(SIGNATURE.match(name) or TOKEN.match(name))


def _seals(name: str) -> bool:
    return bool(SIGNATURE.match(name) or TOKEN.match(name) or END.match(name))


def _links_in(scan: Scan, answer: Exchange) -> list[Link]:
    """The links of the system's own in an answer that have a signature, each with its query."""
    own, found = urlsplit(scan.client.url).netloc, []
    for text in scalars(answer.body) if answer.ok else ():
        if not isinstance(text, str) or "?" not in text or len(text) > LONGEST:
            continue
        try:
            parts = urlsplit(text)
        except ValueError:
            continue
        query = parse_qsl(parts.query, keep_blank_values=True)
        if parts.path.startswith("/") and parts.netloc in ("", own) and any(map(_opens, dict(query))):
            found.append(Link(parts.path, tuple(query)))
    return found


def _other(signature: str) -> str:
    turned = str.maketrans("0123456789abcdefghijABCDEFGHIJ", "1032547698badcfehgjiBADCFEHGJI")
    return signature.translate(turned)
