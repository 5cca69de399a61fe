"""Identifiers by other names: which properties of an answer may name an object, and what is called as a reference elsewhere."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import InsertableParameter

NAMING = re.compile(
    r"(?i)(?:id|uuid|guid|no|nr|num|number|ref|reference|code|slug|handle|key|token|name|serial|symbol|sku|tag|path|file)$"
)
ENDINGS = ("id", "uuid", "guid", "no", "nr", "number", "ref", "reference", "code", "key", "token", "slug")
TOO_COMMON = ("id", "ids", "uuid", "guid", "key", "name", "code", "number", "no", "ref", "token", "slug", "title", "type")
NO_NAME = re.compile(r"\s|^\d{4}-\d\d-\d\d|^$|^(?:true|false)$")
LONGEST, DEEPEST = 80, 4


def values(body: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The values of an object that may name it, by property, those called as names first; of a list those of its first one."""
    if isinstance(body, list) and body:
        yield from values(body[0], depth)
        return
    if not isinstance(body, dict) or depth > DEEPEST:
        return
    own = [(str(name), value) for name, value in body.items() if _may_name(value)]
    yield from sorted(own, key=lambda each: NAMING.search(each[0]) is None)
    for value in body.values():
        if isinstance(value, dict | list):
            yield from values(value, depth + 1)


def called(body: Any, name: str) -> Iterator[Any]:
    """What a body has under a name, in whatever style it is spelled; the outermost first."""
    if isinstance(body, dict):
        yield from (value for key, value in body.items() if plain(key) == plain(name) and _is_single(value))
        for value in body.values():
            yield from called(value, name)
    elif isinstance(body, list):
        for item in body:
            yield from called(item, name)


def of_reference(parameter: InsertableParameter, noun: str) -> list[str]:
    """The names under which an answer may have what a parameter names; empty where its name says too little."""
    own = plain(parameter.name.rpartition(".")[2])
    return list(dict.fromkeys([*([] if own in TOO_COMMON else [own]), *(f"{noun}{ending}" for ending in ENDINGS if noun)]))


def _is_single(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""


def _may_name(value: Any) -> bool:
    return _is_single(value) and len(str(value)) <= LONGEST and not NO_NAME.search(str(value))


def plain(name: object) -> str:
    """A name without what tells ``orderNo``, ``order_no`` and ``order-no`` apart."""
    return re.sub(r"[-_\s]", "", str(name)).lower()
