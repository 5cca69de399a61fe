"""What kind of failure an observation is, and which values are near to their limits."""

import pytest
from judged_runs import judged, observation

from theodore_qa.readiness import causes, metrics
from theodore_qa.readiness.gates import Gate
from theodore_qa.readiness.located import LocatedTest

FAILED = judged("a.robot", "A", "FAIL", message="It broke.\nAnd more.")
OPEN = judged("a.robot", "A", "NOT EVALUATED", message="The test was planned and has no result.")


@pytest.mark.parametrize(
    ("test", "check", "observed", "category"),
    [
        (FAILED, "research.status", "failed", "assertion"),
        (FAILED, "performance.total", "3 s", "assertion"),
        (FAILED, "api.contract", "200 text/html", "contract"),
        (FAILED, "api.every_answer", "no request id", "contract"),
        (FAILED, "api.health", "no answer: not complete within 5 s", "time-out"),
        (FAILED, "research.end", "still running: timed out after 30 s", "time-out"),
        (FAILED, "api.health", "no answer (connection refused)", "connection"),
        (FAILED, "api.health", "the connection was reset", "connection"),
        (FAILED, "keyword.Research Company", "There is no keyword argument 'x'", "test error"),
        (OPEN, "chaos.reach", "the fault disturbed 0 of 37 requests", "environment"),
        (OPEN, "keyword.Research Company", "The system does not answer at http://127.0.0.1:1", "connection"),
    ],
)
def test_the_category_follows_from_the_observation(test, check, observed, category):
    found = causes.causes([test], [observation(test, check, observed, test.verdict)])
    assert found[test.key].category == category
    assert observed in found[test.key].sentence


def test_without_an_observation_the_test_itself_or_its_environment_is_to_blame():
    found = causes.causes([FAILED], [observation(FAILED, "c", "fine", "PASS")])[FAILED.key]
    assert (found.category, found.sentence) == ("test error", "It broke.")
    assert causes.causes([OPEN], [])[OPEN.key].category == "environment"
    assert causes.causes([judged("a.robot", "A")], []) == {}


def test_a_waived_observation_decides_nothing_and_a_check_goes_before_the_keyword_that_holds_it():
    records = [
        observation(OPEN, "a", "not there", "NOT EVALUATED", waived="later"),
        observation(OPEN, "keyword.X", "not there", "NOT EVALUATED"),
        observation(OPEN, "b", "not there", "NOT EVALUATED"),
    ]
    assert causes.causes([OPEN], records)[OPEN.key].check == "b"


def test_causes_that_are_alike_are_counted_together_the_most_first():
    tests = [judged("a.robot", name, "FAIL", line=line) for line, name in enumerate("ABC", 1)]
    records = [
        observation(tests[0], "x", "1", "FAIL"),
        observation(tests[1], "y", "1", "FAIL"),
        observation(tests[2], "y", "2", "FAIL"),
    ]
    found = causes.causes(tests, records)
    assert [(cause.check, len(keys)) for cause, keys in causes.alike(found)] == [("y", 2), ("x", 1)]
    assert causes.counted(found) == {
        "assertion": 3,
        "time-out": 0,
        "connection": 0,
        "contract": 0,
        "environment": 0,
        "test error": 0,
    }


@pytest.mark.parametrize(
    ("expected", "observed", "margin"),
    [
        ("at most 2 s", "500 ms", 0.75),
        ("at most 1 min 30 s", "45 s", 0.5),
        ("at least 0.8", "20 of 25 = 0.800", None),
        ("a score of at least 0.8", "9 of 10 = 0.900", 0.125),
        ("< 2 s", "p95 3 s", -0.5),
        ("at least 99 %", "49.5 %", -0.5),
        ("at most 2 s", "nothing", None),
        ("completed", "2 s", None),
        ("at most 0 s", "0 s", None),
    ],
)
def test_margins(expected, observed, margin):
    found = metrics.metric(observation(FAILED, "c", observed, expected=expected))
    assert (found and round(found.margin, 6)) == margin


def test_margins_of_gates():
    share = Gate("g", "G", "s", "checks", ">=", 95, "%")
    assert metrics.margin_of(share, "19 of 20 = 95.00%") == 0
    assert metrics.margin_of(Gate("g", "G", "s", "value", "<", 2, "s"), "1.5 s") == 0.25
    assert metrics.margin_of(share, "") is None
    assert metrics.margin_of(Gate("g", "G", "s", "tests", "==", 100, "%"), "1 of 1 = 100.00%") is None


def test_a_scenario_has_its_worst_verdict_its_duration_its_quality_and_its_errors():
    tests = [
        judged("a.robot", "A", tags=["scenario:x"]),
        judged("a.robot", "B", "FAIL", tags=["scenario:x"], line=2),
        judged("a.robot", "C"),
    ]
    records = [
        observation(tests[0], "quality.accuracy", "3 of 4 = 0.750", expected="a score of at least 0.5"),
        observation(tests[0], "time", "1 s", expected="at most 2 s"),
        observation(tests[0], "time", "1.5 s", expected="at most 2 s"),
        observation(tests[1], "status", "failed", "FAIL", expected="completed"),
    ]
    located = [LocatedTest(test.key, test.suite, test.tags, test.verdict) for test in tests]
    seconds = {test.key: 1.25 for test in tests}
    (found,) = metrics.scenarios(located, records, causes.causes(tests, records), seconds, {})
    assert (found["scenario"], found["verdict"], found["seconds"], found["quality"]) == ("x", "FAIL", 2.5, 0.75)
    assert [(value["check"], value["observed"], value["margin"]) for value in found["metrics"]] == [
        ("time", "1.5 s", 0.25),
        ("quality.accuracy", "3 of 4 = 0.750", 0.5),
    ]
    assert found["errors"] == ["status: expected completed, observed failed"]
