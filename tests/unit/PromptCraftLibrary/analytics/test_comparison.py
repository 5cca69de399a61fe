"""Each figure that is off is caught by the check of its name, with what was expected and observed."""

import copy

import pytest

from PromptCraftLibrary.analytics import columns, comparison, figures
from TestDataLibrary import executions
from theodore_qa.errors import QaError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import Verdict

COUNTED = columns.read(executions.make(300, 5, agents=6, days=9))
RULES = figures.Rules()


def right():
    """An answer as it should be."""
    found = figures.all_figures(COUNTED, RULES, "day")
    agents = sorted(found["agent_performance"].items(), key=lambda entry: -entry[1]["query_count"])
    advice = sorted(found["recommendations"], key=lambda entry: figures.PRIORITIES.index(entry[2]))
    return {
        "summary": found["summary"],
        "trends": [{"period": begin, **figure} for begin, figure in found["trends"].items()],
        "agent_performance": [
            {"agent_id": name, **{key: round(value, 2) for key, value in figure.items()}} for name, figure in agents
        ],
        "user_behavior": found["users"],
        "costs": found["costs"],
        "optimization_recommendations": [
            {"type": kind, "agent_id": agent, "priority": priority, "description": "x"} for kind, agent, priority in advice
        ],
    }


def failed(part, data):
    checks = Checks("Figures")
    comparison.compare(checks, part, data, COUNTED, RULES, granularity="day")
    return [check.check for check in checks.done if check.verdict is Verdict.FAIL]


@pytest.mark.parametrize("part", comparison.NAMES)
def test_what_is_right_passes(part):
    assert failed(part, right()) == []


@pytest.mark.parametrize("part", comparison.NAMES)
@pytest.mark.parametrize("data", [{}, {"error": "none"}, {"summary": None, "trends": "x", "agent_performance": {}}])
def test_what_is_not_there_fails(part, data):
    assert failed(part, data) != []


def changed(part, key, value):
    data = copy.deepcopy(right())
    if isinstance(data[part], list):
        data[part][0][key] = value(data[part][0][key])
    else:
        data[part][key] = value(data[part][key])
    return data


@pytest.mark.parametrize(
    ("part", "place", "key", "value", "check"),
    [
        ("summary", "summary", "total_queries", lambda count: count - 1, "analytics.summary.total_queries"),
        ("summary", "summary", "unique_users", lambda count: count + 1, "analytics.summary.unique_users"),
        ("summary", "summary", "p95_response_time_ms", lambda time: time * 1.0001, "analytics.summary.p95_response_time_ms"),
        ("summary", "summary", "total_cost", lambda cost: round(cost, 1), "analytics.summary.total_cost"),
        ("summary", "summary", "success_rate", lambda _: True, "analytics.summary.success_rate"),
        ("summary", "summary", "success_rate", lambda _: float("nan"), "analytics.summary.success_rate"),
        ("summary", "summary", "success_rate", str, "analytics.summary.success_rate"),
        ("trends", "trends", "query_count", lambda count: count + 1, "analytics.trends.query_count"),
        ("trends", "trends", "total_cost", lambda cost: cost + 0.01, "analytics.trends.total_cost"),
        ("agent_performance", "agent_performance", "success_rate", lambda rate: rate - 0.02, "analytics.agents.success_rate"),
        (
            "agent_performance",
            "agent_performance",
            "security_issues",
            lambda count: count + 1,
            "analytics.agents.security_issues",
        ),
        ("users", "user_behavior", "power_users", lambda count: count + 1, "analytics.users.power_users"),
        ("costs", "costs", "outlier_count", lambda count: count - 1, "analytics.costs.outlier_count"),
    ],
)
def test_a_figure_that_is_off_fails_alone(part, place, key, value, check):
    assert failed(part, changed(place, key, value)) == [check]


def test_a_period_that_is_shifted_fails():
    data = right()
    data["trends"][0]["period"] = "2001-01-01T00:00:00Z"
    assert "analytics.trends.rows" in failed("trends", data)


def test_a_row_that_is_doubled_fails():
    data = right()
    data["agent_performance"].append(data["agent_performance"][-1])
    assert failed("agent_performance", data) == ["analytics.agents.rows"]


def test_the_order_of_rows_counts():
    data = right()
    data["agent_performance"].reverse()
    data["trends"].reverse()
    data["optimization_recommendations"].reverse()
    parts = ("agent_performance", "trends", "recommendations")
    assert [failed(part, data) for part in parts] == [
        ["analytics.agents.order"],
        ["analytics.trends.order"],
        ["analytics.advice.order"],
    ]


def test_a_recommendation_for_another_agent_fails():
    data = right()
    data["optimization_recommendations"][0]["agent_id"] = "agent_999"
    assert failed("recommendations", data) == ["analytics.advice.follows"]


def test_the_message_shows_both_values():
    checks = Checks("Figures")
    data = changed("summary", "total_queries", lambda _: 299)
    comparison.compare(checks, "summary", data, COUNTED, RULES)
    with pytest.raises(QaError, match=r"^analytics.summary.total_queries: expected 300, observed 299.$"):
        checks.conclude()
