"""Places in JSON, as people write them: names with dots (``session.id``) or JSON pointers (``/session/id``, RFC 6901)."""

from __future__ import annotations

import copy
from typing import Any


def parts(pointer: str) -> list[str]:
    """The names that lead to a place."""
    if pointer.startswith("/"):
        return [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]
    return pointer.split(".") if pointer else []


def found(body: Any, pointer: str) -> Any:
    """What stands at a place; None where there is nothing."""
    if isinstance(body, dict) and pointer in body:  # a name that holds a dot itself
        return body[pointer]
    for part in parts(pointer):
        if isinstance(body, list) and part.lstrip("-").isdigit():
            body = body[int(part)] if -len(body) <= int(part) < len(body) else None
        else:
            body = body.get(part) if isinstance(body, dict) else None
    return body


def leaves(body: Any, above: str = "") -> list[tuple[str, Any]]:
    """All values in a body with the names that lead to them, with dots."""
    if isinstance(body, dict):
        return [leaf for name, item in body.items() for leaf in leaves(item, f"{above}.{name}" if above else str(name))]
    if isinstance(body, list):
        return [leaf for index, item in enumerate(body) for leaf in leaves(item, f"{above}.{index}" if above else str(index))]
    return [(above, body)]


def put(body: Any, pointer: str, value: Any) -> Any:
    """A copy of a body with a value at a place; objects on the way are made where there are none."""
    whole = copy.deepcopy(body) if isinstance(body, dict | list) else {}
    *above, last = parts(pointer)
    node: Any = whole
    for part in above:
        node = node[int(part)] if isinstance(node, list) else node.setdefault(part, {})
    node[int(last) if isinstance(node, list) else last] = value
    return whole
