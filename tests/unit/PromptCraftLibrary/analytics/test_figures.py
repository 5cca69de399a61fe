"""The figures are those of the formulas: against small cases by hand, and against plain Python over random executions."""

import datetime as dt
import random
import statistics

import pytest

from PromptCraftLibrary.analytics import columns, figures
from TestDataLibrary import executions
from theodore_qa.errors import UsageError

USUAL = {"status": "completed", "steps_completed": 4, "security_issues_found": 1, "test_success_rate": 0.5}


def counted(*rows):
    """Executions from moment, agent, user, time and cost."""
    keys = ("created_at", "agent_id", "user_id", "processing_time_ms", "total_cost")
    return columns.read([USUAL | dict(zip(keys, row[:5], strict=True)) | (row[5] if len(row) > 5 else {}) for row in rows])


SMALL = counted(
    ("2026-01-31T23:30:00+00:00", "a", "u", 100, 0.004),
    ("2026-02-01T00:30:00+00:00", "a", "u", 200, 0.004, {"status": "failed"}),
    ("2026-02-01T01:30:00+00:00", "a", "v", 300, 0.004),
    ("2026-02-02T00:00:00+00:00", "b", "u", 1000, 0.008),
)


def test_the_summary_of_a_small_case():
    assert figures.summary(SMALL, figures.Rules()) == pytest.approx(
        {
            "total_queries": 4,
            "unique_users": 2,
            "avg_response_time_ms": 400,
            "median_response_time_ms": 250,
            "p95_response_time_ms": 895,
            "success_rate": 0.75,
            "total_cost": 0.02,
            "avg_cost_per_query": 0.005,
            "avg_steps_per_workflow": 4,
            "avg_test_success_rate": 0.5,
        }
    )


@pytest.mark.parametrize(
    ("granularity", "begins"),
    [
        ("hour", ["2026-01-31T23:00:00Z", "2026-02-01T00:00:00Z", "2026-02-01T01:00:00Z", "2026-02-02T00:00:00Z"]),
        ("day", ["2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z"]),
        ("week", ["2026-01-26T00:00:00Z", "2026-02-02T00:00:00Z"]),
        ("month", ["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"]),
    ],
)
def test_periods_begin_in_utc_and_weeks_on_monday(granularity, begins):
    assert list(figures.trends(SMALL, granularity)) == begins


def test_the_agents_of_a_small_case():
    found = figures.agent_performance(SMALL)
    assert found["a"] == pytest.approx(
        {
            "query_count": 3,
            "avg_response_time": 200,
            "success_rate": 2 / 3,
            "total_cost": 0.012,
            "cost_per_query": 0.004,
            "avg_test_success": 0.5,
            "security_issues": 3,
        }
    )


@pytest.mark.parametrize("method", ["linear", "exclusive"])
def test_percentiles_are_those_of_the_statistics_module(method):
    source = random.Random(11)
    values = [source.expovariate(0.01) for _ in range(101)]
    rows = [("2026-01-01T00:00:00+00:00", "a", "u", value, 1) for value in values]
    found = figures.summary(counted(*rows), figures.Rules(percentile_method=method))
    cuts = statistics.quantiles(values, n=20, method="inclusive" if method == "linear" else method)
    assert found["p95_response_time_ms"] == pytest.approx(cuts[18])


def test_an_unknown_method_or_granularity_is_named_with_the_known():
    with pytest.raises(UsageError, match="There is no percentile method 'usual': there are linear, "):
        figures.summary(SMALL, figures.Rules(percentile_method="usual"))
    with pytest.raises(UsageError, match="There is no granularity 'year': there are hour, day, week, month"):
        figures.trends(SMALL, "year")


@pytest.mark.parametrize("seed", [1, 20260101])
def test_random_executions_give_what_plain_python_counts(seed):
    rows = list(executions.make(700, seed, agents=6, days=45))
    found = figures.all_figures(columns.read(rows), figures.Rules(), "day")
    times = [row["processing_time_ms"] for row in rows]
    by_user = {row["user_id"]: sum(other["user_id"] == row["user_id"] for other in rows) for row in rows}
    days = [dt.datetime.fromisoformat(row["created_at"]).strftime("%Y-%m-%dT00:00:00Z") for row in rows]
    costs = sorted(row["total_cost"] for row in rows)
    threshold = statistics.quantiles(costs, n=20, method="inclusive")[18]
    assert found["summary"]["avg_response_time_ms"] == pytest.approx(statistics.fmean(times))
    assert {day: figure["query_count"] for day, figure in found["trends"].items()} == {day: days.count(day) for day in days}
    assert found["users"] == {
        "total_users": len(by_user),
        "power_users": sum(count > 50 for count in by_user.values()),
        "occasional_users": sum(count <= 5 for count in by_user.values()),
    }
    assert found["costs"]["outlier_threshold"] == pytest.approx(threshold)
    assert found["costs"]["outlier_count"] == sum(cost > threshold for cost in costs)
    for agent, figure in found["agent_performance"].items():
        own = [row for row in rows if row["agent_id"] == agent]
        assert figure["success_rate"] == pytest.approx(sum(row["status"] == "completed" for row in own) / len(own))
        assert figure["security_issues"] == sum(row["security_issues_found"] for row in own)


def test_recommendations_are_for_the_slow_the_dear_and_the_failing():
    rows = [("2026-01-01T00:00:00+00:00", f"agent{n}", "u", 100 + n, 1 + n / 10) for n in range(11)]
    rows += [("2026-01-01T00:00:00+00:00", "agent3", "u", 103, 1.3, {"status": "failed"})]
    assert figures.recommendations(counted(*rows), figures.Rules()) == {
        ("performance", "agent9", "medium"),
        ("performance", "agent10", "high"),
        ("cost", "agent9", "medium"),
        ("cost", "agent10", "medium"),
        ("accuracy", "agent3", "high"),
    }
