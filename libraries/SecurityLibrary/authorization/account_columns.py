"""Columns of an account that its own form does not have, and that are set when they are sent: who is a clerk, who is trusted.

All is tried on accounts that the scan registers.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description.protected_properties import GIVEN_BY_ITSELF, LOCKS_OUT, MATTERS, OFFICES
from SecurityLibrary.discovery.pages import BROWSER, PAGES
from SecurityLibrary.identities.accounts import enter, register_any
from SecurityLibrary.identities.profiles import ABOUT_ONESELF
from SecurityLibrary.identities.registrations import plain
from SecurityLibrary.proof import shown_effects
from SecurityLibrary.proof.effects import done

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.identities.made_identity import MadeIdentity
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

FLAGS = {"yes": "no", "true": "false", "on": "off", "1": "0"}
IS_FLAG = re.compile("|".join((*FLAGS, *FLAGS.values())))
LABEL = re.compile(r"[A-Za-z][A-Za-z _-]{1,30}:?")
YES: tuple[Any, ...] = ("1", "true", "on", "yes")
USUAL = ("is_admin", "admin", "is_staff", "staff", "is_superuser", "superuser", "moderator", "is_moderator")
ROLES = ("role", "roles", "user_role", "account_type", "group")
MOST_READS = 4


def taken(scan: Scan, operation: ScanOperation) -> dict[str, list[Exchange]] | None:
    """The columns that two accounts had after they were sent and not before, with the exchanges that show it.

    A column counts where its name speaks of rights, or where the account may do more with it. None where no account can be made,
    or nothing shows one to itself.
    """
    if not ABOUT_ONESELF.search(operation.path) or not isinstance(operation.body, dict):
        return None
    account = register_any(scan)
    reads = _reads(scan, account) if account else []
    rights = shown_effects.rights(scan, account) if account else set()
    if account is None or (not reads and not _guarded(scan)):
        return None
    if not done(_sent(scan, operation, account)):  # as it is meant: what it changes then is no finding
        return None
    before = _facts(scan, account, reads)[0]
    known = {each.pointer[-1].lower() for each in operation.parameters if each.pointer} | {
        name.lower() for name in operation.body
    }
    flags = {
        name: value
        for name, value in before.items()
        if value in FLAGS.values() and name not in known and (not LOCKS_OUT.search(name) or "verif" in name)
    }
    turned = {name: values for name in flags if (values := _turning(scan, operation, account, reads, name))}
    found: dict[str, list[Exchange]] = {}
    for name, value in turned.items():
        if kept := _confirmed(scan, operation, reads, {name: value}, rights, named=_matters(name)):
            found[name] = kept
    guessed: dict[str, Any] = {name: YES[0] for name in USUAL if name not in known | set(flags)}
    guessed |= {name: "admin" for name in ROLES if name not in known}
    if not found and _guarded(scan) and _more_rights(scan, operation, guessed, rights):
        for name, value in guessed.items():
            if kept := _confirmed(scan, operation, [], {name: value}, rights, named=False):
                found[name] = kept
                break
    return found


def _sent(scan: Scan, operation: ScanOperation, account: MadeIdentity, extra: dict[str, Any] | None = None) -> Exchange:
    """The answer to an operation about an account, with its own names and addresses: the examples may be somebody else's."""
    called = {each: plain(each) for each in operation.parameters if each.location == "body"}
    own = {each: account.made_names[name] for each, name in called.items() if name in account.made_names}
    return scan.sender.send(operation, account, own, extra=extra)


def _matters(name: str) -> bool:
    return bool(MATTERS.search(name) or OFFICES.search(name)) and not GIVEN_BY_ITSELF.search(name)


def _guarded(scan: Scan) -> bool:
    return any(each.admin and each.method == "GET" for each in scan.plan.operations)


def _reads(scan: Scan, account: Identity) -> list[ScanOperation]:
    """The operations that show an account to itself."""
    about = [each for each in scan.plan.operations if each.method == "GET" and not each.admin and "{" not in each.route]
    about = [each for each in about if ABOUT_ONESELF.search(each.path) and not scan.plan.skip_reason(each)]
    return [each for each in about[:MOST_READS] if scan.sender.send(each, account, headers=BROWSER).ok]


def _facts(scan: Scan, account: Identity, reads: list[ScanOperation]) -> tuple[dict[str, str], list[Exchange]]:
    """What is shown of an account, by name: fields of JSON, and flags beside their labels on pages."""
    answers = [scan.sender.send(each, account, headers=BROWSER) for each in reads]
    found: dict[str, str] = {}
    for answer in answers:
        found = dict(_flags_on_page(answer)) | found if answer.media in PAGES else found | dict(_fields(answer.body))
    return found, answers


def _fields(body: Any) -> list[tuple[str, str]]:
    fields: list[tuple[str, str]] = []
    for name, value in body.items() if isinstance(body, dict) else ():
        if isinstance(value, dict):
            fields += _fields(value)
        elif isinstance(value, bool | int | str):
            fields.append((str(name), str(value).lower()))
    return fields


def _flags_on_page(answer: Exchange) -> list[tuple[str, str]]:
    """Labels that a flag follows, as names of columns are written."""
    parts = [part.strip() for part in shown_effects.shown_text(answer).split("\n") if part.strip()]
    pairs = pairwise(parts)
    flags = [(label, value.lower()) for label, value in pairs if LABEL.fullmatch(label) and IS_FLAG.fullmatch(value.lower())]
    return [(re.sub(r"[ -]+", "_", label.rstrip(":").strip()).lower(), value) for label, value in flags]


def _turning(scan: Scan, operation: ScanOperation, account: MadeIdentity, reads: list[ScanOperation], name: str) -> Any:
    """The first value by which a flag of an account is another one afterwards; None where none is."""
    was = _facts(scan, account, reads)[0].get(name)
    for value in (True, *YES) if operation.takes_json else YES:
        answer = _sent(scan, operation, account, {name: value})
        if done(answer) and _facts(scan, account, reads)[0].get(name) not in (was, None):
            return value
    return None


def _more_rights(scan: Scan, operation: ScanOperation, extra: dict[str, Any], rights: set[str]) -> bool:
    """Whether a new account may do more after it has sent these columns."""
    account = register_any(scan)
    return account is not None and done(_sent(scan, operation, account, extra)) and bool(_now(scan, account) - rights)


def _now(scan: Scan, account: MadeIdentity) -> set[str]:
    """What an account may do, in its session and, where that is no more than before, in a new one."""
    found = shown_effects.rights(scan, account)
    if not found and (token := scan.authenticator.token_in(scan.sender.try_sign_in(account.username, account.password()))):
        enter(scan, account, token)
        found = shown_effects.rights(scan, account)
    return found


def _confirmed(
    scan: Scan, operation: ScanOperation, reads: list[ScanOperation], extra: dict[str, Any], rights: set[str], *, named: bool
) -> list[Exchange]:
    """The exchanges by which two new accounts sent a column: it shows then and not before, or they may do more with it."""
    kept: list[Exchange] = []
    name = next(iter(extra))
    for _ in range(2):
        account = register_any(scan)
        if account is None or not done(_sent(scan, operation, account)):
            return []
        before = _facts(scan, account, reads)[0].get(name)
        answer = _sent(scan, operation, account, extra)
        after, answers = _facts(scan, account, reads)
        shows = named and done(answer) and before is not None and after.get(name) not in (before, None)
        if not shows and not (done(answer) and _now(scan, account) - rights):
            return []
        kept += [answer, *answers[:1]]
    return kept
