"""Weaknesses that are tried on accounts that the scan registers, and seen by signing in as them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description import graphql
from SecurityLibrary.description.nouns import USER_NOUNS
from SecurityLibrary.description.operations import InsertableParameter
from SecurityLibrary.description.protected_properties import candidates, find, PROTECTED
from SecurityLibrary.identities import known_rights, listed_accounts
from SecurityLibrary.identities.accounts import register, registering
from SecurityLibrary.identities.profiles import ABOUT_ONESELF
from SecurityLibrary.identities.registrations import is_password, plain
from SecurityLibrary.proof import shown_effects
from SecurityLibrary.proof.shown_effects import AUTHORITY
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.redaction.secrets import secrets

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.identities.accounts import Registration
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

MOST_PROFILES = 3
AUTHORITIES = {"role": "string", "is_admin": "boolean"}  # what is tried in the objects of a registration
AUTHORITIES_BY_KIND = {kind: name for name, kind in AUTHORITIES.items()}
HIGH = re.compile(r"(?i)admin|staff|super|root")
LOCKING = ("is_active", "active", "enabled", "status", "state")  # an account without them may not be let in
NO_ACCOUNT = "an account that it made could not sign in"


def taken_at_registration(scan: Scan, operation: ScanOperation) -> dict[str, list[Exchange]]:
    """The protected properties that an account has because they were sent when it was made, with the exchanges that show it.

    Raises:
        NotEvaluatedError: No account can be made, or nothing reads one.
    """
    plain_account = register(scan, operation)
    if plain_account is None:
        raise NotEvaluatedError(NO_ACCOUNT)
    before = _Seen(scan, plain_account)
    if not before.reads and not any(each.admin and each.method == "GET" for each in scan.plan.operations):
        raise NotEvaluatedError("no operation shows an account, to itself or in a list")
    known = candidates(operation, next((each for each in before.bodies if isinstance(each, dict)), {}))
    usual = {name: values for name, values in known.items() if name not in LOCKING}
    rights = {name: known_rights.of_accounts(scan, name, find(before.bodies, name))[:1] for name in usual}
    tried = {name: (*rights[name], *values) for name, values in usual.items()}
    suspected = list(tried)
    at_once = {name: values[0] for name, values in tried.items()}
    if made := register(scan, operation, extra=at_once):
        seen = _Seen(scan, made)
        suspected = [name for name, value in at_once.items() if seen.has(name, value, before)]
    taken: dict[str, list[Exchange]] = {}
    for name in suspected:
        if answers := _taken(scan, operation, None, tried[name], before, name):
            taken[name] = answers
    for place in () if taken else (*_offered(operation), *_below(operation)):
        name = place.pointer[-1]
        values = _highest(scan, place, find(before.bodies, name))
        if answers := _taken(scan, operation, place, values, before, name):
            taken[place.name] = answers
    return taken


def _offered(operation: ScanOperation) -> list[InsertableParameter]:
    """The places for a role that the description itself has: whoever registers is not to choose the administrator's."""
    in_body = (each for each in operation.parameters if each.location == "body" and each.kind in AUTHORITIES_BY_KIND)
    return [each for each in in_body if known_rights.names_right(each)]


def _highest(scan: Scan, place: InsertableParameter, own: Any) -> tuple[Any, ...]:
    """What the administrator's account has there, as far as the API tells them; or else what is usual, or listed."""
    name, kind = place.pointer[-1], place.kind
    known = known_rights.of_accounts(scan, name, own)[:1]  # the administrator's
    listed = tuple(value for value in place.schema.get("enum") or () if HIGH.search(str(value)))
    usual = () if "enum" in place.schema else PROTECTED.get(name) or PROTECTED[AUTHORITIES_BY_KIND[kind]]
    return known or listed or usual


def _below(operation: ScanOperation) -> list[InsertableParameter]:
    """The places for a role in the objects of a registration's body, such as its profile."""
    pointers = [each.pointer for each in operation.parameters if each.location == "body"]
    known = set(pointers)
    above = dict.fromkeys(pointer[:-1] for pointer in pointers if graphql.below_top(pointer[:-1]))
    return [
        InsertableParameter(".".join((*outer, name)), "body", (*outer, name), {"type": kind})
        for outer in above
        for name, kind in AUTHORITIES.items()
        if (*outer, name) not in known
    ]


def _taken(
    scan: Scan,
    operation: ScanOperation,
    place: InsertableParameter | None,
    values: tuple[Any, ...],
    before: _Seen,
    name: str,
) -> list[Exchange]:
    """The answers by which two accounts were made that have a property; with another value where one is refused.

    It is sent in its place, or else beside the properties at the top.
    """
    answers: list[Exchange] = []
    for value in (values * 2)[:4]:
        if place is None:
            made = register(scan, operation, extra={name: value})
        else:
            there = place in operation.parameters
            widened = operation if there else replace(operation, parameters=(*operation.parameters, place))
            made = register(scan, widened, given={place: value})
        if made is None:
            continue
        if not _Seen(scan, made).has(name, value, before):
            return []
        answers.append(made.answer)
        if len(answers) == 2:  # noqa: PLR2004  # two accounts
            return answers
    return []


class _Seen:
    """What an account is shown of itself, in JSON and on pages, and what it may do."""

    def __init__(self, scan: Scan, account: Registration) -> None:
        self.reads, self.bodies, self.text = _profiles(scan, account)
        self.rights = shown_effects.rights(scan, account.identity)

    def has(self, name: str, value: Any, before: _Seen) -> bool:
        """Whether the account has a property that another one has not: it reads it, a page shows it, or it may do more."""
        if find(before.bodies, name) == value:
            return False
        by_page = shown_effects.shows(self.text, value) and not shown_effects.shows(before.text, value)
        return (
            find(self.bodies, name) == value
            or by_page
            or (AUTHORITY.search(name) is not None and bool(self.rights - before.rights))
        )


def _profiles(scan: Scan, account: Registration) -> tuple[list[ScanOperation], list[Any], str]:
    """The operations that show an account, to itself or else to others, what they show, and the texts of pages among them."""
    reads = [
        operation
        for operation in scan.plan.operations
        if graphql.reads(operation) and not operation.admin and ABOUT_ONESELF.search(operation.path)
    ]
    answers = [(read, scan.sender.send(read, account.identity)) for read in reads[:MOST_PROFILES]]
    served = [(read, answer) for read, answer in answers if answer.ok]
    text = "\n".join(shown_effects.shown_text(answer) for _, answer in served)
    reads, bodies = [read for read, _ in served], [answer.body for _, answer in served]
    if not served:  # others are shown it
        for read, item in listed_accounts.views(scan, listed_accounts.showing(scan), account.identity):
            reads.append(read)
            bodies.append(item)
    entered = scan.authenticator.answers.get(account.identity.name)
    return reads, [*bodies, *([entered.body] if entered is not None else [])], text


def names_account(scan: Scan, operation: ScanOperation) -> InsertableParameter | None:
    """The parameter of a path that names whose password an operation sets; None where it sets none."""
    sets = any(is_password(parameter, scan.authenticator) for parameter in operation.parameters if parameter.location == "body")
    return account_in_path(scan, operation) if sets and operation.method in ("PUT", "PATCH", "POST") else None


def account_in_path(scan: Scan, operation: ScanOperation) -> InsertableParameter | None:
    """The last parameter of a path, where it names an account."""
    if operation.last is None:
        return None
    before = operation.path.partition(f"{{{operation.last.name}}}")[0].rstrip("/").rpartition("/")[2].lower()
    known = {str(identity.username) for identity in scan.target.accounts}
    by_value = any(str(identity.values.get(operation.last.name)) in known for identity in scan.target.accounts)
    noun = operation.last.noun or before
    plain_name = plain(operation.last)
    named = by_value or plain_name == "username" or noun in USER_NOUNS or noun.removesuffix("s") in USER_NOUNS
    return operation.last if named else None


def password_set_by_another(scan: Scan, operation: ScanOperation) -> list[Exchange]:
    """The answers by which a new account set the passwords of two others of the scan's own; empty if it did of neither.

    The effect is seen by signing in. What pays no heed to the path sets the password of whoever asks: no identity does.

    Raises:
        NotEvaluatedError: No account can be made for it.
    """
    named = names_account(scan, operation)
    making = registering(scan)
    if named is None or not making:
        raise NotEvaluatedError("no operation registers an account on which it could be tried")
    done: list[Exchange] = []
    for _ in range(2):
        account, sender = register(scan, making[0]), register(scan, making[0])
        if account is None or sender is None:
            raise NotEvaluatedError(NO_ACCOUNT)
        name = account.identity.username
        new = f"Qa-{scan.random.number()}-Other-{scan.random.number()}"
        secrets.add(new, "a password of the scan")
        given: dict[InsertableParameter, Any] = {named: name}
        given |= {each: new for each in operation.parameters if each.location == "body" and is_password(each, scan.authenticator)}
        answer = scan.sender.send(operation, sender.identity, given)
        entered = scan.sender.try_sign_in(name, new)
        if not scan.authenticator.token_in(entered):
            return []
        done.append(answer)
    return done
