"""Requests for figures, and the moments that an answer says it is about."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal, TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

from theodore_qa.context import context
from theodore_qa.errors import QaError

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange

TimeRange = Literal["7d", "30d", "90d", "1y"]
Granularity = Literal["hour", "day", "week", "month"]
OK = 200
INSIGHTS, REALTIME, CACHE = (f"/api/v4/analytics/{name}" for name in ("insights", "realtime", "cache"))
RANGES = {"7d": dt.timedelta(days=7), "30d": dt.timedelta(days=30), "90d": dt.timedelta(days=90), "1y": dt.timedelta(days=365)}


@dataclass(frozen=True, eq=False)
class Insights:
    """An answer of analytics with what was requested."""

    answer: Exchange
    identity: str | None

    @property
    def data(self) -> dict[str, Any]:
        """The figures; empty where the answer has none."""
        found = self.answer.object().get("data")
        return found if isinstance(found, dict) else {}

    @property
    def metadata(self) -> dict[str, Any]:
        """What the answer says about itself."""
        found = self.answer.object().get("metadata")
        return found if isinstance(found, dict) else {}

    @property
    def clusters(self) -> list[dict[str, Any]]:
        """The clusters of users."""
        behaviour = self.data.get("user_behavior")
        found = behaviour.get("cluster_analysis") if isinstance(behaviour, dict) else None
        return [cluster for cluster in found if isinstance(cluster, dict)] if isinstance(found, list) else []

    @property
    def recommendations(self) -> list[dict[str, Any]]:
        """The recommendations."""
        found = self.data.get("optimization_recommendations")
        return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []

    @property
    def total(self) -> Any:
        """The number of executions that it counted."""
        summary = self.data.get("summary")
        return summary.get("total_queries") if isinstance(summary, dict) else None

    @property
    def period(self) -> tuple[dt.datetime, dt.datetime] | None:
        """After which moment and up to which executions were counted; None if the answer does not say that."""
        stated: Any = self.metadata.get("period")
        try:
            moments = [dt.datetime.fromisoformat(stated[end]) for end in ("after", "until")]
        except (TypeError, KeyError, ValueError):
            return None
        return (moments[0], moments[1]) if all(moment.tzinfo for moment in moments) else None


def query(**named: str | None) -> str:
    """The query that chooses figures; what is empty is left out."""
    return urlencode({name: value for name, value in named.items() if value})


def insights(
    identity: str | None, time_range: str, granularity: str, agent: str = "", user: str = "", metrics: str = ""
) -> Insights:
    """Request the figures; an answer other than 200 with an object is an error."""
    choice = query(time_range=time_range, granularity=granularity, agent_filter=agent, user_filter=user, metrics=metrics)
    answer = context.system.request("GET", f"{INSIGHTS}?{choice}", token=context.system.token(identity))
    if answer.status != OK:
        raise QaError(f"No figures came: expected 200 from GET {INSIGHTS}, observed {answer.status} with {answer.excerpt()}.")
    answer.object()
    return Insights(answer, identity)


def invalidate(identity: str | None) -> Exchange:
    """Request that what is cached of the identity's tenant is forgotten."""
    return context.system.request("DELETE", CACHE, token=context.system.token(identity))


def queried(answer: Exchange, name: str) -> str:
    """A value of the query that an answer belongs to; empty if it was not sent."""
    return parse_qs(urlsplit(answer.path).query).get(name, [""])[0]


def no_insights(value: object) -> Insights:
    """What `Get Insights` returns."""
    del value  # Robot's message has it
    raise ValueError("call Get Insights first, and pass what it returns.")
