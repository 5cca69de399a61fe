"""The figures of analytics by the contract's formulas, from columns of executions."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import UsageError

if TYPE_CHECKING:
    import numpy as np

    from PromptCraftLibrary.analytics.columns import Columns

# The names by which an answer may state its percentile method, and those of numpy.
METHODS = {
    "linear": "linear",
    "inclusive": "linear",
    "exclusive": "weibull",
    "nearest": "nearest",
    "nearest_rank": "inverted_cdf",
    "lower": "lower",
    "higher": "higher",
}
GRANULARITIES = ("hour", "day", "week", "month")
PRIORITIES = ("high", "medium", "low")
TYPES = ("performance", "cost", "accuracy")
MICROS = 1_000_000


@dataclass(frozen=True)
class Rules:
    """What the formulas leave to a vocabulary."""

    percentile_method: str = "linear"
    power_above: int = 50  # executions of a power user
    occasional_up_to: int = 5
    high_quantile: float = 0.8  # of agents' means: above it an agent gets a recommendation
    highest_quantile: float = 0.95  # above it one of high priority; above this quantile of costs an execution is an outlier
    failure_rate: float = 0.1

    @classmethod
    def named(cls, entries: Any) -> Rules:
        """The rules of a vocabulary's entry ``analytics``; what it does not say is as usual."""
        known = {field.name for field in fields(cls)}
        given = entries if isinstance(entries, dict) else {}
        return cls(**{name: value for name, value in given.items() if name in known})

    @property
    def method(self) -> str:
        """numpy's name of the percentile method."""
        if self.percentile_method not in METHODS:
            raise UsageError(f"There is no percentile method '{self.percentile_method}': there are {', '.join(METHODS)}.")
        return METHODS[self.percentile_method]


def quantile(values: np.ndarray, share: float, rules: Rules) -> float:
    """A quantile by the method of the rules."""
    import numpy as np

    return float(np.quantile(values, share, method=rules.method))  # type: ignore[call-overload]  # names that are checked


def summary(executions: Columns, rules: Rules) -> dict[str, float]:
    """The figures over all executions; there must be some."""
    import numpy as np

    times, costs = executions.numbers["processing_time_ms"], executions.numbers["total_cost"]
    return {
        "total_queries": len(executions),
        "unique_users": len(np.unique(executions.user)),
        "avg_response_time_ms": float(times.mean()),
        "median_response_time_ms": quantile(times, 0.5, rules),
        "p95_response_time_ms": quantile(times, 0.95, rules),
        "success_rate": float(executions.completed.mean()),
        "total_cost": float(costs.sum()),
        "avg_cost_per_query": float(costs.mean()),
        "avg_steps_per_workflow": float(executions.numbers["steps_completed"].mean()),
        "avg_test_success_rate": float(executions.numbers["test_success_rate"].mean()),
    }


def agent_performance(executions: Columns) -> dict[str, dict[str, float]]:
    """The figures of each agent that has executions, exact; a system rounds them."""
    grouped = _grouped(executions.agent, executions, len(executions.agents))
    figures = {
        "query_count": grouped["count"],
        "avg_response_time": grouped["processing_time_ms"] / grouped["count"],
        "success_rate": grouped["completed"] / grouped["count"],
        "total_cost": grouped["total_cost"],
        "cost_per_query": grouped["total_cost"] / grouped["count"],
        "avg_test_success": grouped["test_success_rate"] / grouped["count"],
        "security_issues": grouped["security_issues_found"],
    }
    return {
        name: {figure: float(values[number]) for figure, values in figures.items()}
        for number, name in enumerate(executions.agents)
        if grouped["count"][number]
    }


def trends(executions: Columns, granularity: str) -> dict[str, dict[str, float]]:
    """The figures of each period that has executions, by the moment in UTC at which it begins."""
    import numpy as np

    moments = executions.created.astype("datetime64[us]")
    if granularity == "week":
        days = moments.astype("datetime64[D]").astype(np.int64)
        begins = ((days + 3) // 7 * 7 - 3).astype("datetime64[D]")  # 1970 began on a Thursday; a week begins on Monday
    elif granularity in GRANULARITIES:
        begins = moments.astype(f"datetime64[{ {'hour': 'h', 'day': 'D', 'month': 'M'}[granularity] }]")
    else:
        raise UsageError(f"There is no granularity '{granularity}': there are {', '.join(GRANULARITIES)}.")
    periods, numbers = np.unique(begins, return_inverse=True)
    grouped = _grouped(numbers, executions, len(periods))
    names = [f"{period}Z" for period in np.datetime_as_string(periods.astype("datetime64[s]"))]
    return {
        name: {
            "query_count": float(grouped["count"][number]),
            "avg_response_time": float(grouped["processing_time_ms"][number] / grouped["count"][number]),
            "success_rate": float(grouped["completed"][number] / grouped["count"][number]),
            "total_cost": float(grouped["total_cost"][number]),
        }
        for number, name in enumerate(names)
    }


def users(executions: Columns, rules: Rules) -> dict[str, int]:
    """How many users there are, and how many use it much or seldom."""
    import numpy as np

    counts = np.bincount(executions.user, minlength=len(executions.users))
    counts = counts[counts > 0]
    return {
        "total_users": len(counts),
        "power_users": int((counts > rules.power_above).sum()),
        "occasional_users": int((counts <= rules.occasional_up_to).sum()),
    }


def costs(executions: Columns, rules: Rules) -> dict[str, float]:
    """The figures of costs."""
    spent = executions.numbers["total_cost"]
    threshold = quantile(spent, rules.highest_quantile, rules)
    return {
        "total_cost": float(spent.sum()),
        "efficiency": len(spent) / float(spent.sum()) if spent.sum() else 0.0,
        "outlier_threshold": threshold,
        "outlier_count": int((spent > threshold).sum()),
    }


def recommendations(executions: Columns, rules: Rules) -> set[tuple[str, str, str]]:
    """The recommendations that follow, each as its type, agent and priority."""
    import numpy as np

    grouped = _grouped(executions.agent, executions, len(executions.agents))
    present = np.flatnonzero(grouped["count"])
    count = grouped["count"][present]
    times, spent = grouped["processing_time_ms"][present] / count, grouped["total_cost"][present] / count
    failing = 1 - grouped["completed"][present] / count
    slow, slowest = quantile(times, rules.high_quantile, rules), quantile(times, rules.highest_quantile, rules)
    dear = quantile(spent, rules.high_quantile, rules)
    found = set()
    for place, number in enumerate(present):
        name = executions.agents[number]
        if times[place] > slow:
            found.add(("performance", name, "high" if times[place] > slowest else "medium"))
        if spent[place] > dear:
            found.add(("cost", name, "medium"))
        if failing[place] > rules.failure_rate:
            found.add(("accuracy", name, "high"))
    return found


def all_figures(executions: Columns, rules: Rules, granularity: str) -> dict[str, Any]:
    """Every figure of an answer, by the name of its part."""
    return {
        "summary": summary(executions, rules),
        "trends": trends(executions, granularity),
        "agent_performance": agent_performance(executions),
        "users": users(executions, rules),
        "costs": costs(executions, rules),
        "recommendations": recommendations(executions, rules),
    }


def _grouped(groups: np.ndarray, executions: Columns, size: int) -> dict[str, np.ndarray]:
    """How many executions a group has, how many completed, and the sum of each number."""
    import numpy as np

    sums = {name: np.bincount(groups, weights=values, minlength=size) for name, values in executions.numbers.items()}
    completed = np.bincount(groups, weights=executions.completed, minlength=size)
    return sums | {"count": np.bincount(groups, minlength=size), "completed": completed}
