"""Figures as testers write and read them."""

import pytest
from assertionengine import AssertionOperator

from LoadLibrary import verdicts
from theodore_load.recording import Figures
from theodore_qa.errors import UsageError


@pytest.fixture
def figures():
    made = Figures("get")
    for number in range(100):
        made.good((number + 1) / 100, (number + 1) / 1000, checked=True)
    return made


@pytest.mark.parametrize(
    ("statistic", "service", "expected"),
    [
        ("p50", False, 0.5),
        ("p99", False, 0.99),
        ("p99.9", False, 1.0),
        ("max", False, 1.0),
        ("mean", False, 0.505),
        ("p50", True, 0.05),
    ],
)
def test_statistics(figures, statistic, service, expected):
    assert verdicts.latency(figures, statistic, service=service) == pytest.approx(expected, rel=0.01)


def test_a_system_that_fails_once_has_no_maximum(figures):
    figures.bad("timeout", "not complete within 5 s")
    assert verdicts.latency(figures, "max", service=False) is None
    assert verdicts.latency(figures, "p99", service=False) == pytest.approx(1.0, rel=0.01)
    assert verdicts.duration(None) == "not answered"


@pytest.mark.parametrize("statistic", ["p0", "p100", "median", "p", "95", ""])
def test_what_is_no_statistic(figures, statistic):
    with pytest.raises(UsageError, match="is no statistic of response times"):
        verdicts.latency(figures, statistic, service=False)


@pytest.mark.parametrize(("text", "value"), [("5 %", 0.05), ("0.05", 0.05), ("0", 0), (1, 1), ("100%", 1)])
def test_shares(text, value):
    assert verdicts.share(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["101 %", "5", "-1", "some", ""])
def test_what_is_no_share(text):
    with pytest.raises(UsageError, match="is not a share: write for example 5 % or 0.05"):
        verdicts.share(text)


@pytest.mark.parametrize(("op", "limit", "most"), [("<=", 1, 1), (">=", 0, 1), (">=", 0, float("inf"))])
def test_a_comparison_that_cannot_fail_is_refused(op, limit, most):
    with pytest.raises(UsageError, match=f"The check '{op} {limit}' holds for every value, so that it could not fail"):
        verdicts.comparison(AssertionOperator[op], limit, most)


@pytest.mark.parametrize(("op", "limit"), [("<", 1), ("<=", 0), (">", 0), ("==", 0), (">=", 1)])
def test_a_comparison_that_can_fail(op, limit):
    assert verdicts.comparison(AssertionOperator[op], limit, 1)[0] == op


def test_errors_are_shown_with_n_interval_and_kinds(figures):
    figures.bad("status", "expected 200, observed 503")
    assert verdicts.observed_errors(figures) == "1 of 101 = 1% (95 %: 0% to 5%); 1 status: expected 200, observed 503"
