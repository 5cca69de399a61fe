"""Answers that are kept for whoever asks next, although they are of one identity alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import ACCESS
from SecurityLibrary.identities import accounts
from SecurityLibrary.probes.base import Probe
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity


class CachedAnswers(Probe):
    """What one identity was answered is answered to another one at the same address."""

    id = "cached-answers"
    title = "Answers are kept for other callers"
    topic = "authorization"
    severity = Severity.HIGH
    cwe = 524
    owasp = (*ACCESS, "API1:2023")
    tier = 2
    sends = (
        "what shows an identity something of its own, with a query of a made-up name, and below or behind the name of a style "
        "sheet (/me/x.css, /me;x.css), as that identity, then at the same address as another one and anonymously"
    )
    oracle = (
        "the second caller is shown the first one's name and not their own, twice, at new addresses; medium where no cache is "
        "seen, and Cache-Control lets shared ones keep what shows an identity its own name, twice; low where an answer below "
        "the name of a style sheet has no Cache-Control, as many caches go by such names"
    )
    bad = "cache[request.url] = answer"
    good = "cache[caller.id, request.url] = answer  # and Cache-Control: private, no-store"
    remediation = "Keep answers by whom they are for, or not at all; say so in Cache-Control and Vary."

    MOST = 12  # operations
    WAYS = ("{path}{sign}qa-kept={n}", "{bare}/qa{n}.css", "{bare};qa{n}.css")

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each operation that shows two identities something of their own."""
        people = [each for each in accounts.people(scan) if each.ready][:2]
        if len(people) != 2:  # noqa: PLR2004  # the one that is shown, and the one that sees it
            raise NotEvaluatedError("two ordinary identities are needed")
        own = [each for each in scan.plan.operations if each.method == "GET" and "{" not in each.route and not each.admin]
        personal = [each for each in own[: 3 * self.MOST] if self._is_personal(scan, each, people)]
        if not personal:
            raise NotApplicableError("no operation shows an identity its own name")
        yield from scan.over_operations(self.id, personal[: self.MOST], lambda operation: self._at(scan, operation, people))

    def _is_personal(self, scan: Scan, operation: ScanOperation, people: list[Identity]) -> bool:
        """Whether an operation shows each identity their own name, and not the other's."""
        with scan.apart(self.id, str(operation)):
            first, second = people
            path = scan.plan.control(operation, first)[0].path
            answers = [scan.sender.request("GET", self._address(scan, self.WAYS[0], path), identity) for identity in people]
            return _shows(answers[0], first, second) and _shows(answers[1], second, first)
        return False

    @staticmethod
    def _address(scan: Scan, way: str, path: str) -> str:
        """A new address for what stands at a path."""
        number = f"{scan.random.number()}{scan.random.number()}"
        return way.format(path=path, sign="&" if "?" in path else "?", bare=path.partition("?")[0].rstrip("/"), n=number)

    def _at(self, scan: Scan, operation: ScanOperation, people: list[Identity]) -> Iterator[Finding]:
        first, second = people
        path = scan.plan.control(operation, first)[0].path
        for way in self.WAYS:
            found: dict[str, list[Exchange]] = {}
            for _ in range(2):
                address = self._address(scan, way, path)
                if not _shows(scan.sender.request("GET", address, first), first, second):
                    break
                for who, caller in ((f"'{second.name}'", second), ("an anonymous caller", None)):
                    answer = scan.sender.request("GET", address, caller)
                    if _shows(answer, first, second):
                        found.setdefault(who, []).append(answer)
            scan.coverage.tried(self.id, str(operation))
            for who, answers in found.items():
                if len(answers) == 2:  # noqa: PLR2004  # twice
                    kept = f"{who} is answered what was for '{first.name}', at the same address"
                    yield self.finding(str(operation), kept + self._beside(way), *answers)
                    return
        yield from self._may_be_kept(scan, operation, people)

    def _beside(self, way: str) -> str:
        """What an address has to do with a style sheet."""
        return "" if way == self.WAYS[0] else f" {'below' if '/qa' in way else 'behind'} the name of a style sheet"

    def _may_be_kept(self, scan: Scan, operation: ScanOperation, people: list[Identity]) -> Iterator[Finding]:
        """What is one identity's own, and may be kept by caches that a scan does not see."""
        first, second = people
        path = scan.plan.control(operation, first)[0].path
        for way in self.WAYS:
            answers: list[Exchange] = []
            for _ in range(2):
                answers.append(scan.sender.request("GET", self._address(scan, way, path), first))
                if not _shows(answers[-1], first, second):
                    break
            else:
                kept = [_kept_by_caches(answer) for answer in answers]
                named = way != self.WAYS[0]
                if all(kept):
                    observed = f"any cache may keep what is shown to '{first.name}'{self._beside(way)}: Cache-Control: {kept[0]}"
                    yield self.finding(str(operation), observed, *answers, severity=Severity.MEDIUM)
                    return
                if named and not any("cache-control" in answer.headers for answer in answers):
                    private = f"what is shown to '{first.name}'{self._beside(way)}"
                    observed = f"{private} has no Cache-Control, and caches go by such names"
                    yield self.finding(str(operation), observed, *answers, severity=Severity.LOW)
                    return


def _kept_by_caches(answer: Exchange) -> str:
    """The Cache-Control of an answer that shared caches may keep and give to others; empty where they may not.

    By ``Vary`` a cache gives an answer to whom the same cookie or token is of alone. Without ``public`` an answer to a request
    with a token is not kept (RFC 9111), but by ``s-maxage`` and ``must-revalidate``.
    """
    control = answer.headers.get("cache-control", "")
    parts = {part.strip().partition("=")[0].lower(): part.strip().partition("=")[2] for part in control.split(",")}
    varies = re.search(r"(?i)cookie|authorization|\*", answer.headers.get("vary", ""))
    if varies or {"private", "no-store", "no-cache"} & parts.keys():
        return ""
    seconds = parts.get("s-maxage", parts.get("max-age", "1"))
    shared = "public" in parts or "s-maxage" in parts
    return control if shared and seconds.strip('"') not in ("0", "") else ""


def _shows(answer: Exchange, first: Identity, second: Identity) -> bool:
    """Whether an answer names the first of two identities alone."""
    return answer.ok and _names(answer, first) and not _names(answer, second)


def _names(answer: Exchange, identity: Identity) -> bool:
    names = {re.escape(name) for name in (identity.name, identity.username, identity.username.partition("@")[0]) if name}
    return bool(names) and re.search(rf"(?i)(?<![\w.-])(?:{'|'.join(sorted(names))})(?![\w-])", answer.text) is not None
