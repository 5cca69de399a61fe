"""The routes of analytics: figures over a range of time, the present moment, and the cache."""

from __future__ import annotations

import datetime as dt
import time
from enum import StrEnum
from typing import Annotated, Any, TYPE_CHECKING

from fastapi import APIRouter, HTTPException, Query, Request, Response

from theodore_sandbox import defects
from theodore_sandbox.promptcraft.access import Analyst, Caller  # noqa: TC001  # FastAPI resolves annotations at run time
from theodore_sandbox.promptcraft.analytics import insights
from theodore_sandbox.promptcraft.analytics.cache import Cache
from theodore_sandbox.promptcraft.analytics.executions import Reader, Selection
from theodore_sandbox.promptcraft.store import now

if TYPE_CHECKING:
    from theodore_sandbox.promptcraft.store import Store

router = APIRouter(prefix="/api/v4/analytics")
WINDOW = dt.timedelta(minutes=5)
PARTS = {
    "usage": ("summary", "trends", "user_behavior"),
    "performance": ("agent_performance",),
    "costs": ("costs",),
    "quality": ("optimization_recommendations",),
}


class TimeRange(StrEnum):
    """How far back executions count."""

    WEEK = "7d"
    MONTH = "30d"
    QUARTER = "90d"
    YEAR = "1y"

    @property
    def length(self) -> dt.timedelta:
        """The range as a length of time."""
        return dt.timedelta(days={"7d": 7, "30d": 30, "90d": 90, "1y": 365}[self.value])


class Granularity(StrEnum):
    """How long a period of a trend is."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def prepare(state: Any) -> None:
    """What analytics keep in memory, empty."""
    state.analytics_cache = Cache(state.settings.analytics_cache_seconds)


@router.get("/insights")
def get_insights(
    request: Request,
    signed: Analyst,
    time_range: TimeRange = TimeRange.MONTH,
    granularity: Granularity = Granularity.DAY,
    metrics: Annotated[str, Query(pattern=r"^(usage|performance|costs|quality)(,(usage|performance|costs|quality))*$")] = (
        "usage,performance,costs,quality"
    ),
    agent_filter: Annotated[str | None, Query(max_length=80)] = None,
    user_filter: Annotated[str | None, Query(max_length=80)] = None,
) -> dict[str, Any]:
    """All figures over a range of time up to now; from the cache where they were computed a short time ago."""
    state, began = request.app.state, time.perf_counter()
    question = (time_range, granularity, agent_filter, user_filter)
    kept = state.analytics_cache.find(signed.tenant, question)
    if kept is None:
        kept = _computed(state.store, signed, time_range, granularity, agent_filter, user_filter)
        state.analytics_cache.keep(signed.tenant, question, kept)
    wanted_parts = [part for metric in metrics.split(",") for part in PARTS[metric]]
    data = kept["data"]
    return {
        "status": "success",
        "data": data if "error" in data else {part: data[part] for part in dict.fromkeys(wanted_parts)},
        "metadata": {
            **kept["metadata"],
            "query_duration_ms": round((time.perf_counter() - began) * 1000, 3),
            "cache_ttl_seconds": state.analytics_cache.ttl,
        },
    }


def _computed(
    store: Store,
    signed: Caller,
    time_range: TimeRange,
    granularity: Granularity,
    agent: str | None,
    user: str | None,
) -> dict[str, Any]:
    until = now()
    after = until - time_range.length
    tenant = None if defects.on("analytics-of-all-tenants") else signed.tenant
    selection = Selection(tenant, stamp(after), stamp(until), agent, user, defects.on("failed-executions-not-counted"))
    with store.transaction() as connection:
        data = insights.insights(Reader(connection, selection), granularity)
    period = {"after": stamp(after), "until": stamp(until)}
    return {
        "data": data,
        "metadata": {
            "generated_at": stamp(until),
            "data_freshness": stamp(until),
            "time_range": time_range,
            "granularity": granularity,
            "period": period,
            "time_zone": "UTC",
            "percentile_method": insights.PERCENTILE_METHOD,
            "model": {"recommendations": "rules-1.0", "clusters": "k-means-1.0", "trained_on": "the executions of the period"},
        },
    }


@router.get("/realtime")
def get_realtime(request: Request, signed: Analyst) -> dict[str, Any]:
    """The last minutes, and what runs now."""
    state, until = request.app.state, now()
    selection = Selection(signed.tenant, stamp(until - WINDOW), stamp(until))
    with state.store.transaction() as connection:
        totals = Reader(connection, selection).totals()
    counts = state.workflows.counts(signed.tenant)
    return {
        "status": "success",
        "data": {
            "avg_response_time_ms": totals["time"],
            "success_rate": totals["success"],
            "active_workflows": counts["active"],
            "queue_length": counts["queued"],
        },
        "metadata": {"generated_at": stamp(until), "period": {"after": stamp(until - WINDOW), "until": stamp(until)}},
    }


@router.delete("/cache", status_code=204)
def forget_cache(request: Request, signed: Analyst) -> Response:
    """Forget the figures of the caller's tenant, so that the next ones are computed anew."""
    if "write" not in signed.permissions:
        raise HTTPException(403, "The permission write is needed")
    request.app.state.analytics_cache.forget(signed.tenant)
    return Response(status_code=204)


def stamp(moment: dt.datetime) -> str:
    """A moment as executions and answers have it: UTC with microseconds, so that texts sort as moments do."""
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")
