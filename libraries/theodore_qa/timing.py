"""Durations as testers write and read them, and moments as tools write them."""

from __future__ import annotations

import datetime as dt
import math

from theodore_qa.errors import UsageError

MINUTE = 60.0


def seconds(value: float | str) -> float:
    """The seconds in a number or in a text as Robot Framework writes durations.

    Args:
        value: a number of seconds, or for example ``1.5 s``, ``200 ms``, ``1 minute 30 seconds`` or ``00:01:30``.

    Raises:
        UsageError: it is none of these, or less than nothing.
    """
    from robot.utils import timestr_to_secs

    try:
        duration = float(timestr_to_secs(value, round_to=None))
    except (ValueError, TypeError):
        duration = math.nan
    if not 0 <= duration < math.inf:
        raise UsageError(
            f"'{value}' is not a duration: write a number of seconds, or for example '1.5 s', '200 ms', '1 minute 30 seconds' "
            f"or '00:01:30'."
        )
    return duration


def show(duration: float) -> str:
    """A duration in seconds as a reader wants it: ``85 ms``, ``1.5 s``, ``2 min 5 s``."""
    if round(duration, 3) < 1:
        return f"{duration * 1000:.0f} ms"
    if round(duration, 2) >= MINUTE:
        minutes, rest = divmod(round(duration, 0), MINUTE)
        return f"{minutes:.0f} min {rest:.0f} s"
    return f"{duration:.2f}".rstrip("0").rstrip(".") + " s"


def moment(text: str) -> dt.datetime | None:
    """A moment as ISO 8601 or as mails write it, None for another text; without a zone it is taken for UTC."""
    from email.utils import parsedate_to_datetime

    for parse in (dt.datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = parse(text)
        except (ValueError, TypeError):
            continue
        return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)
    return None
