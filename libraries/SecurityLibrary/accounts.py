"""The accounts of a scan: who signs in with a password, whether wrong ones are refused, and what changes a password."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from SecurityLibrary.registrations import FORGOTTEN, plain
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from SecurityLibrary.operations import Operation, Parameter
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.identities import Identity

LOCKED = 423


def refuses_made_up(scan: Scan) -> None:
    """A made-up pair is refused, and an identity of our own gets in: else sign-ins tell nothing."""
    if not scan.authenticator.operation:
        raise NotEvaluatedError("the API's description does not say how to sign in")
    refused = scan.sender.try_sign_in(f"qa-nobody-{scan.random.number()}", f"Qa-{scan.random.number()}-wrong")
    if scan.authenticator.token_in(refused) or refused.status >= 500:  # noqa: PLR2004  # the server's errors
        raise NotEvaluatedError(f"a made-up name and password were answered {refused.status}")


def account_of(scan: Scan) -> Identity:
    """The first identity that has a name and a password, signed in."""
    person = next(iter(scan.target.accounts), None)
    if person is None:
        raise NotEvaluatedError("no identity signs in by a request with a name and a password")
    scan.authenticator.credentials(person)
    return person


def password_change(scan: Scan) -> tuple[Operation, Identity, Parameter | None, Parameter]:
    """The operation that changes a password, whose it changes, and where the old and the new one go."""
    for operation in scan.target.operations:
        new = next((one for one in operation.parameters if "newpassword" in plain(one)), None)
        if operation.method in ("POST", "PUT", "PATCH") and new and not FORGOTTEN.search(operation.path):
            old = next((one for one in operation.parameters if re.search(r"current|old", plain(one))), None)
            return operation, account_of(scan), old, new
    raise NotEvaluatedError("no operation changes a password")
