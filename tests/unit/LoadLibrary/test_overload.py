"""Who is served, refused, or left waiting by a system that is asked too much."""

import types

import pytest

from LoadLibrary.keywords.overload import OverloadKeywords
from LoadLibrary.keywords.running import RunningKeywords
from LoadLibrary.verdicts import Load
from theodore_load.recording import Figures
from theodore_load.results import Result
from theodore_qa.errors import NotEvaluatedError, QaError, UsageError

pytestmark = pytest.mark.usefixtures("observed")


@pytest.fixture
def keywords():
    return OverloadKeywords(RunningKeywords())


def load(ok, failed=None, served=None, stopped=""):
    """A load of one step with so many right answers, and failures by kind."""
    figures = Figures("get")
    for _ in range(ok):
        figures.good(0.01, 0.01, checked=True)
    for kind, count in (failed or {}).items():
        for _ in range(count):
            figures.bad("status" if kind.isdigit() else kind, f"it was {kind}")
        figures.statuses[kind] += count
    scenario = types.SimpleNamespace(open=False, limits={"lateness": 60})
    result = Result(scenario, 1, steps=[figures], served=served or {}, seconds=1.0, stopped=stopped)
    return Load("busy", None, result)


def test_a_refusal_is_an_answer(keywords):
    keywords.nobody_should_be_left_waiting(load=load(5, {"503": 20}))


@pytest.mark.parametrize("kind", ["timeout", "reset", "refused", "protocol"])
def test_who_waits_in_vain_is_counted(keywords, kind):
    with pytest.raises(QaError, match=rf"expected every request is answered, observed 2 of 7 \(2 {kind}: it was {kind}\)\."):
        keywords.nobody_should_be_left_waiting(load=load(5, {kind: 2}))


def test_some_may_wait_in_vain(keywords):
    keywords.nobody_should_be_left_waiting(at_most="30 %", load=load(5, {"timeout": 2}))
    with pytest.raises(QaError, match="expected at most 20% of the requests without an answer, observed 2 of 7"):
        keywords.nobody_should_be_left_waiting(at_most="20 %", load=load(5, {"timeout": 2}))


def test_a_check_that_cannot_fail_is_refused(keywords):
    with pytest.raises(UsageError, match="could not fail"):
        keywords.nobody_should_be_left_waiting(at_most="100 %", load=load(5))


@pytest.mark.parametrize("check", ["nobody_should_be_left_waiting", "identities_should_be_served_alike"])
def test_there_has_to_be_a_load(keywords, check):
    with pytest.raises(UsageError, match="There is no load to judge"):
        getattr(keywords, check)()


def test_no_request_proves_nothing(keywords):
    with pytest.raises(NotEvaluatedError, match="no request of all requests was sent"):
        keywords.nobody_should_be_left_waiting(load=load(0))


def test_a_load_that_was_cut_short_does_not_pass(keywords):
    with pytest.raises(NotEvaluatedError, match="the load is not whole: interrupted"):
        keywords.nobody_should_be_left_waiting(load=load(5, stopped="interrupted"))


def test_a_limit_holds(keywords):
    keywords.limit_should_hold(100, load=load(100, {"429": 50}))


def test_a_burst_that_gets_through_is_counted(keywords):
    with pytest.raises(
        QaError, match="expected at most 100 of 150 answered, the others refused by 429, observed 120 answered, 30 refused"
    ):
        keywords.limit_should_hold(100, load=load(120, {"429": 30}))


def test_another_failure_is_no_refusal(keywords):
    with pytest.raises(QaError, match="observed 90 answered, 30 refused, 30 failed otherwise"):
        keywords.limit_should_hold(100, load=load(90, {"429": 30, "500": 30}))


def test_a_limit_that_is_not_reached_proves_nothing(keywords):
    with pytest.raises(NotEvaluatedError, match="100 requests of all requests cannot exceed a limit of 100"):
        keywords.limit_should_hold(100, load=load(100))
    with pytest.raises(UsageError, match="allows nothing"):
        keywords.limit_should_hold(0, load=load(100))


def test_equal_waits_are_fair(keywords):
    keywords.identities_should_be_served_alike(load=load(40, served={"ann": [20, 0, 2.0], "bob": [20, 0, 3.0]}))


@pytest.mark.parametrize(
    ("served", "observed"),
    [
        ({"ann": [20, 0, 2.0], "bob": [20, 0, 9.0]}, r"bob 450 ms \(100% answered\), ann 100 ms \(100% answered\)"),
        ({"ann": [20, 0, 2.0], "bob": [5, 15, 0.5]}, r"ann 100 ms \(100% answered\), bob 100 ms \(25% answered\)"),
        ({"ann": [20, 0, 2.0], "bob": [0, 20, 0.0]}, r"bob not answered \(0% answered\), ann 100 ms \(100% answered\)"),
    ],
)
def test_unequal_service_is_named(keywords, served, observed):
    with pytest.raises(QaError, match=f"expected nobody waits 3 times as long as another, observed {observed}"):
        keywords.identities_should_be_served_alike(load=load(40, served=served))


@pytest.mark.parametrize("served", [{}, {"ann": [50, 0, 1.0]}, {"ann": [50, 0, 1.0], "bob": [9, 0, 1.0]}])
def test_fairness_needs_two_with_enough_requests(keywords, served):
    with pytest.raises(NotEvaluatedError, match="fairness needs two identities"):
        keywords.identities_should_be_served_alike(load=load(50, served=served))
