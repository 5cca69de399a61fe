"""Whose an object is, by what it says of its owner, and what it holds beside that."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

OWNING = re.compile(r"(?i)owner|author|user|account|created_?by|creator|customer|member|sender|^by$|^from$")
OWNING_ITEM = re.compile(OWNING.pattern + r"|(?i:^name$)")

OPENING = re.compile(r"(?i)^(?:is_?)?(?:public|published|shared|listed|world_?readable|visibility|access|audience)$")
OPEN = ("public", "published", "everyone", "everybody", "world", "all", "shared")


def opens(name: str) -> bool:
    """Whether a property of this name says that an object is meant for everybody, where it is true."""
    return bool(OPENING.match(name))


def is_open(item: Any) -> bool:
    """Whether an object says of itself that it is meant for everybody."""
    properties = item.items() if isinstance(item, dict) else ()
    return any(opens(str(name)) and (value is True or str(value).lower() in OPEN) for name, value in properties)


def is_named(body: Any, owner: Identity, owning: re.Pattern[str] = OWNING) -> bool:
    """Whether a body names an identity as its owner."""
    if isinstance(body, list):
        return any(is_named(value, owner, owning) for value in body)
    if not isinstance(body, dict):
        return False
    names = {owner.name.lower(), owner.username.lower(), owner.username.partition("@")[0].lower()} - {""}
    for key, value in body.items():
        if owning.search(str(key)) and isinstance(value, str | int) and str(value).lower() in names:
            return True
        if isinstance(value, dict | list) and is_named(value, owner, owning):
            return True
    return False


def item_naming(body: Any, owner: Identity) -> dict[str, Any] | None:
    """The first object of the lists in a body that names an identity as its owner; None where there is none."""
    if isinstance(body, list):
        return next((item for item in body if isinstance(item, dict) and is_named(item, owner)), None)
    if isinstance(body, dict):
        return next((found for value in body.values() if (found := item_naming(value, owner)) is not None), None)
    return None


def beyond_names(body: Any, *known: Any) -> set[str]:
    """The values of a body but for identifiers and names that are ``known``, or stand in the properties of owners."""
    if isinstance(body, list):
        return {value for item in body for value in beyond_names(item, *known)}
    if isinstance(body, dict):
        return {value for key, inner in body.items() if not OWNING.search(str(key)) for value in beyond_names(inner, *known)}
    return set() if body is None or isinstance(body, bool) or str(body) in map(str, known) else {str(body)}


def own_values(operation: ScanOperation, parameter: InsertableParameter, owner: Identity) -> list[Any]:
    """The values of the owner's own that the description has for a parameter, for this operation or for all."""
    return [owner.values[name] for name in (f"{operation} {parameter.name}", parameter.name) if name in owner.values]


def tells(answer: Exchange, identifier: Any) -> bool:
    """Whether an answer holds more than the identifier that was sent, and names of owners."""
    if answer.body is None:
        return bool(answer.text.replace(str(identifier), "").strip())
    return bool(beyond_names(answer.body, identifier))
