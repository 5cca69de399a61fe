"""What may be used once: what is handed out for a new password, tokens for renewal, vouchers."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from SecurityLibrary import made_values, renewals
from SecurityLibrary.accounts import register, registering
from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.findings import Severity
from SecurityLibrary.owasp import AUTHENTICATION
from SecurityLibrary.pacing import BudgetError
from SecurityLibrary.probes.base import Probe
from SecurityLibrary.recovery import Recovering, ways
from SecurityLibrary.sender import UnresponsiveError
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.made_identity import MadeIdentity
    from SecurityLibrary.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

WORTH = re.compile(
    r"(?i)[/_#-](?:redeem|redempt|voucher|coupon|gift|claim|bonus|reward|promo|discount|cash|refund|referral|invitation)"
)
GIVES_BACK = re.compile(
    r"(?i)\}/(?:cancel\w*|refund|return|reverse|reversal|storno|void|withdraw|release|give-?back|undo|expire)/?$"
)
CODES = re.compile(r"(?i)(?:^|[._])(?:\w*code|coupon|voucher|gift|promo\w*|token|key)$|(?-i:[a-z]Code$)")
AMOUNT = re.compile(
    r"(?i)(?:^|[._])\w*(?:balance|credit|point|wallet|fund|coin|total|saldo|cash|amount|due|price|sum|discount|payable|open"
    r"|hour|minute|quota|budget|left|remain|available|allowance|seat|stock|unit)\w*$"
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
        "renewal again after it was exchanged; a voucher, a claim or a cancellation again"
    )
    oracle = (
        "the account signs in with the second password too, the other account with a password that was set by what was handed "
        "out to the first; for two accounts, and not by a made-up one; a token that was exchanged for another one brings a "
        "token, twice: low; an amount of the identity's own changes twice by one voucher, by the same, and a "
        "made-up one is refused"
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
            if each.method == "POST" and not each.admin and (WORTH.search(each.path) or GIVES_BACK.search(each.route))
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
                amounts, answers = self._twice(scan, operation, named, identity)
            except (BudgetError, UnresponsiveError):
                raise
            except NotEvaluatedError as error:  # what it needs of an amount may be used up, and another one's is not
                nothing = str(error)
                continue
            seen = seen or bool(amounts[-1])
            made_up = scan.sender.send(operation, identity, {named: f"qa{scan.random.number()}"}, patient=False)
            if made_up.ok or not all(answer.ok for answer in answers):
                continue
            if steps := _alike(*amounts):
                yield self.finding(f"{operation} {named}", f"the same is taken twice: {steps}", *answers)
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
    def _twice(
        scan: Scan, operation: ScanOperation, named: InsertableParameter, identity: Identity
    ) -> tuple[list[dict[str, float]], list[Exchange]]:
        """The amounts before, between and after two requests with the same voucher, and their answers."""
        make = made_values.maker(scan, operation, named, identity)
        own = None if make or named != operation.last else scan.objects.identifier(operation, named, identity, fresh=True)
        given = {named: make()} if make else {named: own} if own is not None else {}
        answers = [] if given else [scan.sender.send(operation, identity, patient=False)]
        earlier = _amounts(scan, identity)  # what a request alone changes, such as a quota, tells nothing
        steady = {place: value for place, value in _amounts(scan, identity).items() if earlier.get(place) == value}
        amounts = [steady | _numbers(operation, answers)]
        for _ in range(2):
            answers.append(scan.sender.send(operation, identity, given, patient=False))
            amounts.append(_amounts(scan, identity) | _numbers(operation, answers[-1:]))
        return amounts, answers


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


def _amounts(scan: Scan, identity: Identity) -> dict[str, float]:
    """The amounts that operations show to an identity, by operation and name."""
    found: dict[str, float] = {}
    reads = [each for each in scan.plan.operations if each.method == "GET" and "{" not in each.route and not each.admin]
    for operation in [each for each in reads if _tells_amounts(scan, each, identity)][:MOST_READ]:
        answer = scan.sender.send(operation, identity)
        found |= {f"{operation} {name}": value for name, value in _of_worth(answer)}
    return found


def _tells_amounts(scan: Scan, operation: ScanOperation, identity: Identity) -> bool:
    """Whether an operation shows an identity an amount at all, as its control request showed."""
    with suppress(NotEvaluatedError):
        return any(True for answer in scan.plan.control(operation, identity) for _ in _of_worth(answer))
    return False


def _numbers(operation: ScanOperation, answers: list[Exchange]) -> dict[str, float]:
    """The amounts that the last of some answers to an operation shows itself."""
    return {f"{operation} {name}": value for answer in answers[-1:] for name, value in _of_worth(answer)}


def _of_worth(answer: Exchange) -> Iterator[tuple[str, float]]:
    """The amounts in an answer."""
    for name, value in pointers.leaves(answer.body) if answer.ok else ():
        if isinstance(value, int | float) and not isinstance(value, bool) and AMOUNT.search(name):
            yield name, value
