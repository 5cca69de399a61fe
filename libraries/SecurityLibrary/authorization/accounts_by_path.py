"""Accounts that a path names: changed and removed by another, tried on accounts that the scan registers, by one of them."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from SecurityLibrary.authorization import new_accounts
from SecurityLibrary.description import graphql
from SecurityLibrary.identities.accounts import new_account
from SecurityLibrary.identities.profiles import ABOUT_ONESELF
from SecurityLibrary.identities.registrations import is_password, MAILS, new_name, NOT_FREE, plain, SIGN_IN_NAMES
from SecurityLibrary.proof.effects import done, visible
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.identities.made_identity import MadeIdentity
    from SecurityLibrary.probes.base import Probe
    from SecurityLibrary.proof import comparison
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

REFUSED = (400, 401, 403, 404, 410, 422)  # a sign-in, where there is no such account any more
MOST_LOOKS = 4
SPELT = (*SIGN_IN_NAMES, *MAILS, "name", "user")


def naming(scan: Scan, operation: ScanOperation) -> InsertableParameter | None:
    """Where the path of what changes or removes an account names it; None where it names none."""
    writes = operation.method in ("PUT", "PATCH", "DELETE")
    return new_accounts.account_in_path(scan, operation) if writes else None


def changed_by_another(
    probe: Probe, scan: Scan, operation: ScanOperation, owner: Identity, other_user: Identity
) -> Finding | None:
    """A finding if one new account removes or changes two others; what pays no heed to the path reaches a new account alone.

    Raises:
        NotEvaluatedError: No account can be made, or a change by its owner is not seen.
    """
    if reason := scan.plan.skip_reason(operation):
        raise NotEvaluatedError(reason)
    named = naming(scan, operation)
    if named is None:
        return None
    look = _removed if operation.method == "DELETE" else _changed
    answers: list[Exchange] = []
    for _ in range(2):
        answer = look(scan, operation, named, (new_account(scan), new_account(scan)))
        scan.coverage.tried(probe.id, str(operation))
        if answer is None:
            return None
        answers.append(answer)
    act = "removes" if operation.method == "DELETE" else "changes"
    observed = (
        f"a new account, no administrator, {act} the accounts of others, as '{other_user.name}' could that of '{owner.name}'"
    )
    return probe.finding(str(operation), observed, *answers, identity=other_user.name)


def _called(scan: Scan, operation: ScanOperation, named: InsertableParameter, account: MadeIdentity) -> Any:
    """What the path calls an account: its name, or the identifier by which it reads itself."""
    known = {str(identity.username) for identity in scan.target.accounts}
    by_name = plain(named) in SPELT or any(str(each.values.get(named.name)) in known for each in scan.target.accounts)
    if by_name:
        return account.called(plain(named))
    identifier = scan.objects.identifier(operation, named, account)
    if identifier is None:
        raise NotEvaluatedError("the API does not tell a new account by what a path names it")
    return identifier


def _enters(scan: Scan, account: MadeIdentity) -> tuple[bool, int]:
    """Whether an account signs in, and how that is answered."""
    answer = scan.sender.try_sign_in(account.username, account.password())
    return bool(scan.authenticator.token_in(answer)), answer.outcome


def _removed(
    scan: Scan, operation: ScanOperation, named: InsertableParameter, accounts: tuple[MadeIdentity, MadeIdentity]
) -> Exchange | None:
    """The answer to a removal after which the account does not sign in, while that of the sender does."""
    sender, account = accounts
    answer = scan.sender.send(operation, sender, {named: _called(scan, operation, named, account)})
    if not done(answer):
        return None
    (entered, status), (still, _) = _enters(scan, account), _enters(scan, sender)
    return answer if not entered and status in REFUSED and still else None


def _changed(
    scan: Scan, operation: ScanOperation, named: InsertableParameter, accounts: tuple[MadeIdentity, MadeIdentity]
) -> Exchange | None:
    """The answer to a change whose new texts the account reads about itself afterwards."""
    sender, account = accounts
    free = [each for each in operation.parameters if each.location == "body" and each.kind == "string" and _free(each)]
    if not free:
        raise NotEvaluatedError("it takes no text by which a change would be seen")

    def seen(by: MadeIdentity, texts: dict[InsertableParameter, Any]) -> tuple[bool, Exchange]:
        given = {named: _called(scan, operation, named, account)} | texts
        answer = scan.sender.send(operation, by, given)
        values = set(_read(scan, operation, named, account).values())
        return done(answer) and any(text in values for text in texts.values()), answer

    changed, answer = seen(sender, {each: new_name(scan.random, each) for each in free})
    if changed:
        return answer
    own, _ = seen(account, {each: new_name(scan.random, each) for each in free})
    if not own:
        raise NotEvaluatedError("its effect cannot be seen by reading an account of the scan's own")
    return None


def _free(parameter: InsertableParameter) -> bool:
    by_mail = parameter.schema.get("format") == "email"
    secret = is_password(parameter) or plain(parameter) in SIGN_IN_NAMES
    return not secret and (by_mail or not NOT_FREE & parameter.schema.keys())


def _read(scan: Scan, operation: ScanOperation, named: InsertableParameter, account: MadeIdentity) -> comparison.Leaves:
    """What an account reads about itself: where it need not say who it is, and by the path that names it."""
    reads = [each for each in scan.plan.operations if graphql.reads(each) and not each.admin]
    above = [each for each in reads if each.last and f"{operation.route}/".startswith(f"{each.route}/")]
    about = [each for each in reads if ABOUT_ONESELF.search(each.path)]

    def path(read: ScanOperation) -> dict[InsertableParameter, Any]:
        return {each: _called(scan, operation, named, account) for each in read.parameters if each.name == named.name}

    return visible(scan, (*above, *about)[:MOST_LOOKS], account, given=path)
