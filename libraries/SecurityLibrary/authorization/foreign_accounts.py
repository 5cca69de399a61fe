"""Changes to the account of another, which a body names: tried on accounts that the scan registers, and seen by these."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from SecurityLibrary.description import graphql
from SecurityLibrary.description.nouns import noun_of, USER_NOUNS
from SecurityLibrary.description.protected_properties import find
from SecurityLibrary.identities import known_rights
from SecurityLibrary.identities.accounts import new_account, registering
from SecurityLibrary.identities.profiles import ABOUT_ONESELF
from SecurityLibrary.identities.registrations import FORGOTTEN, is_password, new_texts, plain, SIGN_IN_NAMES
from SecurityLibrary.objects.identifiers import unknown_identifier
from SecurityLibrary.proof import comparison
from SecurityLibrary.proof.effects import visible
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.probes.base import Probe
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

MOST_LOOKS, MOST_VALUES = 3, 8


def naming(scan: Scan, operation: ScanOperation) -> InsertableParameter | None:
    """Where the body of a change names an account, in an operation that makes none; None where it names none."""
    if graphql.reads(operation) or operation.safe or operation in registering(scan):
        return None
    places = [parameter for parameter in operation.parameters if parameter.location == "body"]
    by_number = (parameter for parameter in places if noun_of(operation, parameter) in USER_NOUNS)
    return next(by_number, None) or next((each for each in places if _by_name(scan, operation, each)), None)


def _by_name(scan: Scan, operation: ScanOperation, parameter: InsertableParameter) -> bool:
    """Whether a change names an account by what it signs in with: not where it signs in, or sets a password."""
    enters = scan.authenticator.signs_in(operation) or FORGOTTEN.search(operation.path)
    if enters or operation.secured is False or operation.method not in ("PUT", "PATCH", "POST"):
        return False
    if any(is_password(each) for each in operation.parameters):
        return False
    return plain(parameter) in SIGN_IN_NAMES and parameter.kind == "string"


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
    if _by_name(scan, operation, named):
        other_user, _ = _new(scan, operation, named)  # what pays no heed to the name changes whoever sends it
    done: list[Exchange] = []
    for _ in range(2):
        account, identifier = _new(scan, operation, named)
        before = [_seen(scan, account) for _ in range(2)]
        mask = comparison.changing(before)
        given, answer, after = _changed(scan, operation, named, identifier, (other_user, account))
        nowhere = scan.sender.send(operation, other_user, given | {named: unknown_identifier(identifier)}, owner=account)
        if answer.ok and not nowhere.ok and comparison.differ(before[1], after, mask):
            done.append(answer)
            continue
        controller = scan.plan.identity_for(operation) if operation.admin else account
        _, own, seen = _changed(scan, operation, named, identifier, (controller or account, account))
        if not own.ok or not comparison.differ(after, seen, mask):
            raise NotEvaluatedError("its effect cannot be seen by reading an account of the scan's own")
        break
    scan.coverage.tried(probe.id, f"{operation} {named}")
    if len(done) < 2:  # noqa: PLR2004  # twice
        return None
    observed = f"'{other_user.name}' changes the account of another, such as '{owner.name}'"
    return probe.finding(f"{operation} {named}", observed, *done, identity=other_user.name)


def _changed(
    scan: Scan,
    operation: ScanOperation,
    named: InsertableParameter,
    identifier: Any,
    identities: tuple[Identity, Identity],
) -> tuple[dict[InsertableParameter, Any], Exchange, comparison.Leaves]:
    """A change of an account by somebody, with texts of its own and each value of an enum until one is taken.

    Returns what was given, the answer, and what the account reads about itself then.
    """
    sender, account = identities
    texts = new_texts(scan.random, operation) if _by_name(scan, operation, named) else {}
    beside: dict[InsertableParameter, Any] = {each: text for each, text in texts.items() if plain(each) not in SIGN_IN_NAMES}
    in_body = [each for each in operation.parameters if each.location == "body"]
    listed = [(each, value) for each in in_body for value in each.schema.get("enum") or _rights(scan, each, account)]
    for chosen in [dict([pair]) for pair in listed[:MOST_VALUES]] or [{}]:
        given = {**beside, **chosen, named: identifier}
        before = _seen(scan, account) if chosen else {}
        answer = scan.sender.send(operation, sender, given, owner=account)
        after = _seen(scan, account)
        if answer.ok and (not chosen or comparison.differ(before, after)):
            break
    return given, answer, after


def _rights(scan: Scan, parameter: InsertableParameter, account: Identity) -> tuple[Any, ...]:
    """Roles as the API calls them, where a parameter takes one: not the account's own."""
    if not known_rights.names_right(parameter):
        return ()
    name = parameter.pointer[-1]
    own = next((found for body in scan.objects.about(account) if (found := find(body, name)) is not None), None)
    return known_rights.of_accounts(scan, name, own)


def _new(scan: Scan, operation: ScanOperation, named: InsertableParameter) -> tuple[Identity, Any]:
    """A new account, and what the API calls it."""
    account = new_account(scan)
    if _by_name(scan, operation, named):
        return account, account.called(plain(named))
    identifier = scan.objects.identifier(operation, named, account)
    if identifier is None:
        raise NotEvaluatedError("the API does not tell a new account by what it is named")
    return account, identifier


def _seen(scan: Scan, account: Identity) -> comparison.Leaves:
    """What an account reads about itself."""
    reads = [each for each in scan.plan.operations if ABOUT_ONESELF.search(each.path) and graphql.reads(each)]
    return visible(scan, reads[:MOST_LOOKS], account)
