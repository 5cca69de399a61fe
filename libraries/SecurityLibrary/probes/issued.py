"""What is handed out to be shown again by whoever has it: tokens of links and invitations, keys for repetitions."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from SecurityLibrary.authentication.derived_codes import source
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.description.nouns import noun_of
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import ACCESS, AUTHENTICATION
from SecurityLibrary.identities import accounts
from SecurityLibrary.identities.profiles import ABOUT_ONESELF
from SecurityLibrary.identities.registrations import new_texts
from SecurityLibrary.objects.identifiers import identifier_in, scalars
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.proof import comparison
from SecurityLibrary.values.randomness import bits_of
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

TOKEN = re.compile(
    r"(?i)(?:\w*[-_]?)(?:token|ticket|nonce)|\w*(?:share|invite|invitation|reset|access|magic)[-_]?(?:key|code|link|url)"
)
GOING_ON = re.compile(r"(?i)page|next|cursor|continu|csrf|xsrf|refresh|device|count|type")  # they open nothing
SIGNED = re.compile(r"eyJ[\w-]+\.|.*[?&](?:sig|signature|hmac)=")
NUMBER = re.compile(r"\d+")
# What is handed out to open something is also called a code where the operation says so.
OPENING = re.compile(
    r"(?i)[/#_-](?:\w*[a-z])?(?:invit|shar|reset|recover|forgot|verif|activat|magic|voucher|gift|ticket|access|join|claim)"
)
A_SECOND = 1.1
CODE = re.compile(r"(?i)code|key|pin|secret")


class GuessableToken(Probe):
    """A token that opens something is the one before it and a little more."""

    id = "guessable-tokens"
    title = "Tokens that open something can be guessed"
    topic = "authentication"
    severity = Severity.HIGH
    cwe = 330
    owasp = (*AUTHENTICATION, "A02:2021", "A04:2025")
    tier = 2
    changes = True
    sends = (
        "operations whose answers hold a token, a key of a link, a ticket or a code of an invitation, eight times, and with "
        "other texts in the request"
    )
    oracle = (
        "the tokens are digests or encodings of what the request or the answer holds, or of the time, for two values; or they "
        "go up by small steps, or differ in so few places that they are of fewer than 64 bits; where an operation "
        "that is open to everybody takes such a token, a predicted one opens something, and a made-up one does not"
    )
    bad = "token = str(4000 + len(shares))"
    good = "token = secrets.token_urlsafe(16)"
    remediation = "Make what opens something by a cryptographic random generator, with 128 bits, and let it end."

    SAMPLES, LEAST, STEP = 8, 64, 16

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each operation that hands out tokens, but for the sign-in."""
        handing = []
        for operation in scan.plan.operations:
            identity = scan.plan.identity_for(operation)
            if operation.method != "POST" or scan.authenticator.signs_in(operation) or scan.plan.skip_reason(operation):
                continue
            try:
                control = scan.plan.control(operation, identity)[0]
            except NotEvaluatedError:
                if scan.stopped:
                    raise
                continue
            if name := _token_in(control.body, operation)[0]:
                handing.append((operation, identity, name))
        if not handing:
            raise NotApplicableError("no operation hands out tokens beside the sign-in")
        for operation, identity, name in handing:
            with scan.apart(self.id, str(operation)):
                yield from self._judged(scan, operation, identity, name)

    def _judged(self, scan: Scan, operation: ScanOperation, identity: Identity | None, name: str) -> Iterator[Finding]:
        answers = [scan.sender.send(operation, identity) for _ in range(self.SAMPLES)]
        tokens = [str(token) for answer in answers if answer.ok and (token := _token_in(answer.body, operation)[1]) is not None]
        if made := self._derived(scan, operation, identity, answers):
            scan.coverage.tried(self.id, str(operation))
            yield self.finding(str(operation), f"{name} is {made[0]}, which anybody computes", *made[1])
            return
        if len(tokens) < self.SAMPLES or len(set(tokens)) < self.SAMPLES:
            raise NotEvaluatedError(f"{len(set(tokens))} of {self.SAMPLES} requests brought a '{name}' of its own")
        if all(SIGNED.match(token) for token in tokens):
            raise NotApplicableError("the tokens are signed: they are not guessed but forged")
        scan.coverage.tried(self.id, str(operation))
        counted, bits = _counted(tokens, self.STEP), bits_of(tokens)
        if not counted and bits >= self.LEAST:
            return
        how = f"{name} goes up by small steps: {tokens[0]}, {tokens[1]}, {tokens[2]}" if counted else ""
        how = how or f"{self.SAMPLES} values of {name}, of {len(tokens[0])} characters, differ by {bits:.0f} bits"
        opened = self._opened(scan, name, tokens) if counted else None
        if opened:
            how += f"; anybody opens something by the next one at {opened.method} {opened.path}"
        evidence = (*answers[:2], *([opened] if opened else []))
        few = counted or bits < self.LEAST / 2
        severity = self.severity if opened else Severity.MEDIUM if few else Severity.LOW
        yield self.finding(str(operation), how, *evidence, severity=severity)

    @staticmethod
    def _derived(
        scan: Scan, operation: ScanOperation, identity: Identity | None, answers: list[Exchange]
    ) -> tuple[str, list[Exchange]] | None:
        """How codes for two values come about that were never the same, with the answers; None where no way is known."""
        texts = {place: text for place, text in new_texts(scan.random, operation).items() if not noun_of(operation, place)}
        more = [scan.sender.send(operation, identity, {place: text}) for place, text in texts.items()]
        if operation.last is not None:  # the token of one object may be the same each time
            known = [scan.objects.identifier(operation, operation.last, identity, fresh=True) for _ in range(2)]
            more += [scan.sender.send(operation, identity, {operation.last: each}) for each in known if each is not None]
        scan.sender.pause(A_SECOND)  # of which a code may be made
        more.append(scan.sender.send(operation, identity))
        seen: dict[str, tuple[str, Exchange]] = {}
        for answer in (*more, *answers):
            token = str(_token_in(answer.body, operation)[1] or "") if answer.ok else ""
            how = source(token, answer, identity.username if identity else "")
            if token and not how:
                return None
            if how:
                seen.setdefault(token, (how, answer))
        if len(seen) < 2:  # noqa: PLR2004  # of two values
            return None
        first, second = list(seen.values())[:2]
        return first[0], [first[1], second[1]]

    @staticmethod
    def _opened(scan: Scan, name: str, tokens: list[str]) -> Exchange | None:
        """What an anonymous caller gets by a token that nobody showed them; a made-up one of the same form has to be refused."""
        for operation in scan.plan.operations:
            place = operation.last or next((each for each in operation.parameters if each.location == "query"), None)
            alike = place is not None and place.name.lower().removesuffix("s") in name.lower()
            if operation.method != "GET" or operation.secured is not False or place is None or not alike:
                continue
            predicted = _next(tokens[0], tokens[1])
            first, nowhere = (
                scan.sender.send(operation, None, {place: value}) for value in (predicted, _next(tokens[-1], "", 90_000))
            )
            if first.ok and not nowhere.ok:
                return first
        return None


def _token_in(body: Any, operation: ScanOperation) -> tuple[str, Any]:
    """The name and the value of the first property that holds a token, or the end of a link that has one; else empty."""
    if isinstance(body, dict):
        for name, value in body.items():
            opening = _opens(str(name)) or (OPENING.search(operation.path) and CODE.fullmatch(str(name)))
            if isinstance(value, str | int) and not isinstance(value, bool) and value != "" and opening:
                text = str(value)
                return str(name), urlsplit(text).path.rstrip("/").rpartition("/")[2] if "://" in text else text
        return next((found for value in body.values() if (found := _token_in(value, operation))[0]), ("", None))
    return _token_in(body[0], operation) if isinstance(body, list) and body else ("", None)


def _opens(name: str) -> bool:
    return TOKEN.fullmatch(name) is not None and GOING_ON.search(name) is None


def _counted(tokens: list[str], most: int) -> bool:
    """Whether tokens are the same but for a number, which goes up or down by small steps."""
    frames = {NUMBER.sub("#", token) for token in tokens}
    numbers = [[int(number) for number in NUMBER.findall(token)] for token in tokens]
    if len(frames) != 1 or not numbers[0]:
        return False
    steps = [[later - earlier for earlier, later in zip(before, after, strict=True)] for before, after in pairwise(numbers)]
    same_way = all(
        all(step[place] >= 0 for step in steps) or all(step[place] <= 0 for step in steps) for place in range(len(numbers[0]))
    )
    return same_way and all(any(step) and all(abs(part) <= most for part in step) for step in steps)


def _next(token: str, after: str, step: int = 0) -> str:
    """The token that stands after one by the step to the other one; without another, by a step of choice."""
    numbers, others = NUMBER.findall(token), NUMBER.findall(after)
    steps = [int(other) - int(number) for number, other in zip(numbers, others, strict=False)] or [step] * len(numbers)
    parts = iter(str(int(number) + step).zfill(len(number)) for number, step in zip(numbers, steps, strict=True))
    return NUMBER.sub(lambda _: next(parts), token)


KEY = re.compile(r"(?i)(?:x-)?(?:idempotency|idempotent|dedup\w*|request)[-_]?(?:key|id|token)?")


class SharedKey(Probe):
    """The key that makes a repetition harmless brings another caller's object."""

    id = "idempotency"
    title = "What is kept for one caller is given to another"
    topic = "authorization"
    severity = Severity.HIGH
    cwe = 639
    owasp = (*ACCESS, "API1:2023")
    tier = 2
    changes = True
    sends = (
        "a request with an Idempotency-Key as one identity, and with the same key as another; what is one's own at an address "
        "that was not used before, as both"
    )
    oracle = (
        "the other identity gets the object that the first one made, twice, and one of its own with another key; or it gets "
        "what the first one got at an address that nobody had used, twice, and its own at another address"
    )
    bad = 'return kept[request.headers["Idempotency-Key"]]'
    good = 'return kept[caller.id, request.headers["Idempotency-Key"]]'
    remediation = "Keep answers by the caller and the key; mark answers that are somebody's own as private, and not to be stored."

    MOST = 5

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Operations that take such a key, and pages of one's own."""
        people = accounts.people(scan)[:2]
        if len(people) < 2:  # noqa: PLR2004  # one and another
            raise NotEvaluatedError("two identities without special rights are needed")
        taking = [
            (operation, key) for operation in scan.plan.operations if operation.method == "POST" for key in _keys(operation)
        ]
        own = [each for each in scan.plan.operations if each.method == "GET" and not each.admin and each.secured is not False]
        own = [each for each in own if "{" not in each.path]
        pages = sorted(own, key=lambda each: not ABOUT_ONESELF.search(each.path))[: self.MOST]
        if not taking and not pages:
            raise NotApplicableError("no operation takes a key for repetitions, and none shows what is one's own")
        for operation, key in taking:
            with scan.apart(self.id, str(operation)):
                yield from self._by_key(scan, operation, key, (people[0], people[1]))
        for operation in pages:
            with scan.apart(self.id, str(operation)):
                yield from self._kept(scan, operation, (people[0], people[1]))

    def _by_key(
        self, scan: Scan, operation: ScanOperation, place: InsertableParameter, people: tuple[Identity, Identity]
    ) -> Iterator[Finding]:
        owner, other_user = people
        if reason := scan.plan.skip_reason(operation):
            raise NotEvaluatedError(reason)

        def made(identity: Identity, key: str) -> tuple[Exchange, Any]:
            answer = scan.sender.send(operation, identity, {place: key})
            return answer, identifier_in(answer.body, "id") if answer.ok else None

        seen: list[Exchange] = []
        for _ in range(2):
            key = f"qa-{scan.random.number()}-{scan.random.number()}"
            first, again = made(owner, key)[1], made(owner, key)[1]
            another = made(owner, f"{key}-2")[1]
            if first is None or first != again or another == first:
                raise NotEvaluatedError("the key was not seen to make a repetition harmless")
            answer, theirs = made(other_user, key)
            if theirs is None or str(theirs) != str(first):
                break
            seen.append(answer)
        scan.coverage.tried(self.id, str(operation))
        if len(seen) == 2:  # noqa: PLR2004  # twice
            observed = f"'{other_user.name}' gets what '{owner.name}' made, by the same {place.name}"
            yield self.finding(str(operation), observed, *seen, identity=other_user.name)

    def _kept(self, scan: Scan, operation: ScanOperation, people: tuple[Identity, Identity]) -> Iterator[Finding]:
        owner, other_user = people
        theirs, own = scan.plan.control(operation, owner)[0], scan.plan.control(operation, other_user)[0]
        telling = {str(value) for value in scalars(theirs.body)} - {str(value) for value in scalars(own.body)}
        if not telling:
            raise NotApplicableError("both identities are shown the same")
        seen: list[Exchange] = []
        for _ in range(2):
            path = f"{theirs.path}{'&' if '?' in theirs.path else '?'}qa={scan.random.number()}{scan.random.number()}"
            first = scan.sender.request("GET", path, owner)
            answer = scan.sender.request("GET", path, other_user)
            if not first.ok or not answer.ok or first.text != answer.text or not comparison.same_kind(first, theirs):
                break
            seen.append(answer)
        scan.coverage.tried(self.id, str(operation))
        if len(seen) == 2 and scan.sender.send(operation, other_user).text != seen[1].text:  # noqa: PLR2004  # twice
            observed = f"'{other_user.name}' gets what was kept for '{owner.name}' at the same address"
            yield self.finding(str(operation), observed, *seen, identity=other_user.name)


def _keys(operation: ScanOperation) -> list[InsertableParameter]:
    """Where an operation takes a key for repetitions."""
    return [each for each in operation.parameters if each.location == "header" and KEY.fullmatch(each.name)][:1]
