"""Hosts that a place for an address is meant for, by its good value and by what the document says of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.insertion_points import InsertionPoint

HOST = re.compile(r"https?://(?:[^\s/@\"'<>]*@)?([A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,})\b")
TELLING = ("example", "examples", "default", "const", "enum", "description", "pattern")
MOST = 2


def of(point: InsertionPoint) -> list[str]:
    """The hosts of addresses in a good value, in examples and defaults, and in the description of a parameter."""
    schema = point.parameter.schema
    texts = [str(point.value), *(text for key in TELLING for text in _texts(schema.get(key)))]
    return list(dict.fromkeys(host for text in texts for host in HOST.findall(text.replace("\\", ""))))[:MOST]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value
