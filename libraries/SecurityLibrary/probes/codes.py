"""Short codes (one-time passwords, PINs, codes of a letter) that can be guessed by trying."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary import comparison
from SecurityLibrary.accounts import account_to_change, LOCKED
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.findings import Severity
from SecurityLibrary.owasp import AUTHENTICATION
from SecurityLibrary.pacing import TOO_MANY
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.registrations import new_name
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

CODE = re.compile(
    r"(?i)(?:^|[._-])(?:otp|totp|pin|code|passcode|mfa|mfa_?code|verification_?code|confirmation_?code|one_?time\w*)$|(?-i:[a-z]Code$)"
)
NAMING = re.compile(r"(?i)mail|user|login|account|phone|(?:^|_)name$")
PROVES = re.compile(r"(?i)verif|confirm|otp|mfa|2fa|two-?factor|reset|recover|pin|unlock|activate|challenge|forgot|passcode")
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
    sends = "30 wrong codes to what a code proves, for nobody or for an account that may be locked"
    oracle = "all 30 are refused alike: none is answered 429 or 423, otherwise than the first, or later and later; low for nobody"
    bad = 'if given != code: raise HTTPException(401, "wrong code")'
    good = "if attempts[account] >= 5: discard(code)"
    remediation = "Let a code be worth nothing after a few wrong ones, and limit tries for each account and address."

    TRIES = 30

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each place for a code."""
        places = [
            (operation, parameter)
            for operation in scan.plan.operations
            if operation.method in ("POST", "PUT", "PATCH") and PROVES.search(operation.path) and not operation.admin
            for parameter in operation.parameters
            if parameter.location == "body" and CODE.search(parameter.name)
        ]
        if not places:
            raise NotApplicableError("no operation takes a code that proves something")
        for operation, parameter in places:
            with scan.apart(self.id, f"{operation} {parameter}"):
                yield from self._tried(scan, operation, parameter)

    def _tried(self, scan: Scan, operation: ScanOperation, parameter: InsertableParameter) -> Iterator[Finding]:
        if str(operation) in scan.target.skip:
            raise NotEvaluatedError("the description says to skip it")
        lockable = scan.target.lockable
        known = lockable.username if lockable and lockable.ready else ""
        names = [each for each in operation.parameters if each.location == "body" and NAMING.search(each.name)]
        whose: dict[InsertableParameter, Any] = {each: known or new_name(scan.random, each) for each in names}

        def sent(identity: Identity | None) -> Exchange:
            given = whose | {parameter: self._code(scan, parameter)}
            return scan.sender.send(operation, identity, given, patient=False)

        identity = account_to_change(scan) if operation.secured is not False and sent(None).asks_to_sign_in else None
        answers: list[Exchange] = []
        while len(answers) < self.TRIES:
            answers.append(last := sent(identity))
            if last.ok or not last.status:
                raise NotEvaluatedError(f"a made-up code was answered {last.status}")
            limited = last.status in (TOO_MANY, LOCKED) or last.status not in REFUSED
            if limited or comparison.differ(comparison.leaves(answers[0]), comparison.leaves(last)):
                scan.coverage.tried(self.id, f"{operation} {parameter}")
                return
        scan.coverage.tried(self.id, f"{operation} {parameter}")
        if last.duration > 1 and last.duration > 3 * answers[0].duration:
            return
        observed = f"{len(answers)} wrong codes answered {last.status} alike"
        severity = self.severity if identity or (known and names) else Severity.LOW
        yield self.finding(f"{operation} {parameter}", observed, answers[0], last, severity=severity)

    @staticmethod
    def _code(scan: Scan, parameter: InsertableParameter) -> int | str:
        """A made-up code in the form of the example."""
        example = str(parameter.schema.get("example", "123456"))
        digits = "".join(str(scan.random.randrange(10)) if char.isdigit() else char for char in example) or "000000"
        return int(digits.lstrip("0") or "1") if parameter.kind == "integer" else digits
