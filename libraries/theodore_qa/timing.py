"""Durations as testers write and read them."""

from __future__ import annotations

import re

from theodore_qa.errors import UsageError

_UNITS = {"ms": 0.001, "s": 1.0, "sec": 1.0, "second": 1.0, "m": 60.0, "min": 60.0, "minute": 60.0, "h": 3600.0}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)", re.IGNORECASE)


def seconds(value: float | str) -> float:
    """The seconds in a number or in a text such as ``1.5 s``, ``200 ms`` or ``2 min``."""
    match = _DURATION.fullmatch(str(value).strip())
    unit = (match[2].lower() or "s") if match else ""
    factor = _UNITS.get(unit) or _UNITS.get(unit.removesuffix("s"))
    if match is None or factor is None:
        raise UsageError(f"'{value}' is not a duration: write a number of seconds, or for example '1.5 s' or '200 ms'.")
    return float(match[1]) * factor


def show(duration: float) -> str:
    """A duration in seconds as a reader wants it: ``85 ms``, ``1.5 s``, ``2 min 5 s``."""
    if duration < 1:
        return f"{duration * 1000:.0f} ms"
    minutes, rest = divmod(duration, 60)
    if minutes:
        return f"{minutes:.0f} min {rest:.0f} s"
    return f"{duration:.2f}".rstrip("0").rstrip(".") + " s"
