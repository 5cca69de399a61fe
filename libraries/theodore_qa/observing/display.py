"""Values as evidence shows them: as a person writes them, not as Python does."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

UNFILLED = re.compile(  # where a sentence for people has no value to begin or to end with
    r"(?:^|: ?)(?:None|null|undefined|nan|NaN)\.?$|(?:^|[,:] )(?:None|undefined|NaN) (?=\w+s\b)"
)
KINDS = {str: "text", bool: "boolean", int: "number", float: "number", type(None): "null"}


def written(value: Any) -> str:
    """A value as text: ``a, b`` for a list, ``name: value`` for the entries of a mapping, ``none`` for what is not there."""
    if value is None or value in ([], (), {}, set()):
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_inner(item)}" for name, item in value.items())
    if isinstance(value, set | frozenset):
        return ", ".join(sorted(map(written, value)))
    if isinstance(value, list | tuple):
        return ", ".join(map(_inner, value))
    return str(value)


def compared(expected: Any, observed: Any) -> tuple[str, str]:
    """Two values as texts; where they differ in their type alone, each with its type, such as ``text 200`` and ``number 200``."""
    texts = written(expected) or "an empty text", written(observed) or "an empty text"
    if texts[0] != texts[1] or type(expected) is type(observed):
        return texts
    return f"{_kind(expected)} {texts[0]}", f"{_kind(observed)} {texts[1]}"


def course(values: Sequence[Any]) -> str:
    """The course of a value, each change once: ``0 → 50 → 100``."""
    changes = [value for index, value in enumerate(values) if index == 0 or value != values[index - 1]]
    return " → ".join(map(written, changes)) or "none"


def plural(number: int, noun: str) -> str:
    """A number with its noun: ``1 result``, ``2 results``, ``0 known companies``."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith(("ch", "s", "x")):
        return f"{number} {noun}es"
    return f"{number} {noun.removesuffix('y')}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{number} {noun}s"


def _inner(value: Any) -> str:
    """A value within another; one that has parts of its own stands in brackets."""
    return f"({written(value)})" if value and isinstance(value, dict | list | tuple) else written(value)


def _kind(value: Any) -> str:
    return KINDS.get(type(value), type(value).__name__)
