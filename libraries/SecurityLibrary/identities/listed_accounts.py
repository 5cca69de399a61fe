"""Accounts as others are shown them: in lists of people, and by paths that name them; for what shows no account to itself."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from SecurityLibrary.description import graphql
from SecurityLibrary.identities.registrations import MAILS, plain, SIGN_IN_NAMES
from SecurityLibrary.objects.identifiers import item_of
from SecurityLibrary.sending.pacing import BudgetError
from SecurityLibrary.sending.sender import UnresponsiveError
from theodore_qa.errors import QaError

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.identities.made_identity import MadeIdentity
    from SecurityLibrary.scan import Scan

MOST = 3
CALLED = (*SIGN_IN_NAMES, *MAILS)


def showing(scan: Scan) -> list[ScanOperation]:
    """The operations that read, and show an account of the description by its name: lists first, then those of one account."""
    names = [str(account.username) for account in scan.target.accounts]
    reads = [each for each in scan.plan.operations if graphql.reads(each) and not scan.plan.skip_reason(each)]
    lists: list[ScanOperation] = []
    single: list[ScanOperation] = []
    for operation in reads:
        named = _named(operation)
        if named is not None:
            single.append(operation)
        elif "{" not in operation.path and len(lists) < MOST:
            try:
                control = scan.plan.control(operation, scan.plan.identity_for(operation))[0]
            except (BudgetError, UnresponsiveError):
                raise
            except QaError:
                continue
            lists += [operation] if any(_item(control.body, name) for name in names) else []
    return [*lists, *single[:MOST]]


def views(scan: Scan, operations: list[ScanOperation], account: MadeIdentity) -> list[tuple[ScanOperation, dict[str, Any]]]:
    """What operations show of a new account, to those who may use them."""
    found = []
    for operation in operations:
        named = _named(operation)
        given = {named: account.called(plain(named))} if named is not None else {}
        answer = scan.sender.send(operation, scan.plan.identity_for(operation), given)
        item = _item(answer.body, account.username) if answer.ok else None
        if item is not None:
            found.append((operation, item))
    return found


def _named(operation: ScanOperation) -> InsertableParameter | None:
    """The end of a path that is what an account signs in by."""
    ends = operation.path.rstrip("/").endswith("}")
    return operation.last if operation.last is not None and ends and plain(operation.last) in CALLED else None


def _item(body: Any, name: str) -> dict[str, Any] | None:
    return item_of(body, name) if name and isinstance(body, dict | list) else None
