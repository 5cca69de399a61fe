"""The verdict on a run."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from theodore_qa.observing.evidence import Evidence
from theodore_qa.report import compliance
from theodore_qa.report.reporter import write_all
from theodore_qa.run.judge import judge
from theodore_qa.run.plan import Plan, Planned

A, B = Planned("a.robot", 3, "A", ()), Planned("a.robot", 9, "B", ())
PLAN = Plan(Path("suites"), (A, B))


def record(test, verdict, message=""):
    return {"source": test.source, "line": test.line, "name": test.name, "verdict": verdict, "message": message}


def judged(robot, tests, *, problems=(), failures=(), suites=(), plan=PLAN):
    results = [(key, status, f"Robot says {status}") for key, status in robot]
    return judge(plan, results, Evidence(tests=tests, failures=list(failures), suites=list(suites)), list(problems))


def test_all_passed():
    done = judged([(A.key, "PASS"), (B.key, "PASS")], [record(A, "PASS"), record(B, "PASS")])
    assert (done.exit_code, done.problems) == (0, [])


def test_a_failure_is_1():
    assert judged([(A.key, "PASS"), (B.key, "FAIL")], [record(A, "PASS"), record(B, "FAIL", "why")]).exit_code == 1


def test_a_missing_result_is_3_and_named():
    done = judged([(A.key, "PASS")], [record(A, "PASS")])
    assert done.exit_code == 3
    assert [(test.name, test.message) for test in done.tests if test.verdict == "NOT EVALUATED"] == [
        ("B", "The test was planned and has no result.")
    ]


def test_a_pass_without_evidence_is_3():
    assert judged([(A.key, "PASS"), (B.key, "PASS")], [record(A, "PASS")]).exit_code == 3


def test_incomplete_goes_before_failed():
    assert judged([(A.key, "FAIL")], [record(A, "FAIL")]).exit_code == 3


@pytest.mark.parametrize("more", [{"problems": ["x"]}, {"failures": ["x"]}])
def test_problems_are_3(more):
    assert judged([(A.key, "PASS"), (B.key, "PASS")], [record(A, "PASS"), record(B, "PASS")], **more).exit_code == 3


def test_all_skipped_and_nothing_planned_are_3():
    assert judged([(A.key, "SKIP"), (B.key, "SKIP")], [record(A, "SKIP"), record(B, "SKIP")]).exit_code == 3
    assert judged([], [], plan=Plan(Path("suites"), ())).exit_code == 3


def test_more_results_than_planned_is_3():
    done = judged([(A.key, "PASS"), (A.key, "PASS"), (B.key, "PASS")], [record(A, "PASS"), record(B, "PASS")])
    assert done.problems == ["The test A (a.robot:3) has 2 results, 1 planned."]


@pytest.mark.parametrize(
    ("status", "recorded", "verdict"),
    [
        ("SKIP", "SKIP", "SKIP"),
        ("SKIP", "FAIL", "FAIL"),
        ("SKIP", "NOT EVALUATED", "NOT EVALUATED"),
        ("SKIP", "PASS", "NOT EVALUATED"),
        ("SKIP", None, "NOT EVALUATED"),
        ("PASS", "SKIP", "NOT EVALUATED"),
        ("PASS", "FAIL", "FAIL"),
        ("FAIL", "PASS", "FAIL"),
        ("FAIL", "SKIP", "FAIL"),
        ("FAIL", None, "FAIL"),
    ],
)
def test_of_robot_and_the_evidence_the_worse_counts(status, recorded, verdict):
    done = judged([(A.key, status), (B.key, "PASS")], [record(B, "PASS"), *([record(A, recorded)] if recorded else [])])
    assert done.tests[0].verdict == verdict
    assert done.exit_code == {"FAIL": 1, "NOT EVALUATED": 3, "SKIP": 0}[verdict]


def test_what_a_suites_teardown_saw_fail_is_1():
    good = [record(A, "PASS"), record(B, "PASS")]
    done = judged([(A.key, "PASS"), (B.key, "PASS")], good, suites=[{"source": "a.robot", "message": "A check failed"}])
    assert (done.exit_code, done.failures) == (1, ["a.robot: A check failed"])


def test_waivers_on_which_passes_rest_are_counted():
    done = judged([(A.key, "PASS"), (B.key, "PASS")], [record(A, "PASS") | {"waived": ["no links"]}, record(B, "PASS")])
    assert dict(done.waivers()) == {"no links": 1}


def test_a_test_that_could_leave_no_evidence_is_not_evaluated():
    plan, sentences = Plan(Path(), (A,)), "NOT EVALUATED: the evidence could not be written: Permission denied."
    done = judge(plan, [(A.key, "FAIL", sentences)], Evidence(), [])
    assert [(test.verdict, test.message) for test in done.tests] == [("NOT EVALUATED", sentences)]


def test_a_report_that_cannot_be_written_is_a_problem_of_the_run_and_leaves_nothing(tmp_path):
    class Log:
        files = ("log.html",)

        def write(self, run):
            (run.folder / "log.html").write_text("<html>cut o")
            raise OSError(28, "No space left on device")

    run = SimpleNamespace(folder=tmp_path, judgement=judged([(A.key, "PASS")], [record(A, "PASS")]))
    before = len(run.judgement.problems)
    write_all([Log()], run)
    assert run.judgement.problems[before:] == [
        f"log.html could not be written to {tmp_path} (No space left on device): make room there, or name another folder."
    ]
    assert list(tmp_path.iterdir()) == []


def test_tests_whose_calls_are_waived_saw_no_work_and_support_no_control():
    seen = [
        {**record(A, "NOT EVALUATED"), "check": "research.grounded", "waived": "calls cannot be seen", "entry": "theodore.links"}
    ]
    plan = Plan(Path("suites"), (replace(A, tags=("control:SOC2-PI1.3",)), replace(B, tags=("control:SOC2-CC6.1",))))
    results = [(A.key, "PASS", ""), (B.key, "PASS", "")]
    done = judge(plan, results, Evidence(tests=[record(A, "PASS"), record(B, "PASS")], observations=seen), [])
    assert done.without_work() == {A.key: "calls cannot be seen"}
    verdicts = {name: control["verdict"] for name, control in compliance.controls(done).items()}
    assert verdicts == {"SOC2-PI1.3": "NOT EVALUATED", "SOC2-CC6.1": "PASS"}
