"""The accounts of a scan: who signs in with a password, whether wrong ones are refused, and what changes a password."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from SecurityLibrary.registrations import FORGOTTEN, plain
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from SecurityLibrary.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.identities import Identity

LOCKED = 423


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


def password_change(scan: Scan) -> tuple[ScanOperation, Identity, InsertableParameter | None, InsertableParameter]:
    """The operation that changes a password, whose it changes, and where the old and the new one go."""
    for operation in scan.target.operations:
        new = next((parameter for parameter in operation.parameters if "newpassword" in plain(parameter)), None)
        if operation.method in ("POST", "PUT", "PATCH") and new and not FORGOTTEN.search(operation.path):
            old = next((parameter for parameter in operation.parameters if re.search(r"current|old", plain(parameter))), None)
            return operation, account_of(scan), old, new
    raise NotEvaluatedError("no operation changes a password")
