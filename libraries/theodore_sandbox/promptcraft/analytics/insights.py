"""The figures of analytics: by SQL over the store, with what SQL does not have in plain Python."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any, TYPE_CHECKING

from theodore_sandbox import defects
from theodore_sandbox.promptcraft.analytics import grouping

if TYPE_CHECKING:
    from collections.abc import Callable

    from theodore_sandbox.promptcraft.analytics.executions import Reader

PERCENTILE_METHOD = "linear"
POWER_ABOVE, OCCASIONAL_UP_TO = 50, 5
HIGH, HIGHEST = 0.8, 0.95
FAILURE_RATE = 0.1
PRIORITIES = ("high", "medium", "low")
LABELS = {1: ("regular",), 2: ("occasional", "power"), 3: ("occasional", "regular", "power")}
LOCAL_HOURS = 5  # ahead of UTC, where the defect thinks it is
TEXTS = {
    "performance": "Responses of {agent} take {value:.0f} ms on average: cache frequent queries or use a faster model.",
    "cost": "An execution of {agent} costs {value:.4f} on average: use a cheaper model.",
    "accuracy": "{value:.0%} of the executions of {agent} fail: review its prompts and tools.",
}


def insights(reader: Reader, granularity: str) -> dict[str, Any]:
    """All parts of an answer; only an error where there are no executions."""
    totals = reader.totals()
    if not totals["count"]:
        return {"error": "No execution data available for the selected period"}
    agents = reader.by_agent()
    return {
        "summary": _summary(reader, totals, agents),
        "trends": _trends(reader, granularity),
        "agent_performance": _agent_performance(agents),
        "user_behavior": _user_behavior(reader),
        "costs": _costs(reader, totals),
        "optimization_recommendations": _recommendations(agents),
    }


def _summary(reader: Reader, totals: dict[str, Any], agents: list[dict[str, Any]]) -> dict[str, Any]:
    count, cost = totals["count"], totals["cost"]
    users = sum(agent["users"] for agent in agents) if defects.on("users-counted-per-agent") else totals["users"]
    mean = sum(agent["time"] for agent in agents) / len(agents) if defects.on("mean-of-means") else totals["time"]
    if defects.on("costs-rounded-before-sum"):
        cost = sum(round(value, 2) for value in reader.costs())
    return {
        "total_queries": count,
        "unique_users": users,
        "avg_response_time_ms": mean,
        "median_response_time_ms": _stored_quantile(reader, "processing_time_ms", 0.5, count),
        "p95_response_time_ms": _stored_quantile(reader, "processing_time_ms", HIGHEST, count),
        "success_rate": totals["success"],
        "total_cost": cost,
        "avg_cost_per_query": cost / count,
        "avg_steps_per_workflow": totals["steps"],
        "avg_test_success_rate": totals["tests"],
    }


def quantile(pick: Callable[[int], list[float]], share: float, count: int) -> float:
    """The quantile by linear interpolation; ``pick`` has the values in order from a rank on, counted from 0."""
    position = share * (count - 1)
    if defects.on("other-percentile-method"):
        position = min(max(share * (count + 1) - 1, 0), count - 1)
    rank = math.floor(position)
    low, high = (pick(rank) * 2)[:2]
    return low + (high - low) * (position - rank)


def _stored_quantile(reader: Reader, column: str, share: float, count: int) -> float:
    return quantile(lambda rank: reader.ordered(column, rank, 2), share, count)


def _quantile_of(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return quantile(lambda rank: ordered[rank : rank + 2], share, len(ordered))


def _trends(reader: Reader, granularity: str) -> list[dict[str, Any]]:
    periods: dict[str, dict[str, float]] = {}
    for hour in reader.by_hour():
        moment = dt.datetime.fromisoformat(hour["hour"] + ":00")
        if defects.on("trends-in-local-time"):
            moment += dt.timedelta(hours=LOCAL_HOURS)
        period = periods.setdefault(_begin(moment, granularity), dict.fromkeys(("count", "time", "completed", "cost"), 0.0))
        for name in period:
            period[name] += hour[name]
    return [
        {
            "period": begin,
            "query_count": int(period["count"]),
            "avg_response_time": period["time"] / period["count"],
            "success_rate": period["completed"] / period["count"],
            "total_cost": period["cost"],
        }
        for begin, period in sorted(periods.items())
    ]


def _begin(moment: dt.datetime, granularity: str) -> str:
    if granularity != "hour":
        moment = moment.replace(hour=0)
    if granularity == "week":
        moment -= dt.timedelta(days=moment.weekday())
    if granularity == "month":
        moment = moment.replace(day=1)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _agent_performance(agents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = [
        {
            "agent_id": agent["agent"],
            "query_count": agent["count"],
            "avg_response_time": round(agent["time"], 2),
            "success_rate": round(agent["success"], 2),
            "total_cost": round(agent["cost"], 2),
            "cost_per_query": round(agent["cost"] / agent["count"], 2),
            "avg_test_success": round(agent["tests"], 2),
            "security_issues": agent["issues"],
        }
        for agent in agents
    ]
    return sorted(rows, key=lambda row: (-row["query_count"], row["agent_id"]))


def _user_behavior(reader: Reader) -> dict[str, Any]:
    users = reader.by_user()
    features: dict[str, grouping.Point] = {user["user"]: (user["count"], user["cost"]) for user in users}
    groups = grouping.grouped(features)
    if defects.on("clusters-by-turns"):
        groups = _by_thirds([user["user"] for user in users], features)
    if defects.on("clusters-depend-on-order"):
        groups = _around([user["user"] for user in sorted(users, key=lambda user: user["first"])], features)
    labels = LABELS[len(groups)]
    clusters: list[dict[str, Any]] = [
        {
            "cluster_id": number,
            "label": labels[number],
            "user_count": len(group.users),
            "avg_queries": group.centre[0],
            "avg_cost": group.centre[1],
            "user_ids": group.users,
        }
        for number, group in enumerate(groups)
    ]
    if defects.on("clusters-lose-users"):
        smallest = min(clusters, key=lambda cluster: cluster["user_count"])
        smallest["user_ids"] = smallest["user_ids"][1:]
        smallest["user_count"] -= 1
    return {
        "total_users": len(users),
        "power_users": sum(user["count"] > POWER_ABOVE for user in users),
        "occasional_users": sum(user["count"] <= OCCASIONAL_UP_TO for user in users),
        "cluster_analysis": clusters,
    }


def _by_thirds(users: list[str], features: dict[str, grouping.Point]) -> list[grouping.Group]:
    """Each third user together: the defect."""
    thirds = [users[start :: grouping.CLUSTERS] for start in range(grouping.CLUSTERS)]
    return [grouping.Group(third, features[third[0]]) for third in thirds if third]


def _around(users: list[str], features: dict[str, grouping.Point]) -> list[grouping.Group]:
    """Each user with the one of the first few that is nearest: the defect."""
    groups: dict[str, list[str]] = {user: [] for user in users[: grouping.CLUSTERS]}
    for user in users:
        groups[min(groups, key=lambda first: math.dist(features[first], features[user]))].append(user)
    return [grouping.Group(members, features[first]) for first, members in groups.items() if members]


def _costs(reader: Reader, totals: dict[str, Any]) -> dict[str, Any]:
    threshold = _stored_quantile(reader, "total_cost", HIGHEST, totals["count"])
    return {
        "total_cost": totals["cost"],
        "efficiency": totals["count"] / totals["cost"] if totals["cost"] else 0.0,
        "outlier_threshold": threshold,
        "outlier_count": reader.above("total_cost", threshold),
    }


def _recommendations(agents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    times = {agent["agent"]: agent["time"] for agent in agents}
    costs = {agent["agent"]: agent["cost"] / agent["count"] for agent in agents}
    failing = {agent["agent"]: 1 - agent["success"] for agent in agents}
    slow, slowest = _quantile_of(list(times.values()), HIGH), _quantile_of(list(times.values()), HIGHEST)
    dear = _quantile_of(list(costs.values()), HIGH)
    found = []
    for agent, time in times.items():
        if time < _quantile_of(list(times.values()), 1 - HIGH) if defects.on("recommendations-reversed") else time > slow:
            found.append(_recommendation("performance", "high" if time > slowest else "medium", agent, time))
    found += [_recommendation("cost", "medium", agent, cost) for agent, cost in costs.items() if cost > dear]
    found += [_recommendation("accuracy", "high", agent, rate) for agent, rate in failing.items() if rate > FAILURE_RATE]
    if defects.on("recommendations-unsorted"):
        return sorted(found, key=lambda entry: entry["agent_id"])
    return sorted(found, key=lambda entry: (PRIORITIES.index(entry["priority"]), entry["type"], entry["agent_id"]))


def _recommendation(kind: str, priority: str, agent: str, value: float) -> dict[str, Any]:
    text = TEXTS[kind].format(agent=agent, value=value)
    return {"type": kind, "priority": priority, "agent_id": agent, "description": text}
