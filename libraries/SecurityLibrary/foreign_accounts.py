"""Changes to the account of another, which a body names: tried on accounts that the scan registers, and seen by these."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from SecurityLibrary import comparison, graphql
from SecurityLibrary.accounts import register, registering
from SecurityLibrary.objects import ABOUT_ONESELF, noun_of, unknown_identifier, USER_NOUNS
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from SecurityLibrary.findings import Finding
    from SecurityLibrary.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.probes.base import Probe
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

MOST_LOOKS = 3


def naming(scan: Scan, operation: ScanOperation) -> InsertableParameter | None:
    """Where the body of a change names an account, in an operation that makes none; None where it names none."""
    if graphql.reads(operation) or operation.safe or operation in registering(scan):
        return None
    places = (parameter for parameter in operation.parameters if parameter.location == "body")
    return next((parameter for parameter in places if noun_of(operation, parameter) in USER_NOUNS), None)


def changed_by_another(
    probe: Probe, scan: Scan, operation: ScanOperation, owner: Identity, other_user: Identity
) -> Finding | None:
    """A finding if another user changes new accounts by naming them in a body, and no account that there is not.

    Raises:
        NotEvaluatedError: No account can be made, or a change by its owner is not seen.
    """
    if reason := scan.plan.skip_reason(operation):
        raise NotEvaluatedError(reason)
    named = naming(scan, operation)
    if named is None:
        return None
    done: list[Exchange] = []
    for _ in range(2):
        account, identifier = _new(scan, operation, named)
        before = [_seen(scan, account) for _ in range(2)]
        answer = scan.sender.send(operation, other_user, {named: identifier}, owner=account)
        after = _seen(scan, account)
        nowhere = scan.sender.send(operation, other_user, {named: unknown_identifier(identifier)}, owner=account)
        mask = comparison.changing(before)
        if answer.ok and not nowhere.ok and comparison.differ(before[1], after, mask):
            done.append(answer)
            continue
        own = scan.sender.send(operation, account, {named: identifier}, owner=account)
        if not own.ok or not comparison.differ(after, _seen(scan, account), mask):
            raise NotEvaluatedError("its effect cannot be seen by reading an account of the scan's own")
        break
    scan.coverage.tried(probe.id, f"{operation} {named}")
    if len(done) < 2:  # noqa: PLR2004  # twice
        return None
    observed = f"'{other_user.name}' changes the account of another, such as '{owner.name}'"
    return probe.finding(f"{operation} {named}", observed, *done, identity=other_user.name)


def _new(scan: Scan, operation: ScanOperation, named: InsertableParameter) -> tuple[Identity, Any]:
    """A new account, and what the API calls it."""
    made = next(filter(None, (register(scan, each) for each in registering(scan))), None)
    if made is None:
        raise NotEvaluatedError("no account could be registered, and no other one is changed")
    identifier = scan.objects.identifier(operation, named, made.identity)
    if identifier is None:
        raise NotEvaluatedError("the API does not tell a new account by what it is named")
    return made.identity, identifier


def _seen(scan: Scan, account: Identity) -> comparison.Leaves:
    """What an account reads about itself."""
    reads = [each for each in scan.plan.operations if ABOUT_ONESELF.search(each.path) and graphql.reads(each)]
    seen: comparison.Leaves = {}
    for operation in reads[:MOST_LOOKS]:
        answer = scan.sender.send(operation, account)
        if answer.ok:
            seen |= {f"{operation} {place}": value for place, value in comparison.leaves(answer).items()}
    return seen
