"""Short codes (one-time passwords, PINs, codes of a letter) that can be guessed by trying."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.authentication import codes_together
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.description import graphql
from SecurityLibrary.description.insertion_points import value_at
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import AUTHENTICATION
from SecurityLibrary.identities.accounts import account_to_change, LOCKED, signed_in
from SecurityLibrary.identities.registrations import is_password, new_name
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.proof import comparison
from SecurityLibrary.sending.pacing import TOO_MANY
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.openapi import samples
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

CODE = re.compile(
    r"(?i)(?:^|[._-])(?:otp|totp|pin|code|passcode|mfa|mfa_?code|verification_?code|confirmation_?code|one_?time\w*)$|(?-i:[a-z]Code$)"
)
NAMING = re.compile(r"(?i)mail|user|login|account|phone|(?:^|_)name$")
PROVES = re.compile(r"(?i)verif|confirm|otp|mfa|2fa|two-?factor|reset|recover|pin|unlock|activate|challenge|forgot|passcode")
TELLING = re.compile(r"(?i)(?:^|[._])(?:error|message|reason|detail|title)$")
NUMBERS = re.compile(r"\b0x[0-9a-f]+|\d+")
ALIKE = 3  # refusals before any limit
REFUSED = (400, 401, 403, 404, 409, 410, 422)


class GuessableCode(Probe):
    """Codes can be tried without a limit."""

    id = "code-guessing"
    tier = 2
    title = "Codes can be tried without limit"
    topic = "authentication"
    severity = Severity.MEDIUM
    cwe = 307
    owasp = (*AUTHENTICATION, "API4:2023")
    changes = True
    sends = (
        "30 wrong codes to what a code proves, for nobody or for an account that may be locked; before them, where it is a "
        "mutation or a call, 30 in one request, by aliases and in a batch"
    )
    oracle = (
        "all 30 are refused alike: none is answered 429 or 423, otherwise than the first, or later and later; low for nobody; or "
        "30 of one request are refused as a wrong one is, and one at a time there is a limit below that"
    )
    bad = 'if given != code: raise HTTPException(401, "wrong code")'
    good = "if attempts[account] >= 5: discard(code)"
    remediation = "Let a code be worth nothing after a few wrong ones, and limit tries for each account and address."

    TRIES = 30

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each place for a code."""
        places = [
            (operation, parameter)
            for operation in scan.plan.operations
            if not operation.admin
            for parameter in operation.parameters
            if parameter.location in ("body", "query") and CODE.search(parameter.name) and _proves(operation, parameter)
        ]
        if not places:
            raise NotApplicableError("no operation takes a code that proves something")
        for operation, parameter in places:
            with scan.apart(self.id, f"{operation} {parameter}"):
                yield from self._tried(scan, operation, parameter)

    def _tried(self, scan: Scan, operation: ScanOperation, parameter: InsertableParameter) -> Iterator[Finding]:
        if str(operation) in scan.target.skip:
            raise NotEvaluatedError("the description says to skip it")
        account = _account(scan)
        names = [each for each in operation.parameters if each.location in ("body", "query") and NAMING.search(each.name)]
        address = scan.objects.address_of(account) if account else ""
        owned = {each: address if "mail" in each.name.lower() else account.username if account else "" for each in names}
        known = account is not None and all(owned.values())
        whose: dict[InsertableParameter, Any] = {each: owned[each] or new_name(scan.random, each) for each in names}
        if not known and scan.authenticator.signs_in(operation):
            raise NotEvaluatedError("a sign-in looks at a code after the password, and no account is known that may be locked")
        if account and known:  # a code that happens to be right leaves the password as it is
            whose |= {each: account.password() for each in operation.parameters if is_password(each, scan.authenticator)}

        def sent(identity: Identity | None) -> Exchange:
            given = whose | {parameter: self._code(scan, operation, parameter)}
            return scan.sender.send(operation, identity, given, patient=False)

        closed = operation.secured is not False and sent(None).asks_to_sign_in
        identity = signed_in(scan, account or account_to_change(scan)) if closed else None
        together = self._together(scan, operation, parameter, identity, whose)
        answers: list[Exchange] = []
        while len(answers) < self.TRIES:
            answers.append(last := sent(identity))
            denied = _denies(last)
            if (last.ok and not denied) or not last.status:
                raise NotEvaluatedError(f"a made-up code was answered {last.status}")
            limited = not denied and (last.outcome in (TOO_MANY, LOCKED) or last.outcome not in REFUSED)
            if limited or (len(answers) >= ALIKE and _turned(answers)):
                scan.coverage.tried(self.id, f"{operation} {parameter}")
                for how, answer in codes_together.uncounted(together, answers):
                    observed = f"{self.TRIES} wrong codes in one request, {how}, are all looked at"
                    observed += "; one at a time there is a limit"
                    yield self.finding(f"{operation} {parameter}", observed, answer, last)
                return
        scan.coverage.tried(self.id, f"{operation} {parameter}")
        if last.duration > 1 and last.duration > 3 * answers[0].duration:
            return
        observed = f"{len(answers)} wrong codes answered {last.outcome} alike"
        severity = self.severity if identity or (known and names) else Severity.LOW
        yield self.finding(f"{operation} {parameter}", observed, answers[0], last, severity=severity)

    def _together(
        self,
        scan: Scan,
        operation: ScanOperation,
        parameter: InsertableParameter,
        identity: Identity | None,
        whose: dict[InsertableParameter, Any],
    ) -> list[tuple[str, Exchange]]:
        """The answers to as many wrong codes in one request, by how they stand in it, where each of them is refused alike."""
        if "#" not in operation.path or not graphql.takes_variable(parameter):
            return []
        codes = [self._code(scan, operation, parameter) for _ in range(self.TRIES)]
        content = scan.sender.builder.composed(operation, whose | {parameter: codes[0]}, identity, raw=False)[2]
        if not isinstance(content, dict):
            return []
        answers = (
            (how, scan.sender.send(operation, identity, whose, body=body, patient=False))
            for how, body in codes_together.bodies(content, parameter.pointer, codes)
        )
        return [(how, answer) for how, answer in answers if len(codes_together.refusals(answer)) == self.TRIES]

    @staticmethod
    def _code(scan: Scan, operation: ScanOperation, parameter: InsertableParameter) -> int | str:
        """A made-up code in the form of the example, or of what the schema says."""
        example = str(parameter.schema.get("example") or value_at(operation.body, parameter.pointer) or "")
        if not any(map(str.isdigit, example)):
            sampled = str(samples.sample(scan.target.document, parameter.schema)) if "pattern" in parameter.schema else ""
            example = sampled if any(map(str.isdigit, sampled)) else "123456"
        digits = "".join(str(scan.random.randrange(10)) if char.isdigit() else char for char in example) or "000000"
        return int(digits.lstrip("0") or "1") if parameter.kind == "integer" else digits


def _proves(operation: ScanOperation, parameter: InsertableParameter) -> bool:
    """Whether a code proves something: by the path, by its own name, or because it opens the way to a new password."""
    beside = any(is_password(each) for each in operation.parameters)
    return bool(PROVES.search(operation.path) or PROVES.search(parameter.name)) or beside


def _account(scan: Scan) -> Identity | None:
    """An account whose codes may be tried: one of the scan's own, or one that may be locked; None without either."""
    try:
        return account_to_change(scan)
    except NotEvaluatedError:
        return None


def _turned(answers: list[Exchange]) -> bool:
    """Whether the last refusal is another one than the first; what differs in each of the first few by itself tells of nothing.

    Numbers are of no account there, such as the code that is repeated, an address in a stack trace or the tries that are left.
    """
    first = [comparison.leaves(answer) for answer in answers[:ALIKE]]
    now = comparison.leaves(answers[-1])
    always = {place for place in comparison.changing(first) if len({leaves.get(place) for leaves in first}) == ALIKE}
    if comparison.differ(first[0], now, always):
        return True
    plain = [{place: NUMBERS.sub("#", leaves.get(place, "")) for place in always} for leaves in (*first, now)]
    return bool(comparison.differ(plain[0], plain[-1], comparison.changing(plain[:-1])))


def _denies(answer: Exchange) -> bool:
    """Whether a success says no and nothing else, such as ``{"valid": false, "error": "the code is wrong"}``."""
    body = graphql.result_of(answer.body)
    leaves = pointers.leaves(body) if isinstance(body, dict) else []
    values = [value for name, value in leaves if not (TELLING.search(name) and isinstance(value, str))]
    return answer.ok and False in values and all(value is False or value is None for value in values)
