"""What may be used once: what is handed out for a new password, tokens for renewal, vouchers."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, TYPE_CHECKING

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.discovery import page_amounts
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.findings.owasp import AUTHENTICATION
from SecurityLibrary.identities import renewals
from SecurityLibrary.identities.accounts import register, registering
from SecurityLibrary.identities.recovery import Recovering, ways
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.proof.effects import done
from SecurityLibrary.sending.pacing import BudgetError
from SecurityLibrary.sending.sender import UnresponsiveError
from SecurityLibrary.values import made_values
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.identities.made_identity import MadeIdentity
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

WORTH = re.compile(
    r"(?i)[/_#-](?:redeem|redempt|voucher|coupon|gift|claim|bonus|reward|promo|discount|cash|refund|referral|invitation)"
)
GIVES_BACK = re.compile(
    r"(?i)\}/(?:cancel\w*|refund|return|reverse|reversal|storno|void|withdraw|release|give-?back|undo|expire"
    r"|invoice|pay-?outs?|reimburse\w*|settle|disburse)/?$"
)
# What each may do once to an object, whatever it is worth.
ONCE = re.compile(
    r"(?i)\}/(?:(?:up|down)?votes?|likes?|rat(?:e|ing)s?|check-?ins?|stamps?|collect|complete|answers?|spin|enter|enrol\w*|attend|claps?|stars?)/?$"
)
CODES = re.compile(r"(?i)(?:^|[._])(?:\w*code|coupon|voucher|gift|promo\w*|token|key)$|(?-i:[a-z]Code$)")
AMOUNT = re.compile(
    r"(?i)(?:^|[._])\w*(?:balance|credit|point|wallet|fund|coin|total|saldo|cash|amount|due|price|sum|discount|payable|open"
    r"|hour|minute|quota|budget|left|remain|available|allowance|seat|stock|unit|cents|pence|earned|earnings)\w*$"
)
COUNTED = re.compile(
    r"(?i)(?:^|[._])\w*(?:votes?|likes?|score|karma|xp|stamps?|stars?|claps?|count|entries|attendees|participants|points?|ratings?)$"
)
PART = re.compile(r"(?i)(?:^|[._])(?:amount|sum|value|quantity|cents)$")
MOST_READ, MOST_PEOPLE = 6, 3


class OneTime(Probe):
    """What is worth something once is taken again, or for somebody else."""

    id = "single-use"
    title = "What may be used once is taken again"
    topic = "authentication"
    severity = Severity.HIGH
    cwe = 294
    owasp = (*AUTHENTICATION, "API2:2023")
    tier = 2
    changes = True
    sends = (
        "what was handed out for a new password a second time, and for another account, both of the scan's own; the token for "
        "renewal again after it was exchanged; a voucher, a claim, a cancellation or a payment again, a voucher in other "
        "letters or with a space too; a vote and the like"
    )
    oracle = (
        "the account signs in with the second password too, the other account with a password that was set by what was handed "
        "out to the first; for two accounts, and not by a made-up one; a token that was exchanged for another one brings a "
        "token, twice: low; an amount of the identity's own changes twice by one voucher, by the same, or by two other "
        "spellings of it, and a made-up one is refused; a number of votes and the like: low"
    )
    bad = "accounts.by_reset_token(token).password = digest(new)"
    good = "account = accounts.take_reset_token(token, name)  # found, checked and removed in one step"
    remediation = "Remove what may be used once in the step that uses it, and bind it to whom it was handed out."

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Recoveries of passwords, renewals, and what is of worth."""
        recoveries, exchanging = ways(scan), renewals.operations(scan)
        worth = [
            each
            for each in scan.plan.operations
            if each.method == "POST" and not each.admin and any(kind.search(each.path) for kind in (WORTH, GIVES_BACK, ONCE))
        ]
        if not recoveries and not exchanging and not worth:
            raise NotApplicableError("nothing is handed out to be used once")
        for recovery in recoveries:
            with scan.apart(self.id, str(recovery.sets)):
                yield from self._recovered(scan, Recovering(scan, recovery))
        for operation, parameter in exchanging:
            with scan.apart(self.id, str(operation)):
                yield from self._renewed(scan, operation, parameter)
        for operation in worth:
            with scan.apart(self.id, str(operation)):
                yield from self._spent(scan, operation)

    def _recovered(self, scan: Scan, recovering: Recovering) -> Iterator[Finding]:
        label = str(recovering.recovery.sets)
        again: list[Exchange] = []
        for_another: list[Exchange] = []
        for _ in range(2):
            account, other = _made(scan), _made(scan)
            if recovering.recovery.also_naming:
                _, foreign = recovering.handed_out(account)
                theirs = [answer for answer, opened in (recovering.set_by(each, other) for each in foreign) if opened]
                for_another += theirs[:1]
            _, handed = recovering.handed_out(account)
            right = next((each for each in handed if recovering.set_by(each, account)[1]), None)
            if right is None:
                raise NotEvaluatedError("what is handed out was not taken for a new password")
            if recovering.set_by(f"{right[:-4]}{scan.random.number()}"[: max(len(right), 4)], account)[1]:
                raise NotEvaluatedError("what was never handed out is taken for a new password as well")
            scan.coverage.tried(self.id, label)
            answer, opened = recovering.set_by(right, account)
            again += [answer] if opened else []
            if not again and not for_another:
                return
        if len(for_another) == 2:  # noqa: PLR2004  # two accounts
            observed = "what was handed out to one account sets the password of another"
            yield self.finding(label, observed, *for_another, severity=Severity.CRITICAL)
        if len(again) == 2:  # noqa: PLR2004  # as above
            yield self.finding(label, "what was handed out for a new password sets a second one", *again)

    def _renewed(self, scan: Scan, operation: ScanOperation, parameter: InsertableParameter) -> Iterator[Finding]:
        """A token that was exchanged for another one is to be worth nothing; one that stays is meant to be used again."""
        identity = next(iter(scan.target.accounts), None)
        if identity is None:
            raise NotEvaluatedError("no identity signs in by a request with a name and a password")
        taken: list[Exchange] = []
        for _ in range(2):
            entered = scan.sender.try_sign_in(identity.username, identity.password())
            token = renewals.token_in(scan, entered)
            if not token:
                raise NotEvaluatedError("the sign-in brings no token for renewal")
            first = scan.sender.send(operation, None, {parameter: token})
            if not first.ok:
                raise NotEvaluatedError(f"a renewal was answered {first.status}")
            scan.coverage.tried(self.id, str(operation))
            following = renewals.token_in(scan, first)
            if not following or following == token:
                return
            second = scan.sender.send(operation, None, {parameter: token})
            taken += [second] if second.ok and renewals.token_in(scan, second) not in ("", token) else []
        if len(taken) == 2:  # noqa: PLR2004  # two sign-ins
            observed = "a refresh token brings a new token after it was exchanged for another one"
            yield self.finding(str(operation), observed, *taken, severity=Severity.LOW)

    def _spent(self, scan: Scan, operation: ScanOperation) -> Iterator[Finding]:
        """A voucher that is of worth twice, as an amount of one's own shows it; for each identity, until one shows it.

        Where an amount has reached its end by what was sent before, another identity's has not.
        """
        if reason := scan.plan.skip_reason(operation):
            raise NotEvaluatedError(reason)
        people = [identity for identity in scan.target.identities.values() if identity.role != "admin"]
        named = self._used_up(operation)
        seen, nothing = False, "no operation shows an amount of one's own" if people else "nobody is known who may do it"
        for identity in people[:MOST_PEOPLE]:
            try:
                amounts, answers, given = self._twice(scan, operation, named, identity)
            except (BudgetError, UnresponsiveError):
                raise
            except NotEvaluatedError as error:  # what it needs of an amount may be used up, and another one's is not
                nothing = str(error)
                continue
            seen = seen or bool(amounts[-1])
            made_up = scan.sender.send(operation, identity, {named: f"qa{scan.random.number()}"}, patient=False)
            now = _amounts(scan, identity) if made_up.location else {}
            changed = any(amounts[-1].get(place, value) != value for place, value in now.items())  # a redirect may refuse
            if made_up.ok or changed:
                continue
            if again := self._respelled(scan, operation, named, identity, given, amounts):
                scan.coverage.tried(self.id, str(operation))
                yield self.finding(f"{operation} {named}", "the same is taken again in other spellings", *again)
                return
            if not all(map(done, answers)):
                continue
            if steps := _alike(*amounts):
                scan.coverage.tried(self.id, str(operation))
                worth = WORTH.search(operation.path) or GIVES_BACK.search(operation.route)
                severity = self.severity if worth else Severity.LOW
                yield self.finding(f"{operation} {named}", f"the same is taken twice: {steps}", *answers, severity=severity)
                return
        if not seen:
            raise NotEvaluatedError(nothing)
        scan.coverage.tried(self.id, str(operation))

    @staticmethod
    def _used_up(operation: ScanOperation) -> InsertableParameter:
        """The place that names what is used up."""
        named = next((each for each in operation.parameters if CODES.search(each.name)), None) or operation.last
        if any(PART.search(each.name) and each.kind in ("integer", "number") for each in operation.parameters):
            raise NotApplicableError("a part may be asked for at a time")
        if named is None:
            raise NotApplicableError("it names nothing that may be used once")
        return named

    @staticmethod
    def _respelled(
        scan: Scan,
        operation: ScanOperation,
        named: InsertableParameter,
        identity: Identity,
        value: Any,
        amounts: list[dict[str, float]],
    ) -> list[Exchange]:
        """The answers to a voucher in two other spellings, each of which changes what it did not change a second time."""
        text = value if isinstance(value, str) and named != operation.last else ""
        moved = {place for place, step in amounts[1].items() if amounts[2].get(place) == step}
        if not moved or not re.search("[A-Za-z]", text):
            return []
        taken: list[Exchange] = []
        for spelled in dict.fromkeys((text.lower(), text.upper(), text.swapcase(), text.capitalize(), f"{text} ", f" {text}")):
            if spelled == text or len(taken) == 2:  # noqa: PLR2004  # twice
                continue
            before = _amounts(scan, identity)
            answer = scan.sender.send(operation, identity, {named: spelled}, patient=False)
            after = _amounts(scan, identity)
            taken += [answer] if done(answer) and any(before.get(place) != after.get(place) for place in moved) else []
        return taken if len(taken) == 2 else []  # noqa: PLR2004  # as above

    @staticmethod
    def _twice(
        scan: Scan, operation: ScanOperation, named: InsertableParameter, identity: Identity
    ) -> tuple[list[dict[str, float]], list[Exchange], Any]:
        """The amounts before, between and after two requests with the same voucher, their answers, and the voucher."""
        make = made_values.maker(scan, operation, named, identity)
        own = None if make or named != operation.last else scan.objects.identifier(operation, named, identity, fresh=True)
        given = {named: make()} if make else {named: own} if own is not None else {}
        if make and named == operation.last:
            scan.objects.carry_out(operation, given[named], identity)
        names = AMOUNT if WORTH.search(operation.path) or GIVES_BACK.search(operation.route) else COUNTED
        if given == {} and names is COUNTED:
            raise NotApplicableError("nothing makes an object for it")
        read = _reading(scan, operation) if named == operation.last else None

        def amounts_now() -> dict[str, float]:
            own_read = scan.sender.send(read, identity, {read.last: given[named]}) if read and read.last and given else None
            of_object = {f"{read} {name}": value for name, value in _of_worth(own_read, names)} if own_read else {}
            return _amounts(scan, identity, names) | of_object

        _fill(scan, operation, identity)
        answers = [] if given else [scan.sender.send(operation, identity, patient=False)]
        earlier = amounts_now()  # what a request alone changes, such as a quota, tells nothing
        steady = {place: value for place, value in amounts_now().items() if earlier.get(place) == value}
        amounts = [steady | _numbers(operation, answers)]
        for _ in range(2):
            answers.append(scan.sender.send(operation, identity, given, patient=False))
            amounts.append(amounts_now() | _numbers(operation, answers[-1:]))
        if scan.plan.possible_after_others(operation, identity, answers[0]):
            return OneTime._twice(scan, operation, named, identity)
        value = given.get(named)
        return amounts, answers, scan.sender.builder.good(operation, named, identity) if value is None else value


def _reading(scan: Scan, operation: ScanOperation) -> ScanOperation | None:
    """What reads the object that the path of an operation names; None where nothing does."""
    above = operation.route.rpartition("}")[0] + "}"
    return next((each for each in scan.plan.operations if each.method == "GET" and each.route.rstrip("/") == above), None)


def _fill(scan: Scan, operation: ScanOperation, identity: Identity) -> None:
    """Put something into what an operation is below, such as the basket of a voucher: of nothing there is nothing to take."""
    above = operation.route.rstrip("/").rpartition("/")[0]
    filling = (each for each in scan.plan.operations if each.method in ("POST", "PUT") and not each.admin)
    filling = (each for each in filling if above and each.route.rstrip("/") in (above, f"{above}/items", f"{above}/lines"))
    for each in filling:
        if "{" not in each.route and not scan.plan.skip_reason(each):
            with suppress(NotEvaluatedError):
                scan.plan.control(each, identity)
            scan.sender.send(each, identity)


def _alike(before: dict[str, float], between: dict[str, float], after: dict[str, float]) -> str:
    """An amount that changed twice by the same, as messages show it; empty where none did."""
    for place in before.keys() & between.keys() & after.keys():
        if between[place] - before[place] == after[place] - between[place] != 0:
            return f"{place.rpartition(' ')[2]} went from {before[place]:g} to {between[place]:g} and {after[place]:g}"
    return ""


def _made(scan: Scan) -> MadeIdentity:
    """A new account of the scan's own."""
    for operation in registering(scan):
        if made := register(scan, operation):
            return made.identity
    raise NotEvaluatedError("no operation registers an account on which it could be tried")


def _amounts(scan: Scan, identity: Identity, names: re.Pattern[str] = AMOUNT) -> dict[str, float]:
    """The amounts that operations show to an identity, by operation and name."""
    found: dict[str, float] = {}
    reads = [each for each in scan.plan.operations if each.method == "GET" and "{" not in each.route and not each.admin]
    for operation in [each for each in reads if _tells_amounts(scan, each, identity, names)][:MOST_READ]:
        answer = scan.sender.send(operation, identity)
        found |= {f"{operation} {name}": value for name, value in _of_worth(answer, names)}
    return found


def _tells_amounts(scan: Scan, operation: ScanOperation, identity: Identity, names: re.Pattern[str]) -> bool:
    """Whether an operation shows an identity an amount at all, as its control request showed."""
    with suppress(NotEvaluatedError):
        return any(True for answer in scan.plan.control(operation, identity) for _ in _of_worth(answer, names))
    return False


def _numbers(operation: ScanOperation, answers: list[Exchange]) -> dict[str, float]:
    """The amounts that the last of some answers to an operation shows itself."""
    return {f"{operation} {name}": value for answer in answers[-1:] for name, value in _of_worth(answer)}


def _of_worth(answer: Exchange, names: re.Pattern[str] = AMOUNT) -> Iterator[tuple[str, float]]:
    """The amounts in an answer."""
    for name, value in (*pointers.leaves(answer.body), *page_amounts.of(answer).items()) if answer.ok else ():
        if isinstance(value, int | float) and not isinstance(value, bool) and names.search(name):
            yield name, value
