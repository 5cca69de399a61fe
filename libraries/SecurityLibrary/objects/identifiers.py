"""The identifiers that the body of an answer holds, and the objects they name."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description import graphql
from SecurityLibrary.values import other_names

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMING = re.compile(r"(?i)id$|number|key|code")


def scalars(body: Any) -> Iterator[Any]:
    """All values in a body that are neither objects nor lists."""
    if isinstance(body, dict | list):
        for value in body.values() if isinstance(body, dict) else body:
            yield from scalars(value)
    else:
        yield body


def item_of(body: Any, identifier: Any) -> dict[str, Any] | None:
    """The object with an identifier in a body, the innermost one; None where there is none."""
    body = graphql.result_of(body)
    inner = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    for value in inner:
        if isinstance(value, dict | list) and (found := item_of(value, identifier)) is not None:
            return found
    if not isinstance(body, dict):
        return None
    named = (value for key, value in body.items() if not str(identifier).isdigit() or NAMING.search(str(key)))
    return body if any(str(value) == str(identifier) for value in named if not isinstance(value, bool)) else None


def identifiers_in(body: Any, name: str) -> Iterator[Any]:
    """The identifiers of the items of all lists in a body."""
    if isinstance(body, list):
        found = (item if isinstance(item, str | int) else identifier_in(item, name) for item in body)
        yield from (identifier for identifier in found if identifier is not None)
    elif isinstance(body, dict):
        for value in body.values():
            yield from identifiers_in(value, name)


def identifiers_of(body: Any) -> set[str]:
    """The identifiers of the items of all lists in a body, as texts."""
    return {str(identifier) for identifier in identifiers_in(graphql.result_of(body), "id")}


def identifier_in(body: Any, name: str) -> Any:
    """The identifier in an answer: the property of this name, ``id``, or one that ends so; of a list, the first item's."""
    if isinstance(body := graphql.result_of(body), list):
        return identifier_in(body[0], name) if body else None
    if not isinstance(body, dict):
        return None
    last = name.rpartition("_")[2]
    alike = [key for key in body if other_names.plain(key) == other_names.plain(name)]
    for key in dict.fromkeys((name, *alike, "id", last, "uuid", "key")):
        if isinstance(body.get(key), str | int) and not isinstance(body.get(key), bool):
            return body[key]
    for value in body.values():
        if isinstance(value, dict | list) and (found := identifier_in(value, name)) is not None:
            return found
    return next((value for key, value in body.items() if key.endswith("_id") and isinstance(value, str | int)), None)


def holds(body: Any, identifier: Any) -> bool:
    """Whether a body holds an identifier as one of its values."""
    return str(identifier) in map(str, scalars(body))


def unknown_identifier(identifier: Any) -> Any:
    """An identifier of the same form that there is not."""
    if isinstance(identifier, int) or str(identifier).isdigit():
        return 987_654_321
    turned = {"0": "7", "1": "8", "a": "f", "b": "e", "c": "d", "2": "9", "d": "a", "e": "b", "f": "c"}
    unknown = "".join(turned.get(char, char) for char in str(identifier))
    return unknown if unknown != str(identifier) else f"qa{unknown}"
