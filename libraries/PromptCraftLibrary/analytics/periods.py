"""The period that an answer states: as long as requested, and up to the moment of the answer."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from PromptCraftLibrary.analytics import requests
from theodore_qa.observing.display import written

if TYPE_CHECKING:
    from PromptCraftLibrary.analytics.requests import Insights
    from theodore_qa.observing.checks import Checks


def stated_rightly(checks: Checks, insights: Insights, tolerance: float) -> bool:
    """Record whether the period is as long as the range; it may end before the answer if that comes from a cache."""
    period = insights.period
    stated = written(insights.metadata.get("period"))
    if period is None:
        return checks.that("analytics.period", False, "a period with two moments in a time zone", stated)
    after, until = period
    margin = dt.timedelta(seconds=tolerance)
    sent = insights.answer.sent
    arrived = sent + dt.timedelta(seconds=insights.answer.duration)
    time_range = requests.queried(insights.answer, "time_range")
    if time_range:
        length = requests.RANGES[time_range]
        shortest = longest = length
    else:
        shortest, longest = dt.timedelta(minutes=1), dt.timedelta(hours=1)
    ttl = insights.metadata.get("cache_ttl_seconds")
    cached = bool(time_range) and isinstance(ttl, int | float) and not isinstance(ttl, bool)
    kept = dt.timedelta(seconds=float(ttl or 0) if cached else 0)
    holds = shortest <= until - after <= longest and sent - kept - margin <= until <= arrived + margin
    condition = f"a period of {time_range or '1 minute to 1 hour'} up to the moment of the answer"
    return checks.that("analytics.period", holds, condition, stated)
