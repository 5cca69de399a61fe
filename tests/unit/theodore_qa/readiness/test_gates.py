"""Gates: what passes, what fails, and what is not known."""

import json
from pathlib import Path

import pytest
from judged_runs import finished, judged, observation, planned

from theodore_qa import paths
from theodore_qa.errors import UsageError
from theodore_qa.readiness import gates, located, measuring
from theodore_qa.readiness.gates import Gate
from theodore_qa.readiness.measuring import ReportValue
from theodore_qa.readiness.waivers import GateWaiver
from theodore_qa.readiness.waivers import read as read_waivers
from theodore_qa.statistics import Share

SHIPPED = paths.shipped("variables")
FOREVER = GateWaiver("g", "why", "who", "99.0", "w.yaml:3")
TEST = judged("e2e/a.robot", "A", tags=("scenario:x",))


def gate(measure, operator="==", threshold=100, unit="%", **more):
    entries = {"suites": ("e2e",)} | ({"checks": ("c.*",)} if measure != "tests" else {}) | more
    return Gate("g", "a title", "a source", measure, operator, threshold, unit, **entries)


def evaluated(demand, tests=(TEST,), observations=(), *, deselected=(), complete=True, inputs=None, waiver=None):
    run = finished(tests, deselected=deselected)
    words = measuring.last_words(observations)
    return measuring.evaluate(demand, located.by_folder(run), words, inputs or {}, waiver, complete=complete)


def of_share(hits, tried, threshold, **more):
    words = [observation(TEST, "c.x", "", "PASS" if i < hits else "FAIL", subject=str(i)) for i in range(tried)]
    return evaluated(gate("checks", ">=", threshold, **more), observations=words)


@pytest.mark.parametrize(
    ("hits", "tried", "threshold", "verdict"),
    [
        (59, 59, 95, "PASS"),
        (58, 58, 95, "NOT EVALUATED"),
        (92, 93, 95, "PASS"),
        (91, 92, 95, "NOT EVALUATED"),
        (2995, 2995, 99.9, "PASS"),
        (2994, 2994, 99.9, "NOT EVALUATED"),
        (0, 5, 95, "FAIL"),
        (1, 1, 100, "PASS"),
        (99, 100, 100, "FAIL"),
    ],
)
def test_a_share_needs_as_many_as_prove_it(hits, tried, threshold, verdict):
    result = of_share(hits, tried, threshold)
    assert (result.verdict, result.n) == (verdict, tried)
    assert result.bounds == (Share(hits, tried).lower_bound, Share(hits, tried).upper_bound)


def test_few_errors_that_prove_no_failure_are_not_evaluated():
    assert of_share(9, 10, 95, minimum=59).verdict == "NOT EVALUATED"
    assert of_share(50, 60, 95, minimum=59).verdict == "FAIL"


def test_the_minimum_holds_for_a_faultless_share_too():
    result = of_share(9, 9, 100, minimum=10)
    assert result.verdict == "NOT EVALUATED"
    assert result.reason == "9 observations are too few: it needs 10 with no further error"


def test_99_999_percent_is_never_written_as_100():
    words = [observation(TEST, "c.x", "99999 of 100000")]
    assert evaluated(gate("counted", ">=", 99), observations=words).measured == "99999 of 100000 = 99.99%"


def test_tries_of_a_poll_are_one_observation():
    poll = [observation(TEST, "c.x", "", "FAIL", call="1"), *[observation(TEST, "c.x", "", call="1") for _ in range(80)]]
    result = evaluated(gate("checks", ">=", 95), observations=poll)
    assert (result.verdict, result.n) == ("NOT EVALUATED", 1)


def test_a_precondition_does_not_feed_a_gate():
    assert evaluated(gate("checks"), observations=[observation(TEST, "c.x", "", precondition=True)]).n == 0


@pytest.mark.parametrize(
    ("observed", "unit", "threshold", "verdict"),
    [
        ("1.99 s", "s", 2, "PASS"),
        ("2 s", "s", 2, "FAIL"),
        ("2 min 5 s", "s", 130, "PASS"),
        ("212 ms", "s", 2, "PASS"),
        ("3 h", "min", 15, "FAIL"),
        ("480 MB", "MB", 500, "PASS"),
        ("1", "s", 2, "NOT EVALUATED"),
        ("nan s", "s", 2, "NOT EVALUATED"),
        ("fast", "s", 2, "NOT EVALUATED"),
        ("1 s of 2 s", "s", 2, "NOT EVALUATED"),
        ("-1 s", "s", 2, "NOT EVALUATED"),
        ("", "s", 2, "NOT EVALUATED"),
    ],
)
def test_a_value_counts_only_if_it_reads_as_a_number_with_its_unit(observed, unit, threshold, verdict):
    words = [observation(TEST, "c.x", observed)]
    assert evaluated(gate("value", "<", threshold, unit), observations=words).verdict == verdict


def test_the_worst_of_several_values_counts_and_too_few_are_named():
    words = [observation(TEST, "c.x", f"{second} s", subject=str(second), n=4) for second in (1, 3)]
    assert evaluated(gate("value", "<", 2, "s", minimum=100), observations=words).verdict == "FAIL"
    result = evaluated(gate("value", "<", 4, "s", minimum=100), observations=words)
    assert (result.verdict, result.reason) == ("NOT EVALUATED", "8 values are too few: it needs 100")
    assert evaluated(gate("value", "<=", 2, "s", aggregate="mean", minimum=8), observations=words).measured == "2 s"


def test_counts_are_added_up():
    words = [observation(TEST, "c.x", "40 of 40 = 1.000"), observation(TEST, "c.y", "19 of 19 events")]
    assert evaluated(gate("counted", ">=", 95), observations=words).measured == "59 of 59 = 100.00%"
    words.append(observation(TEST, "c.z", "most of them"))
    assert evaluated(gate("counted", ">=", 95), observations=words).reason == (
        "the observed value 'most of them' of c.z does not read as such as '9 of 10'"
    )


@pytest.mark.parametrize("verdict", ["NOT EVALUATED", "SKIP", "NOT SELECTED"])
def test_a_test_without_a_verdict_keeps_its_gate_from_passing(verdict):
    other = judged("e2e/a.robot", "B", verdict, line=9)
    left = [planned("e2e/a.robot", "B", line=9)] if verdict == "NOT SELECTED" else []
    result = evaluated(gate("tests"), [TEST] if left else [TEST, other], deselected=left)
    assert (result.verdict, result.n) == ("NOT EVALUATED", 1)
    assert result.reason == f"1 of 2 tests that feed it have no verdict: B ({verdict})"
    assert bool(result.waived) is (verdict == "SKIP")


def test_a_failure_counts_whatever_else_is_unknown():
    tests = [judged("e2e/a.robot", "A", "FAIL"), judged("e2e/a.robot", "B", "NOT EVALUATED", line=9)]
    assert evaluated(gate("tests"), tests, complete=False).verdict == "FAIL"


def test_nothing_passes_in_an_incomplete_run():
    assert evaluated(gate("tests")).verdict == "PASS"
    result = evaluated(gate("tests"), complete=False)
    assert (result.verdict, result.reason) == ("NOT EVALUATED", measuring.INCOMPLETE_RUN)


def test_an_observation_that_was_not_evaluated_keeps_its_gate_from_passing():
    words = [observation(TEST, "c.x", "1 s"), observation(TEST, "c.y", "no answer", "NOT EVALUATED")]
    result = evaluated(gate("value", "<", 2, "s"), observations=words)
    assert (result.verdict, result.reason) == ("NOT EVALUATED", "1 of 2 of its checks were not evaluated: c.y: no answer")


def test_tests_of_other_folders_and_tags_feed_nothing():
    demand = gate("tests", tags=("scenario:xANDcheck:performance",))
    assert evaluated(demand).reason == "none of the tests of suites/e2e tagged scenario:xANDcheck:performance was run"
    assert evaluated(gate("tests", suites=("chaos",))).verdict == "NOT EVALUATED"
    assert evaluated(gate("tests", without=("scenario:*",))).verdict == "NOT EVALUATED"


def test_a_report_of_another_tool_feeds_a_gate_or_leaves_it_open():
    demand = gate("input", ">=", 95, suites=(), checks=(), input="coverage", minimum=100)
    assert evaluated(demand).reason == "no report was given by --gate-input coverage=FILE"
    assert evaluated(demand, inputs={"coverage": ReportValue(Share(990, 1000))}).verdict == "PASS"
    assert evaluated(demand, inputs={"coverage": ReportValue(Share(0, 0), "it is empty")}).reason == "it is empty"


def test_a_waiver_covers_what_is_open_and_never_a_failure():
    assert evaluated(gate("tests"), [], waiver=FOREVER).waived == "why (owner who, until 99.0, w.yaml:3)"
    failed = evaluated(gate("tests"), [judged("e2e/a.robot", "A", "FAIL")], waiver=FOREVER)
    assert (failed.verdict, failed.waived) == ("FAIL", "")
    ended = GateWaiver("g", "why", "who", "0.0.1", "w.yaml:3")
    assert (evaluated(gate("tests"), [], waiver=ended).waived, str(ended)[-8:]) == ("", ": ENDED)")


def test_a_waiver_ends_with_its_day_or_its_version():
    assert GateWaiver("g", "", "", "2999-01-01", "").in_force
    assert not GateWaiver("g", "", "", "2020-01-01", "").in_force


def test_waivers_of_unknown_gates_and_days_are_refused(tmp_path):
    path = tmp_path / "w.yaml"
    entry = "waivers:\n  - {gates: [%s], reason: r, owner: o, until: '%s'}\n"
    path.write_text(entry % ("atacks", "0.2.0"), encoding="utf-8")
    with pytest.raises(UsageError, match="There is no gate 'atacks' in w.yaml: did you mean 'attacks'?"):
        read_waivers(path, {"attacks"})
    path.write_text(entry % ("attacks", "2027-02-30"), encoding="utf-8")
    with pytest.raises(UsageError, match="names no day"):
        read_waivers(path, {"attacks"})
    path.write_text(entry % ("attacks", "soon"), encoding="utf-8")
    with pytest.raises(UsageError, match="expected a date such as 2027-06-30 or a version such as '0.2.0'"):
        read_waivers(path, {"attacks"})
    path.write_text(entry % ("attacks", "0.2.0"), encoding="utf-8")
    assert read_waivers(path, {"attacks"})["attacks"].where == "w.yaml:2"


def test_the_shipped_files_are_valid_and_the_sandbox_waives_gates_that_there_are():
    known = gates.read(SHIPPED / "gates.yaml")
    assert {"zap-scan", "p95-response-time", "availability", "audit-capture", "recommendation-accuracy"} <= known.keys()
    critical = {name for name, found in known.items() if found.critical}
    assert {"zap-scan", "p95-response-time", "availability", "audit-capture", "recommendation-accuracy"} <= critical
    waived = read_waivers(SHIPPED / "sandbox.waivers.yaml", known)
    assert all("-" not in waiver.until and waiver.in_force for waiver in waived.values())


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"measure": "eval"}, "expected one of tests, checks, counted, value, input"),
        ({"operator": "__import__"}, "expected one of <, <=, >, >=, =="),
        ({"threshold": "2"}, "expected a number"),
        ({"threshold": 101}, "is 101"),
        ({"minimum": 0}, "expected a whole number above 0"),
        ({"expression": "1 == 1"}, "There is no entry 'expression'"),
    ],
)
def test_a_wrong_gate_is_refused_before_the_run(tmp_path, entry, message):
    right = {"title": "t", "source": "s", "measure": "tests", "operator": "==", "threshold": 100, "unit": "%"}
    path = tmp_path / "gates.yaml"
    path.write_text(json.dumps({"gates": {"g": right | {"from": {"suites": ["e2e"]}} | entry}}), encoding="utf-8")
    with pytest.raises(UsageError) as error:
        gates.read(Path(path))
    assert message in str(error.value)


def test_gates_of_a_project_that_demand_less_are_named():
    shipped = {"g": gate("tests"), "h": gate("tests")}
    own = {"g": gate("tests", threshold=50), "own": gate("tests")}
    assert gates.deviations(own, shipped) == [
        "The gate h is not among the gates of this project.",
        "The gate g is another than the shipped one: threshold 100 → 50.",
    ]
    assert gates.deviations(shipped, shipped) == []
