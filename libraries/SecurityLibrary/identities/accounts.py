"""The accounts of a scan: who signs in with a password, whether wrong ones are refused, and what changes a password."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, TYPE_CHECKING

from SecurityLibrary.coverage import NotApplicableError
from SecurityLibrary.description import graphql
from SecurityLibrary.identities import password_fields
from SecurityLibrary.identities.made_identity import MadeIdentity
from SecurityLibrary.identities.profiles import ABOUT_ONESELF
from SecurityLibrary.identities.registrations import is_password, names_of_accounts, new_name, new_texts, plain
from SecurityLibrary.sending.pacing import TOO_MANY
from theodore_qa.errors import NotEvaluatedError, QaError
from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems.exchange import NO_ANSWER

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

LOCKED = 423
FOR_SOMEBODY = (401, 403)


def require_working_sign_in(scan: Scan) -> None:
    """Raises NotEvaluatedError unless the system refuses synthetic credentials: otherwise sign-ins prove nothing."""
    if not scan.authenticator.operation:
        raise NotEvaluatedError("the API's description does not say how to sign in")
    refused = scan.sender.try_sign_in(f"qa-nobody-{scan.random.number()}", f"Qa-{scan.random.number()}-wrong")
    if scan.authenticator.token_in(refused) or refused.status >= 500:  # noqa: PLR2004  # the server's errors
        raise NotEvaluatedError(f"synthetic credentials were answered {refused.status}")


def account_of(scan: Scan) -> Identity:
    """The first identity that has a name and a password, signed in."""
    identity = next(iter(scan.target.accounts), None)
    if identity is None:
        raise NotEvaluatedError("no identity signs in by a request with a name and a password")
    scan.authenticator.credentials(identity)
    return identity


def wrong_passwords(scan: Scan, name: str, most: int, source: str) -> list[Exchange]:
    """What wrong passwords for a name are answered, all from one address, until there are too many."""
    answers: list[Exchange] = []
    while len(answers) < most and not (answers and answers[-1].outcome in (TOO_MANY, LOCKED)):
        answers.append(scan.authenticator.try_sign_in(name, f"Wrong-{len(answers)}", source=source))
    return answers


@dataclass(frozen=True)
class Registration:
    """An account that the scan registered and that signs in."""

    operation: ScanOperation
    identity: MadeIdentity
    answer: Exchange
    token: str


def registering(scan: Scan) -> list[ScanOperation]:
    """The operations that make accounts, as far as they may be sent."""
    return [
        operation
        for operation in scan.plan.operations
        if names_of_accounts(scan.authenticator, operation) and not scan.plan.skip_reason(operation)
    ]


def register(
    scan: Scan,
    operation: ScanOperation,
    password: str = "",
    extra: dict[str, Any] | None = None,
    given: dict[InsertableParameter, Any] | None = None,
) -> Registration | None:
    """Make an account of a new name, with a strong password by default; None if it cannot sign in afterwards.

    ``extra`` are properties beside the others of the body, ``given`` are values for other places of the operation.
    """
    if not password:
        password = f"Qa-{scan.random.number()}-Correct-{scan.random.number()}"
        secrets.add(password, "a password of the scan")
    names = {parameter: new_name(scan.random, parameter) for parameter in names_of_accounts(scan.authenticator, operation)}
    repeated = {parameter: password for parameter in operation.parameters if is_password(parameter, scan.authenticator)}
    answer = _sent_registration(scan, operation, {**(given or {}), **names, **repeated}, extra)
    if not registered(answer):
        return None
    known_by = scan.authenticator.name_field
    username = next((name for parameter, name in names.items() if parameter.name == known_by), next(iter(names.values())))
    entered = scan.sender.try_sign_in(username, password)
    token = scan.authenticator.token_in(entered)
    if not token:
        return None
    model = next(iter(scan.target.accounts), None) or next(iter(scan.target.identities.values()))
    kept = {each.name: getattr(model, each.name) for each in fields(model)}
    kept |= {"name": username, "username": username, "role": "user", "values": {}, "token_env": ""}
    made_names = {plain(parameter): name for parameter, name in names.items()}
    identity = MadeIdentity(**kept, made_password=password, made_names=made_names)
    enter(scan, identity, token)
    scan.authenticator.answers[identity.name] = entered
    return Registration(operation, identity, answer, token)


def _sent_registration(
    scan: Scan, operation: ScanOperation, given: dict[InsertableParameter, Any], extra: dict[str, Any] | None
) -> Exchange:
    """The answer to a registration: where the document does not say by whom, by nobody first, as people register.

    What is refused goes once more with new values in all free texts: not only names may have to be new.
    """
    for beside in ({}, new_texts(scan.random, operation)):
        sender = scan.plan.identity_for(operation) if operation.secured else None
        answer = scan.sender.send(operation, sender, {**beside, **given}, extra=extra)
        if operation.secured is None and answer.status in FOR_SOMEBODY:
            answer = scan.sender.send(operation, scan.plan.identity_for(operation), {**beside, **given}, extra=extra)
        if registered(answer) or answer.outcome == TOO_MANY or answer.status == NO_ANSWER:
            break
    return answer


def registered(answer: Exchange) -> bool:
    """Whether an answer says that an account was made, or removed: it may lead to the page on which people sign in."""
    return answer.ok or bool(answer.location)


def register_any(scan: Scan) -> MadeIdentity | None:
    """A new account, by the first operation that makes one; None where none does."""
    made = (register(scan, operation) for operation in registering(scan))
    return next((registration.identity for registration in made if registration), None)


def new_account(scan: Scan) -> MadeIdentity:
    """A new account, on which nothing of the system under test stands.

    Raises:
        NotEvaluatedError: None can be made.
    """
    account = register_any(scan)
    if account is None:
        raise NotEvaluatedError("no account could be registered, and no other one is changed")
    return account


def own_account(scan: Scan, operation: ScanOperation) -> Identity | None:
    """An account of the scan's own for what changes the account of whoever sends it; None for all else, or without one."""
    if operation.safe or graphql.reads(operation) or not ABOUT_ONESELF.search(operation.path):
        return None
    if scan.own_account is None:
        scan.own_account = register_any(scan)
    return scan.own_account


def account_to_change(scan: Scan) -> Identity:
    """An account that nothing of the scan stands on: one that it registers, or one that the description says may be changed.

    Raises:
        NotEvaluatedError: There is neither.
    """
    if account := register_any(scan):
        return account
    if scan.target.lockable and scan.target.lockable.ready and scan.target.lockable.signs_in:
        return scan.target.lockable
    raise NotEvaluatedError(
        "no account may be changed: no operation registers one, and no identity is 'lockable: true' in the description"
    )


def signed_in(scan: Scan, account: Identity) -> Identity:
    """A spare account that can sign in now: what was tried before may have locked it.

    Raises:
        NotEvaluatedError: It cannot.
    """
    try:
        scan.authenticator.credentials(account)
    except QaError as error:
        raise NotEvaluatedError(f"'{account.name}' cannot sign in now: {error}") from None
    return account


def somebody(scan: Scan) -> MadeIdentity | None:
    """An account of the scan's own that requests may name as their recipient; None where none can be made."""
    if not scan.recipients:
        scan.recipients.append(None)  # a registration itself needs nobody
        scan.recipients[0] = register_any(scan)
    return scan.recipients[0]


def people(scan: Scan, most: int = 2) -> list[Identity]:
    """Ordinary identities: those of the description, and where these are too few accounts that the scan registers.

    Args:
        scan: The scan.
        most: How many are needed; of the description all come.
    """
    described = [identity for identity in scan.target.identities.values() if identity.role != "admin"]
    possible = scan.allow_changes and bool(scan.authenticator.operation) and bool(scan.target.identities)
    while possible and len(described) + len(scan.made_people) < most:
        account = register_any(scan)
        if account is None:
            break
        scan.made_people.append(account)
    lacking = max(0, most - len(described))
    return [*described, *scan.made_people[:lacking]]


def password_change(scan: Scan) -> tuple[ScanOperation, Identity, InsertableParameter | None, InsertableParameter]:
    """The operation that changes a password, whose it changes, and where the old and the new one go."""
    registrations = registering(scan)
    for operation in scan.plan.operations:
        enters = operation in registrations or scan.authenticator.signs_in(operation)
        if not enters and (found := password_fields.places(operation)):
            return operation, account_to_change(scan), *found
    raise NotApplicableError("no operation changes a password")


def changed_password(
    scan: Scan,
    operation: ScanOperation,
    identity: Identity,
    parameters: tuple[InsertableParameter | None, InsertableParameter],
    passwords: tuple[str | None, str],
) -> Exchange:
    """The answer to a change from one password to another, which is repeated where that is asked for; an old one of None is left
    as it is described.
    """
    (old, new), (was, now) = parameters, passwords
    given: dict[InsertableParameter, Any] = dict.fromkeys(password_fields.repeated(operation, new), now) | {new: now}
    return scan.sender.send(operation, identity, given | ({old: was} if old and was is not None else {}))


def enter(scan: Scan, identity: Identity, token: str) -> None:
    """Let an identity go on in another session, with what guards its forms there."""
    scan.authenticator.tokens[identity.name] = token
    scan.authenticator.csrf.pop(identity.name, None)


def put_back_password(
    scan: Scan,
    operation: ScanOperation,
    identity: Identity,
    parameters: tuple[InsertableParameter | None, InsertableParameter],
    tried: list[str],
) -> None:
    """Give an account its own password again after others were ``tried``, and check that it signs in with it."""
    right = identity.password()

    def enters(password: str) -> str:
        answer = scan.authenticator.try_sign_in(identity.username, password, patient=True, beyond_budget=True)
        return scan.authenticator.token_in(answer)

    with scan.sender.traces.putting_back():
        # wrong passwords may lock an account: none is tried where its own is right
        for current in () if (token := enters(right)) else reversed(tried):
            if token := enters(current):
                enter(scan, identity, token)
                changed_password(scan, operation, identity, parameters, (current, right))
                token = ""
                break
        if token := token or enters(right):
            enter(scan, identity, token)
        else:
            scan.authenticator.forget(identity)
            scan.sender.traces.not_removed.append(f"the password of {identity.name} is another one")
