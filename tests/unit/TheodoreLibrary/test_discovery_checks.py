"""Checks of discoveries, with synthetic results."""

import pytest

from theodore_qa.errors import NotEvaluatedError, QaError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder
from TheodoreLibrary import discovery_checks, discovery_filters


@pytest.fixture(autouse=True)
def an_exchange():
    recorder.enter_suite()
    recorder.exchanged()
    with recorder.calling("results_should_be_sound", []):
        yield
    recorder.leave_suite()


def result(name, score, **company):
    return {
        "company": {"name": name, "domain": f"{name.lower()}.com", "website": f"https://{name.lower()}.com"} | company,
        "similarity_score": score,
        "similarity_explanation": f"{name} resembles Stripe",
        "similarity_factors": {"content": score, "industry": 1.0},
        "match_reasons": ["same industry"],
    }


GOOD = [result("Square", 0.9), result("Adyen", 0.8)]


def failed_checks(results, total=None, limit=10, threshold=0.6):
    checks = Checks("Results", "Stripe")
    discovery_checks.valid_results(
        checks, "Stripe", results, len(results) if total is None else total, limit=limit, threshold=threshold
    )
    return {observation.check for observation in checks.done if observation.verdict == "FAIL"}


def test_valid_results_pass():
    assert failed_checks(GOOD) == set()
    assert failed_checks([]) == set()


@pytest.mark.parametrize(
    ("results", "check"),
    [
        ([*GOOD, result("Mollie", 0.5)], "discovery.threshold"),
        (GOOD[::-1], "discovery.order"),
        ([*GOOD, result("Stripe", 0.7)], "discovery.no_self"),
        ([*GOOD, result("Adyen", 0.8)], "discovery.no_duplicates"),
        ([*GOOD, result("Block", 0.7, domain="square.com")], "discovery.no_duplicates"),
        ([GOOD[0] | {"similarity_explanation": "Stripe resembles Stripe"}], "discovery.explanations"),
        ([GOOD[0] | {"similarity_explanation": None}], "discovery.explanations"),
        ([GOOD[0] | {"match_reasons": []}], "discovery.explanations"),
        ([GOOD[0] | {"similarity_factors": {"content": 0.2}}], "discovery.factors"),
        ([GOOD[0] | {"similarity_factors": {}}], "discovery.factors"),
        ([result("Square", 0.9, website="https://adyen.com")], "discovery.companies"),
        ([result("Square", 0.9, domain="square")], "discovery.companies"),
        ([GOOD[0] | {"similarity_score": "high"}], "discovery.threshold"),
        ([GOOD[0] | {"similarity_score": True}], "discovery.scores"),
    ],
)
def test_each_fault_fails_its_check(results, check):
    assert check in failed_checks(results)


def test_limit_and_total_are_checked():
    assert failed_checks(GOOD, limit=1) == {"discovery.limit"}
    assert failed_checks(GOOD, total=5) == {"discovery.total"}


@pytest.mark.parametrize(
    ("filters", "through"),
    [
        ({"industry": ["finance"]}, True),
        ({"industry": ["retail"]}, False),
        ({"founded_after": 2009}, True),
        ({"founded_after": 2010}, False),
        ({"founded_before": 2009}, True),
        ({"founded_before": 2008}, False),
        ({"min_employees": 10}, False),
        ({"location": ["oakland"]}, True),
        ({"location": ["Paris"]}, False),
        ({"exclude_companies": ["Square"]}, False),
        ({"include_keywords": ["Terminals"]}, True),
        ({"exclude_companies": ["sQUARE"]}, False),
        ({"exclude_keywords": ["terminals"]}, False),
    ],
)
def test_filters_pass_the_companies_that_they_should(filters, through):
    square = {"name": "Square", "industry": "finance", "founded_year": 2009, "headquarters": "Oakland", "products": ["Terminals"]}
    assert discovery_filters.lets_through(filters, square) is through


def test_a_filter_that_excludes_nothing_is_not_evaluated():
    checks = Checks("Filters", "Stripe")
    rows = [result("Square", 0.9, industry="finance")]
    discovery_filters.filtered(checks, {"industry": ["finance"]}, rows, rows)
    with pytest.raises(NotEvaluatedError):
        checks.conclude()


def test_a_filter_that_lets_nothing_through_is_not_evaluated():
    checks = Checks("Filters", "Stripe")
    discovery_filters.filtered(checks, {"industry": ["finance"]}, [], [result("Slack", 0.8, industry="technology")])
    with pytest.raises(
        NotEvaluatedError, match="at least 1 result that the filters let through, observed 1 of 1 results are excluded"
    ):
        checks.conclude()


def test_a_result_that_a_filter_loses_is_named():
    checks = Checks("Filters", "Stripe")
    both = [result("Square", 0.9, industry="finance"), result("Slack", 0.8, industry="technology")]
    discovery_filters.filtered(checks, {"industry": ["finance"]}, [], both)
    with pytest.raises(QaError, match="missing: Square"):
        checks.conclude()


class Followed:
    """A discovery that was followed to its end."""

    def __init__(self, vector, web, ranking, results=1, domain="stripe.com"):
        target = {"domain": domain, "fallback_used": False}
        outputs = {"target_profile": target, "vector_search": vector, "web_discovery": web, "ranking": ranking}
        self.phases = {name: {"output_data": output} for name, output in outputs.items()}
        self.results = [result("Square", 0.9)] * results


@pytest.mark.parametrize(
    ("job", "failed"),
    [
        (
            Followed({"asked": True, "candidates": 2}, {"asked": False, "candidates": 0}, {"candidates": 2, "over_threshold": 1}),
            set(),
        ),
        (
            Followed({"asked": True, "candidates": 2}, {"asked": True, "candidates": 0}, {"candidates": 2, "over_threshold": 1}),
            {"discovery.phases_asked"},
        ),
        (
            Followed({"asked": True, "candidates": 2}, {"asked": False, "candidates": 1}, {"candidates": 2, "over_threshold": 1}),
            {"discovery.phases_candidates"},
        ),
        (
            Followed({"asked": True, "candidates": 2}, {"asked": False, "candidates": 0}, {"candidates": 2, "over_threshold": 0}),
            {"discovery.phases_candidates"},
        ),
        (
            Followed({}, {}, {}, domain="nowhere"),
            {"discovery.phases_target", "discovery.phases_asked", "discovery.phases_candidates"},
        ),
    ],
)
def test_phases_must_report_the_calls_that_were_made(job, failed):
    checks = Checks("Source", "Stripe")
    discovery_checks.phases_agree(checks, job, vectors=True, web=False)
    assert {observation.check for observation in checks.done if observation.verdict == "FAIL"} == failed


@pytest.mark.parametrize(
    ("field", "operator", "fine"),
    [
        ("founded_after", ">=", True),
        ("founded_after", "<=", False),
        ("max_employees", "lte", True),
        ("exclude_companies", "in", False),
        ("industry", "in", True),
        ("industry", None, False),
    ],
)
def test_a_filter_must_be_reported_with_a_fitting_operator(field, operator, fine):
    checks = Checks("Filters", "Stripe")
    discovery_checks.operators_fit(checks, {field: {"operator": operator}})
    assert (checks.done[0].verdict == "PASS") is fine
