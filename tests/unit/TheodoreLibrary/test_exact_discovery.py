"""What a discovery has to bring, by a wider one."""

import pytest

from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import Verdict
from TheodoreLibrary import exact_discovery
from TheodoreLibrary.keywords import exactness

RESULTS = [
    {"company": {"name": name, "founded_year": year, "industry": industry}, "similarity_score": 0.5}
    for name, year, industry in (("A", 1999, "finance"), ("B", 2004, "retail"), ("C", 2010, "finance"))
]


@pytest.mark.parametrize(
    ("name", "values", "value", "names"),
    [
        ("industry", ("finance",), ["finance"], ["A", "C"]),
        ("industry", (), [], ["A", "B", "C"]),
        ("industry", ("energy",), ["energy"], []),
        ("founded_after", ("at the value",), 2004, ["B", "C"]),
        ("founded_after", ("just beyond",), 2005, ["C"]),
        ("founded_before", ("at the value",), 2004, ["A", "B"]),
        ("founded_before", ("just beyond",), 2003, ["A"]),
    ],
)
def test_a_filter_lets_through_what_it_says(name, values, value, names):
    assert exact_discovery.filter_value(name, values, RESULTS) == value
    assert [found.name for found in exact_discovery.let_through(name, value, RESULTS)] == names


def test_too_few_values_are_not_evaluated_and_a_mistake_is_named():
    with pytest.raises(NotEvaluatedError, match="2 different values of founded_year among 2 results"):
        exact_discovery.filter_value("founded_after", ("at the value",), RESULTS[:2])
    with pytest.raises(UsageError, match="'at the value' or 'just beyond'"):
        exact_discovery.filter_value("founded_after", ("2004",), RESULTS)
    with pytest.raises(UsageError, match="did you mean 'industry'"):
        exact_discovery.filter_value("industri", ("finance",), RESULTS)
    with pytest.raises(UsageError, match="There is no channel 'quik'"):
        exact_discovery.wide("quik", "Stripe", "", None)


@pytest.mark.parametrize(("threshold", "least"), [("0", 0.0), ("1", 1.0), ("not sent", 0.6), ("at a score", 0.8)])
def test_a_threshold_is_a_number(threshold, least):
    assert exactness.least(threshold, [0.3, 0.8, 0.9]) == least


def test_no_score_is_no_threshold():
    with pytest.raises(NotEvaluatedError, match="No company was found"):
        exactness.least("at a score", [])


def test_a_narrower_discovery_sends_only_what_is_given(monkeypatch):
    seen = {}
    monkeypatch.setattr(exact_discovery, "discover", lambda *arguments: seen.update(arguments[3]) or [])
    wide = exact_discovery.Wide("quick", "Stripe", None, {"limit": 50, "similarity_threshold": 0}, [])
    wide.narrowed(limit=None, similarity_threshold=0.5)
    assert seen == {"similarity_threshold": 0.5}


FOUND = [exact_discovery.Found("A", 0.9), exact_discovery.Found("B", 0.7)]


@pytest.mark.parametrize(
    ("channel", "options", "answer", "wrong"),
    [
        ("quick", {}, {"query_company": "Stripe", "total_found": 2, "similarity_threshold": 0.6}, []),
        ("quick", {"similarity_threshold": 0.5}, {"query_company": "Stripe", "total_found": 2, "similarity_threshold": 0.6},
         ["discovery.exact_answer"]),
        ("quick", {}, {"query_company": "Stripe", "total_found": 3, "similarity_threshold": 0.6}, ["discovery.exact_answer"]),
        ("suggestions", {}, {"query": "Stripe", "count": 2}, []),
        ("suggestions", {}, {"query": "stripe", "count": 2}, ["discovery.exact_answer"]),
        ("job", {"filters": {"industry": ["finance"]}}, {"query_company": "Stripe", "total_found": 2},
         ["discovery.exact_filters_reported"]),
        ("job", {"filters": {"industry": []}}, {"query_company": "Stripe", "total_found": 2}, []),
        ("job", {}, {"query_company": "Stripe", "total_found": 2,
                     "filters_applied": [{"field": "industry", "operator": "in", "value": ["finance"], "applied": True}]},
         ["discovery.exact_filters_reported"]),
    ],
)  # fmt: skip
def test_an_answer_repeats_what_was_requested(channel, options, answer, wrong):
    checks = Checks("Filter", "industry")
    exact_discovery.reported(checks, exact_discovery.Outcome(channel, "Stripe", options, FOUND, answer))
    assert [made.check for made in checks.done if made.verdict is Verdict.FAIL] == wrong
