"""What holds for one request after another, and not for several at once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, TYPE_CHECKING

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.description import graphql
from SecurityLibrary.description.nouns import noun_of
from SecurityLibrary.description.operations import InsertableParameter
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.identities.accounts import account_to_change, signed_in
from SecurityLibrary.limits import spent_at_once
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.proof import comparison
from SecurityLibrary.proof.effects import done
from SecurityLibrary.sending.answers import SERVER_ERROR
from SecurityLibrary.sending.pacing import BudgetError, TOO_MANY
from SecurityLibrary.sending.sender import UnresponsiveError
from SecurityLibrary.values import made_values
from SecurityLibrary.values.amount_names import MONEY, PIECES
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

    Given = dict[InsertableParameter, Any]

CREATED = 201
REFUSED = (400, 403, 404, 409, 410, 422, 423)
# What moves something of worth: twice is more than once. A state that is reached twice is the same state.
ONCE = re.compile(
    r"(?i)[/_#-](?:redeem|redempt|claim|coupon|voucher|gift|bonus|reward|vote|likes?(?![a-z])|rate(?![a-z])|follow|referral|withdraw|refund|pay(?:ment|out)?s?(?![a-z])|apply|spend"
    r"|collect|checkout|book(?!mark)|reserv|enrol|join|buy|purchase|top-?up)"
)


class Races(Probe):
    """What may be done once is done several times by requests at once."""

    id = "race"
    tier = 2
    title = "Requests at once do what may be done once (race)"
    topic = "api"
    severity = Severity.HIGH
    cwe = 362
    owasp = ("A04:2021", "A06:2025", "API6:2023")
    changes = True
    sends = (
        "what is refused a second time on an object of the scan's own, six times at once on another; six times more than half of "
        "the credit of an account that may be changed; what reads, 24 times at once"
    )
    oracle = (
        "one request after another is taken once and refused then; of six at once several are taken, for two of up to three "
        "objects, or of more than half of a credit more than one, and more than all of it is refused; or 24 at once make the "
        "server fail, twice, that does not fail for one at a time: medium, as where all are answered alike"
    )
    bad = "if code in redeemed: refuse()\nredeemed.add(code); balance += amount"
    good = "INSERT INTO redeemed (account, code) VALUES (?, ?)  -- UNIQUE (account, code), in one transaction with the balance"
    remediation = "Let the database decide, by a unique constraint, a lock, or an update with its condition in one statement."

    AT_ONCE, MANY, MOST_OBJECTS, ROUNDS = 6, 24, 4, 3

    def run(self, scan: Scan) -> Iterator[Finding]:
        """What may be done once; then what reads."""
        once = [
            operation
            for operation in scan.plan.operations
            if operation.method in ("POST", "PUT", "PATCH")
            and ONCE.search(operation.path)
            and not graphql.reads(operation)
            and not operation.admin
            and not scan.authenticator.signs_in(operation)
        ]
        for operation in once:
            with scan.apart(self.id, str(operation)):
                if found := self._done_often(scan, operation):
                    yield found
        reads = [
            operation
            for operation in scan.plan.working(self.id, sample=True)
            if operation.method == "GET" and "{" not in operation.route and not operation.admin
        ]
        if not once and not reads:
            raise NotApplicableError("nothing may be done once, and nothing reads")
        for operation in dict.fromkeys((*reads[:1], *reads[-1:])):
            with scan.apart(self.id, str(operation)):
                if found := self._fails(scan, operation):
                    yield found

    def _done_often(self, scan: Scan, operation: ScanOperation) -> Finding | None:
        if reason := scan.plan.skip_reason(operation):
            raise NotEvaluatedError(reason)
        usual = scan.plan.identity_for(operation)
        if usual is None:
            raise NotEvaluatedError("nobody is known who may do it")
        others = [each for each in scan.target.identities.values() if each.role != "admin" and each is not usual and each.ready]
        try:
            return self._by(scan, operation, usual)
        except (BudgetError, UnresponsiveError, NotApplicableError):
            raise
        except NotEvaluatedError:
            if not others:
                raise
            return self._by(scan, operation, others[0])  # what it needs may be used up for the one, and not for the other

    def _by(self, scan: Scan, operation: ScanOperation, identity: Identity) -> Finding | None:
        subject = self._subject(scan, operation, identity)
        if subject is None:
            return self._spent(scan, operation)
        given = subject()
        first, second = (scan.sender.send(operation, identity, given, patient=False) for _ in range(2))
        if TOO_MANY in (first.status, second.status):
            raise NotEvaluatedError("it was limited (429)")
        if scan.plan.possible_after_others(operation, identity, first):
            return self._by(scan, operation, identity)
        if not done(first):
            raise NotEvaluatedError(f"it was answered {first.status} for a new object")
        if second.outcome not in REFUSED:
            raise NotApplicableError("it may be done again")
        seen: list[Exchange] = []
        for number in range(self.ROUNDS):  # requests at once may come one after another all the same
            given = subject()
            answers = _together(scan, self.AT_ONCE, partial(scan.sender.send, operation, identity, given, patient=False))
            if any(not answer.status for answer in answers):
                raise NotEvaluatedError("requests at once were not answered")
            scan.coverage.tried(self.id, str(operation))
            taken = [answer for answer in answers if done(answer)]
            seen += taken[:2] if len(taken) > 1 else []
            if len(seen) == 4 or (not seen and number > 0):  # noqa: PLR2004  # two answers of two rounds
                break
        if len(seen) < 4:  # noqa: PLR2004  # as above
            return None
        observed = f"of {self.AT_ONCE} requests at once {len(taken)} were taken, of two one after another only the first"
        other = any(comparison.differ(comparison.leaves(seen[-1]), comparison.leaves(answer)) for answer in seen)
        severity = self.severity if other or seen[-1].status == CREATED else Severity.MEDIUM
        return self.finding(str(operation), observed, *seen, severity=severity)

    def _spent(self, scan: Scan, operation: ScanOperation) -> Finding | None:
        """Where it is done to no object: a credit that is spent by an amount, of an account that may be changed."""
        numbers = (each for each in operation.parameters if each.location == "body" and each.kind in ("integer", "number"))
        amount = next((each for each in numbers if MONEY.search(each.name) or PIECES.search(each.name)), None)
        if amount is None:
            raise NotApplicableError("it is done to no object that the API makes")
        account = signed_in(scan, account_to_change(scan))
        spent = spent_at_once.overspent(scan, operation, amount, account, partial(_together, scan, self.AT_ONCE))
        scan.coverage.tried(self.id, str(operation))
        return self.finding(str(operation), spent[0], *spent[1], identity=account.name) if spent else None

    def _subject(self, scan: Scan, operation: ScanOperation, identity: Identity) -> Callable[[], Given] | None:
        """What makes the object that an operation is done to; None where the API makes none."""
        named = [each for each in operation.parameters if each.location == "path"][-1:]
        named += [each for each in operation.parameters if each.location == "body" and each.kind in ("string", "integer")]
        for parameter in named[: self.MOST_OBJECTS]:
            noun = noun_of(operation, parameter) or parameter.name.rpartition(".")[2]
            naming = parameter if parameter.location == "path" or noun_of(operation, parameter) else InsertableParameter(
                f"{noun}_id", "body", (f"{noun}_id",)
            )  # fmt: skip
            if scan.objects.identifier(operation, naming, identity, fresh=True) is None:
                continue

            def subject(parameter: InsertableParameter = parameter, naming: InsertableParameter = naming) -> Given:
                found = scan.objects.identifier(operation, naming, identity, fresh=True)
                if found is None:
                    raise NotEvaluatedError("no further object could be made")
                return {parameter: found}

            return subject
        for parameter in named[: self.MOST_OBJECTS]:
            if make := made_values.maker(scan, operation, parameter, identity):
                return lambda parameter=parameter, make=make: {parameter: make()}  # type: ignore[misc]
        return None

    def _fails(self, scan: Scan, operation: ScanOperation) -> Finding | None:
        identity = scan.plan.identity_for(operation)
        failed: list[Exchange] = []
        for _ in range(2):
            before = scan.sender.send(operation, identity)
            answers = _together(scan, self.MANY, partial(scan.sender.send, operation, identity, patient=False))
            broken = [answer for answer in answers if answer.status >= SERVER_ERROR]
            scan.coverage.tried(self.id, str(operation))
            if not before.ok or len(broken) < 2:  # noqa: PLR2004  # no chance
                return None
            failed += broken[:1]
            if not scan.sender.is_healthy():
                scan.sender.recover()
        observed = f"{len(broken)} of {self.MANY} requests at once make the server fail ({broken[0].status}), one does not"
        return self.finding(str(operation), observed, *failed, severity=Severity.MEDIUM)


def _together(scan: Scan, number: int, send: Callable[[], Exchange]) -> list[Exchange]:
    """The answers to as many requests at once."""
    with scan.client.crowd(number), ThreadPoolExecutor(number, thread_name_prefix="race") as pool:
        return [future.result() for future in [pool.submit(copy_context().run, send) for _ in range(number)]]
