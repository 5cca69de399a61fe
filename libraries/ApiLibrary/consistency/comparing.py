"""Whether a value came back as it was sent."""

from __future__ import annotations

import datetime as dt
from typing import Any


def same(sent: Any, found: Any) -> bool:
    """Whether a value is what was sent: times by what they mean, objects by the fields that were sent."""
    if isinstance(sent, str) and isinstance(found, str):
        first, second = moment_of(sent), moment_of(found)
        if first and second and first.tzinfo and second.tzinfo:
            return first == second
    if isinstance(sent, dict) and isinstance(found, dict):
        return all(name in found and same(value, found[name]) for name, value in sent.items())
    if isinstance(sent, bool) or isinstance(found, bool):
        return sent is found
    return bool(sent == found)


def moment_of(text: Any) -> dt.datetime | None:
    """The time that a text in the form of ISO 8601 means; None if it is none."""
    try:
        return dt.datetime.fromisoformat(text) if isinstance(text, str) and "T" in text else None
    except ValueError:
        return None


def first_difference(ids: list[str], other: list[str]) -> str:
    """Where two orders differ first."""
    place = next((number for number, (mine, theirs) in enumerate(zip(ids, other, strict=False)) if mine != theirs), None)
    return "one order" if place is None else f"{ids[place]} then {other[place]} in place {place + 1}"
