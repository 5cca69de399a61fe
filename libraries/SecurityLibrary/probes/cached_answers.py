"""Answers that are kept for whoever asks next, although they are of one identity alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import ACCESS
from SecurityLibrary.identities import accounts
from SecurityLibrary.probes.base import Probe
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity


@dataclass(frozen=True)
class Pair:
    """Two identities, and what tells an answer for the first one from an answer for the second.

    Args:
        first: Whom an answer is for.
        second: Who asks after that.
        values: of the first one's answers, by the names that lead to them; those of the second are others.
        named: Whether the answers name them.
    """

    first: Identity
    second: Identity
    values: Mapping[str, Any]
    named: bool

    def shows_first(self, answer: Exchange) -> bool:
        """Whether an answer is the first one's: by its name alone, or by all its own values."""
        if self.named:
            return answer.ok and _names(answer, self.first) and not _names(answer, self.second)
        held = dict(pointers.leaves(answer.body)) if answer.ok and answer.body is not None else {}
        return bool(self.values) and all(name in held and held[name] == value for name, value in self.values.items())


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
        "the second caller is shown the first one's name and not their own, or the values in which their answers differ, "
        "twice, at new addresses, and not at another one; medium where no cache is seen, and Cache-Control lets shared ones "
        "keep what shows an identity its own name, twice; low where an answer below the name of a style sheet has no "
        "Cache-Control, as many caches go by such names"
    )
    bad = "cache[request.url] = answer"
    good = "cache[caller.id, request.url] = answer  # and Cache-Control: private, no-store"
    remediation = "Keep answers by whom they are for, or not at all; say so in Cache-Control and Vary."

    MOST = 12  # operations
    WAYS = ("{path}{sign}qa-kept={n}", "{bare}/qa{n}.css", "{bare};qa{n}.css")

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each operation that shows two identities something of their own."""
        people = [each for each in accounts.people(scan) if each.ready]
        if len(people) < 2:  # noqa: PLR2004  # the one that is shown, and the one that sees it
            raise NotEvaluatedError("two ordinary identities are needed")
        pairs = [people[:2]]
        if people[0].tenant == people[1].tenant:  # what a tenant has in common differs from that of another one
            pairs += [[people[0], each] for each in people[2:] if each.tenant != people[0].tenant][:1]
        own = [each for each in scan.plan.operations if each.method == "GET" and "{" not in each.route and not each.admin]
        personal: dict[ScanOperation, Pair] = {}
        for operation in own[: 3 * self.MOST]:
            if pair := next(filter(None, (self._pair(scan, operation, *pair) for pair in pairs)), None):
                personal[operation] = pair
        if not personal:
            raise NotApplicableError("no operation shows an identity something of its own")
        chosen = [*personal][: self.MOST]
        yield from scan.over_operations(self.id, chosen, lambda operation: self._at(scan, operation, personal[operation]))

    def _pair(self, scan: Scan, operation: ScanOperation, first: Identity, second: Identity) -> Pair | None:
        """Two identities to whom an operation shows something of their own, at two new addresses each."""
        with scan.apart(self.id, str(operation)):
            path = scan.plan.control(operation, first)[0].path
            addresses = [self._address(scan, self.WAYS[0], path) for _ in range(4)]
            answers = [scan.sender.request("GET", address, first) for address in addresses[:2]]
            others = [scan.sender.request("GET", address, second) for address in addresses[2:]]
            named = all(_names(answer, first) and not _names(answer, second) for answer in answers)
            pair = Pair(first, second, _own_values(answers, others), named)
            if all(map(pair.shows_first, answers)) and not any(map(pair.shows_first, others)):
                return pair
        return None

    @staticmethod
    def _address(scan: Scan, way: str, path: str) -> str:
        """A new address for what stands at a path."""
        number = f"{scan.random.number()}{scan.random.number()}"
        return way.format(path=path, sign="&" if "?" in path else "?", bare=path.partition("?")[0].rstrip("/"), n=number)

    def _at(self, scan: Scan, operation: ScanOperation, pair: Pair) -> Iterator[Finding]:
        first, second = pair.first, pair.second
        path = scan.plan.control(operation, first)[0].path
        for way in self.WAYS:
            found: dict[str, list[Exchange]] = {}
            for _ in range(2):
                address = self._address(scan, way, path)
                if not pair.shows_first(scan.sender.request("GET", address, first)):
                    break
                for who, caller in ((f"'{second.name}'", second), ("an anonymous caller", None)):
                    answer = scan.sender.request("GET", address, caller)
                    if not pair.shows_first(answer):
                        continue
                    elsewhere = scan.sender.request("GET", self._address(scan, self.WAYS[0], path), caller)
                    if not pair.shows_first(elsewhere):
                        found.setdefault(who, []).append(answer)
            scan.coverage.tried(self.id, str(operation))
            for who, answers in found.items():
                if len(answers) == 2:  # noqa: PLR2004  # twice
                    kept = f"{who} is answered what was for '{first.name}', at the same address"
                    yield self.finding(str(operation), kept + self._beside(way), *answers)
                    return
        if pair.named:
            yield from self._may_be_kept(scan, operation, pair)

    def _beside(self, way: str) -> str:
        """What an address has to do with a style sheet."""
        return "" if way == self.WAYS[0] else f" {'below' if '/qa' in way else 'behind'} the name of a style sheet"

    def _may_be_kept(self, scan: Scan, operation: ScanOperation, pair: Pair) -> Iterator[Finding]:
        """What is one identity's own, and may be kept by caches that a scan does not see."""
        first = pair.first
        path = scan.plan.control(operation, first)[0].path
        for way in self.WAYS:
            answers: list[Exchange] = []
            for _ in range(2):
                answers.append(scan.sender.request("GET", self._address(scan, way, path), first))
                if not pair.shows_first(answers[-1]):
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


def _own_values(answers: list[Exchange], others: list[Exchange]) -> dict[str, Any]:
    """The values that stay in an identity's answers, where those of another one have other values that stay."""
    if not all(answer.ok and answer.body is not None for answer in (*answers, *others)):
        return {}
    once, again, other, other_again = (dict(pointers.leaves(answer.body)) for answer in (*answers, *others))
    shared = once.keys() & again.keys() & other.keys() & other_again.keys()
    return {
        name: once[name]
        for name in shared
        if once[name] == again[name] and other[name] == other_again[name] and once[name] != other[name]
    }


def _names(answer: Exchange, identity: Identity) -> bool:
    names = {re.escape(name) for name in (identity.name, identity.username, identity.username.partition("@")[0]) if name}
    return bool(names) and re.search(rf"(?i)(?<![\w.-])(?:{'|'.join(sorted(names))})(?![\w-])", answer.text) is not None
