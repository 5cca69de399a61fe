"""Times in JSON: where they stand, and whether they have a zone."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?\s?(Z|[+-]\d\d:?\d\d)?", re.IGNORECASE)


def of(value: Any, location: str = "") -> Iterator[tuple[str, str]]:
    """Each text in a JSON value that is a time, with its location."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from of(item, f"{location}.{name}".lstrip("."))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from of(item, f"{location}.{number}".lstrip("."))
    elif isinstance(value, str) and TIME.fullmatch(value):
        yield location, value


def has_zone(text: str) -> bool:
    """Whether a time has a zone."""
    try:
        return dt.datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
