"""Roles and rights as the API calls them itself: what the accounts of the description read about themselves."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description.protected_properties import find
from SecurityLibrary.identities.registrations import plain

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import InsertableParameter
    from SecurityLibrary.scan import Scan

RIGHTS = re.compile(r"(?:user|account|member)?roles?|(?:user|account|member)type|(?:is)?(?:admin|administrator|staff|superuser)")


def names_right(parameter: InsertableParameter) -> bool:
    """Whether a parameter says what somebody may do."""
    return RIGHTS.fullmatch(plain(parameter)) is not None


def of_accounts(scan: Scan, name: str, beside: Any = None) -> tuple[Any, ...]:
    """What a property is called in the accounts of the description, the administrator's first; never as in ``beside``.

    Empty for a property that is no right.
    """
    if not RIGHTS.fullmatch(re.sub(r"[-_]", "", name).lower()):
        return ()
    identities = sorted(scan.target.identities.values(), key=lambda identity: identity.role != "admin")
    values = (find(body, name) for identity in identities for body in scan.objects.about(identity))
    return tuple(dict.fromkeys(value for value in values if isinstance(value, str | bool) and value and value != beside))
