"""An answer of analytics compared with figures that were recomputed, part by part."""

from __future__ import annotations

import math
import re
from typing import Any, TYPE_CHECKING

from PromptCraftLibrary.analytics import figures
from theodore_qa.observing.display import plural, written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PromptCraftLibrary.analytics.columns import Columns
    from PromptCraftLibrary.analytics.figures import Rules
    from theodore_qa.observing.checks import Checks

TOLERANCE = 1e-6  # relative
ROUNDED = 0.005  # what rounding to two decimals may change
MOST_SHOWN = 5
COUNTS = ("total_queries", "unique_users", "query_count", "security_issues", "total_users", "power_users", "outlier_count")
# The parts of an answer, with the name that their checks have.
NAMES = {
    "summary": "summary",
    "trends": "trends",
    "agent_performance": "agents",
    "users": "users",
    "costs": "costs",
    "recommendations": "advice",
}


def near(expected: float, observed: Any, tolerance: float, rounding: float = 0.0) -> bool:
    """Whether a number is the expected one, but for a share of it and for rounding."""
    if isinstance(observed, bool) or not isinstance(observed, int | float) or not math.isfinite(observed):
        return False
    return abs(observed - expected) <= tolerance * abs(expected) + rounding + 1e-9


def compare(checks: Checks, part: str, data: Mapping[str, Any], executions: Columns, rules: Rules, **options: Any) -> None:
    """Record whether a part of an answer is as recomputed; ``options`` are tolerance and granularity."""
    tolerance = options.get("tolerance", TOLERANCE)
    if part == "summary":
        _values(checks, "summary", figures.summary(executions, rules), data.get("summary"), tolerance, len(executions))
    elif part == "trends":
        expected = figures.trends(executions, options.get("granularity", "day"))
        _rows(checks, "trends", "period", expected, data.get("trends"), tolerance)
        _ordered(checks, "analytics.trends.order", [row.get("period") for row in _listed(data.get("trends"))], str)
    elif part == "agent_performance":
        rows = _listed(data.get("agent_performance"))
        _rows(checks, "agents", "agent_id", figures.agent_performance(executions), rows, tolerance, ROUNDED)
        _ordered(checks, "analytics.agents.order", [row.get("query_count") for row in rows], lambda count: -count)
    elif part == "users":
        _values(checks, "users", figures.users(executions, rules), data.get("user_behavior"), tolerance, len(executions))
    elif part == "costs":
        _values(checks, "costs", figures.costs(executions, rules), data.get("costs"), tolerance, len(executions))
    else:
        _recommendations(checks, figures.recommendations(executions, rules), data.get("optimization_recommendations"))


def _values(
    checks: Checks, part: str, expected: Mapping[str, float], reported: Any, tolerance: float, n: int, rounding: float = 0.0
) -> None:
    found = reported if isinstance(reported, dict) else {}
    for name, value in expected.items():
        exact = name in COUNTS
        holds = near(value, found.get(name), 0 if exact else tolerance, rounding)
        condition = f"{value:.0f}" if exact else f"{value:.10g} ± {tolerance:g} of it"
        checks.that(f"analytics.{part}.{name}", holds, condition, written(found.get(name)), n=n)


def _rows(
    checks: Checks,
    part: str,
    key: str,
    expected: Mapping[str, Mapping[str, float]],
    reported: Any,
    tolerance: float,
    rounding: float = 0.0,
) -> None:
    """Each row by its name, and each figure over all rows."""
    rows = {str(row.get(key)): row for row in _listed(reported)}
    names_held = rows.keys() == expected.keys() and len(rows) == len(_listed(reported))
    wrong = sorted(rows.keys() ^ expected.keys())
    observed = plural(len(_listed(reported)), "row") + (f", different in {_some(wrong)}" if wrong else "")
    checks.that(
        f"analytics.{part}.rows", names_held, f"{plural(len(expected), 'row')}, one for each {key}", observed, n=len(expected)
    )
    for figure in next(iter(expected.values()), {}):
        off = [
            f"{name}: {written(rows.get(name, {}).get(figure))} for {values[figure]:.10g}"
            for name, values in expected.items()
            if not near(values[figure], rows.get(name, {}).get(figure), *_allowed(figure, tolerance, rounding))
        ]
        right = len(expected) - len(off)
        checks.that(
            f"analytics.{part}.{figure}",
            not off,
            f"{len(expected)} of {len(expected)} rows as recomputed",
            f"{right} of {len(expected)}" + (f"; {_some(off)}" if off else ""),
            n=len(expected),
        )


def _allowed(figure: str, tolerance: float, rounding: float) -> tuple[float, float]:
    return (0, 0) if figure in COUNTS else (tolerance, rounding)


def _recommendations(checks: Checks, expected: set[tuple[str, str, str]], reported: Any) -> None:
    listed = _listed(reported)
    found = [(str(entry.get("type")), str(entry.get("agent_id")), str(entry.get("priority"))) for entry in listed]
    missing, more = sorted(expected - set(found)), sorted(set(found) - expected)
    texts = [plural(len(found), "recommendation")]
    texts += [f"without {_some(missing)}"] if missing else []
    texts += [f"with {_some(more)}"] if more else []
    right = not missing and not more and len(found) == len(expected)
    condition = f"the {plural(len(expected), 'recommendation')} by the means"
    checks.that("analytics.advice.follows", right, condition, "; ".join(texts), n=len(expected))
    order = [entry.get("priority") for entry in listed]
    known = all(priority in figures.PRIORITIES for priority in order)
    sorted_ = known and order == sorted(order, key=figures.PRIORITIES.index)
    checks.that("analytics.advice.order", sorted_, "high, medium and low in this order", written(order), n=len(order))
    described = [entry for entry in listed if isinstance(entry.get("description"), str) and entry["description"].strip()]
    agents = {str(entry.get("agent_id")) for entry in listed}
    foreign = [entry["description"] for entry in described if _names(entry["description"], agents) - {str(entry.get("agent_id"))}]
    condition = "descriptions that name no other agent than their own"
    checks.that("analytics.advice.of_agent", not foreign, condition, _some(foreign) or condition, n=len(listed))
    kinds = {str(entry.get("type")) for entry in listed}
    checks.that(
        "analytics.advice.form",
        len(described) == len(listed) and kinds <= set(figures.TYPES),
        f"each with a description, of the types {written(figures.TYPES)}",
        f"{len(described)} of {len(listed)} with a description, of the types {written(kinds)}",
        n=len(listed),
    )


def _names(text: str, agents: set[str]) -> set[str]:
    """The agents that a text names, by whole words."""
    return agents & set(re.findall(r"\w+", text))


def _ordered(checks: Checks, check: str, values: Sequence[Any], key: Callable[[Any], Any]) -> None:
    try:
        in_order = list(values) == sorted(values, key=key)
    except TypeError:
        in_order = False
    first_values = written(list(values[:MOST_SHOWN])) + (
        f" and {len(values) - MOST_SHOWN} more" if len(values) > MOST_SHOWN else ""
    )
    checks.that(check, in_order, "rows in order", first_values, n=len(values))


def _listed(reported: Any) -> list[dict[str, Any]]:
    return [row for row in reported if isinstance(row, dict)] if isinstance(reported, list) else []


def _some(texts: Sequence[Any]) -> str:
    more = f" and {len(texts) - MOST_SHOWN} more" if len(texts) > MOST_SHOWN else ""
    return "; ".join(map(written, texts[:MOST_SHOWN])) + more
