"""What an answer of analytics shows: the parts that were requested, and what it says about itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TYPE_CHECKING

from PromptCraftLibrary.analytics import requests
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.display import written
from theodore_qa.systems import conformance, vocabulary
from theodore_qa.systems.conventions import instant

if TYPE_CHECKING:
    from PromptCraftLibrary.analytics.requests import Insights
    from theodore_qa.observing.checks import Checks

USUAL = {"time_range": "30d", "granularity": "day"}
CALM = 500  # ms; a request that took longer has waited for a processor, and says nothing of the unit
LEAST_SHARE = 1 / 500  # of what was seen of a request, way and reading included: seconds in place of milliseconds are less


def compare(checks: Checks, identity: str | None, parts: dict[str, list[str]]) -> None:
    """Record which parts each metric brings, and whether their figures are those that all metrics together bring."""
    whole = requests.insights(identity, "", "")
    if "error" in whole.data:
        raise NotEvaluatedError("there are no executions in the last 30 days: write some by Store Executions.")
    named = requests.insights(identity, USUAL["time_range"], USUAL["granularity"])
    differing = sorted(part for part in {**whole.data, **named.data} if whole.data.get(part) != named.data.get(part))
    observed = f"other values of {written(differing)}" if differing else f"{len(named.data)} of {len(named.data)} parts equal"
    checks.that("analytics.usual_query", not differing, "the answer for 30d by day where nothing is sent", observed)
    for name, value in USUAL.items():
        checks.equal(f"analytics.usual_{name}", value, whole.metadata.get(name))
    metrics = list(parts)
    for chosen in (*([metric] for metric in metrics), metrics[::-1][:2], metrics):
        found = requests.insights(identity, "", "", metrics=",".join(chosen))
        expected = sorted({part for metric in chosen for part in parts[metric]})
        checks.equal("analytics.parts", expected, sorted(found.data))
        off = [part for part in expected if found.data.get(part) != whole.data.get(part)]
        observed = f"other figures of {written(off)}" if off else f"{len(expected)} of {len(expected)} parts equal"
        checks.that("analytics.parts_same", not off, "figures as among all parts", observed, n=len(expected))
        conformance.conform(checks, "analytics.contract", found.answer)


def described(checks: Checks, insights: Insights, newest: datetime) -> None:
    """Record whether an answer names what was requested, when it was made, and for how long it may be kept.

    ``newest`` is the moment of the last execution that it counts, before which its data cannot be from.
    """
    for name in ("time_range", "granularity"):
        if value := requests.queried(insights.answer, name):
            checks.equal(f"analytics.stated_{name}", value, insights.metadata.get(name))
    longest, stated = vocabulary.of(context.system).needed("analytics.cache_seconds"), insights.metadata.get("cache_ttl_seconds")
    kept = isinstance(stated, int | float) and 0 < stated <= longest
    checks.that("analytics.stated_ttl", kept, f"kept for at most {longest} s", written(stated))
    made, margin = insights.metadata.get("generated_at"), timedelta(seconds=context.environment.clock_tolerance)
    sent, duration = insights.answer.sent, timedelta(seconds=insights.answer.duration)
    try:
        holds = sent - timedelta(seconds=float(stated or 0)) - margin <= instant(str(made)) <= sent + duration + margin
    except (TypeError, ValueError):
        holds = False
    checks.that("analytics.stated_moment", holds, "when the answer was made", written(made))
    took, longest = insights.metadata.get("query_duration_ms"), insights.answer.duration * 1000
    holds = isinstance(took, int | float) and not isinstance(took, bool) and 0 <= took <= longest
    checks.that("analytics.stated_duration", holds, f"0 to {longest:.0f} ms, which the request took", written(took))
    if holds and took is not None and longest < CALM and _made_for(insights, made):
        least = longest * LEAST_SHARE
        checks.that("analytics.stated_milliseconds", took >= least, f"at least {least:.3f} ms of {longest:.0f}", written(took))
    fresh = insights.metadata.get("data_freshness")
    try:
        holds = newest <= instant(str(fresh)) <= instant(str(made)) + margin
    except ValueError:
        holds = False
    checks.that("analytics.stated_freshness", holds, f"a moment from {newest.isoformat()} up to {written(made)}", written(fresh))


def _made_for(insights: Insights, made: Any) -> bool:
    """Whether figures were computed for this very answer, and not found in a cache."""
    try:
        return instant(str(made)) >= insights.answer.sent
    except ValueError:
        return False
