"""The identifiers in what an API tells an account about itself: its own, and those of what it has one of."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.values import known_values

if TYPE_CHECKING:
    from collections.abc import Iterable


def of_account(body: Any, noun: str) -> Any:
    """The identifier that a text about oneself tells: ``user_id``, or the ``id`` of what it is about."""
    if not isinstance(body, dict):
        return None
    flat = {_plain(key): value for key, value in body.items()}
    for key in (f"{noun}id", f"{noun}uuid", "id", "uuid", "sub", "username"):
        if isinstance(flat.get(key), str | int) and not isinstance(flat.get(key), bool):
            return flat[key]
    inner = (body.get(key) for key in (noun, "user", "account", "profile", "data", "me"))
    return next((found for part in inner if (found := of_account(part, noun)) is not None), None)


def named(body: Any, noun: str) -> Any:
    """The identifier that a text about oneself has under a noun, such as ``basket``, ``basketId`` or ``basket: {id: 4}``."""
    if not isinstance(body, dict):
        return None
    for key, value in body.items():
        if _plain(key) in (noun, f"{noun}id", f"{noun}uuid"):
            found = value.get("id") if isinstance(value, dict) else value
            if isinstance(found, str | int) and not isinstance(found, bool):
                return found
    return next((found for value in body.values() if (found := named(value, noun)) is not None), None)


def linked(pages: Iterable[str], route: str, name: str) -> str | None:
    """The identifier in the only address of a route to which one's own pages lead, such as ``/employees/7/salary``; else None."""
    pattern = known_values.addresses(route, name)
    found = {match for page in pages for match in pattern.findall(page)}
    return found.pop() if len(found) == 1 else None


def _plain(key: object) -> str:
    return re.sub(r"[-_]", "", str(key)).lower()
