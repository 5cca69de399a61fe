"""Observed values as numbers: what does not read as one, whole and with its unit, is none."""

from __future__ import annotations

import math
import re

from theodore_qa.errors import QaError
from theodore_qa.timing import seconds

TIMES = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "days": 86400.0, "years": 365.25 * 86400}
SIZES = {"MB": 1.0, "GB": 1000.0}
_QUANTITY = re.compile(r"(?P<number>\d+(?:\.\d+)?) ?(?P<unit>[A-Za-z]+|%)?")
_COUNTED = re.compile(r"(?P<hits>\d+) of (?P<tried>\d+)\b(?! *[%.,]\d)")


def quantity(text: str, unit: str) -> float | None:
    """The number that a text such as ``1.5 s`` or ``2 min 5 s`` is in another unit; None if it is none, or of another kind."""
    found = _QUANTITY.fullmatch(text.strip())
    if found is None:
        return _duration(text) / TIMES[unit] if unit in TIMES and math.isfinite(_duration(text)) else None
    number, given = float(found["number"]), found["unit"] or "1"
    if given == unit:
        return number
    given = {"day": "days", "year": "years", "hours": "h", "hour": "h"}.get(given, given)
    for scale in (TIMES, SIZES):
        if given in scale and unit in scale:
            return number * scale[given] / scale[unit]
    return None


def counted(text: str) -> tuple[int, int] | None:
    """Hits and tries of a text that begins with such as ``19 of 20``; None if it does not."""
    found = _COUNTED.match(text.strip())
    if not found:
        return None
    hits, tried = int(found["hits"]), int(found["tried"])
    return (hits, tried) if hits <= tried else None


def _duration(text: str) -> float:
    if not re.fullmatch(r"(\d+(\.\d+)? (ms|s|min|h) ?)+", text.strip() + " "):
        return math.nan
    try:
        return seconds(text.strip())
    except QaError:
        return math.nan


def written(value: float, unit: str) -> str:
    """A number with its unit, as a reader wants it."""
    return f"{value:.4g}" if unit == "1" else f"{value:.4g} {unit}"
