"""What changed since the runs before, and which tests have both verdicts on one build."""

from dataclasses import replace

import pytest
from judged_runs import finished, judged

from theodore_qa.history import entry, store, summary


@pytest.fixture
def run(tmp_path):
    """Makes runs of suites/e2e; ``keep`` puts them into the history."""
    suites = tmp_path / "suites" / "e2e"
    suites.mkdir(parents=True)
    (suites / "a.robot").write_text("as it was")
    made = []

    def make(verdicts, build="2.0 abc", *, keep=True, reruns=(), environment="staging", suite="e2e", run_id=""):
        rows = verdicts.items() if isinstance(verdicts, dict) else verdicts
        prefix = "" if suite == "e2e" else "e2e/"
        tests = [judged(f"{prefix}a.robot", name, verdict, line=line) for line, (name, verdict) in enumerate(rows)]
        done = finished(tests, tmp_path, suites=suites if suite == "e2e" else suites.parent)
        made.append(done)
        done.environment = type(done.environment)(**vars(done.environment) | {"name": environment})
        done.environments = [{"system": "theodore", "build": build}]
        done.reruns = [judged("a.robot", name, verdict) for name, verdict in reruns]
        done = replace(done, id=run_id or f"run-{len(made)}", history=tmp_path / "history")
        if keep:
            kept = entry.of(done) | {"time": f"2026-01-01T00:00:{len(made):02}+00:00"}
            assert store.record(done.history, kept) == []
        return done

    make.file = suites / "a.robot"
    return make


def names(changes):
    return [(change["name"], change["before"], change["now"], change.get("since")) for change in changes]


def test_each_test_is_compared_with_when_it_was_last_judged(run):
    run({"A": "PASS", "B": "FAIL", "C": "PASS", "D": "PASS", "E": "FAIL"})
    run({"A": "PASS", "B": "FAIL"})  # of C, D and E nothing was said
    found = summary.of(run({"A": "FAIL", "B": "PASS", "C": "NOT EVALUATED", "D": "PASS", "E": "FAIL", "F": "FAIL"}, keep=False))
    assert names(found["new_failures"]) == [("A", "PASS", "FAIL", "run-2"), ("F", "not in this run", "FAIL", None)]
    assert names(found["fixed"]) == [("B", "FAIL", "PASS", "run-2")]
    assert names(found["newly_not_evaluated"]) == [("C", "PASS", "NOT EVALUATED", "run-1")]
    assert found["previous"]["run"] == "run-2"
    assert [point["run"] for point in found["trend"]] == ["run-1", "run-2", "run-3"]
    assert found["trend"][-1]["failed"] == 3


def test_a_run_of_all_areas_and_one_of_a_single_area_know_each_others_tests(run):
    run({"A": "PASS"})
    found = summary.of(run({"A": "FAIL"}, suite="all", keep=False))
    assert names(found["new_failures"]) == [("A", "PASS", "FAIL", "run-1")]
    assert found["previous"] is None
    assert [point["run"] for point in found["trend"]] == ["run-2"]


def test_another_environment_is_another_matter(run):
    run({"A": "PASS"}, environment="production")
    found = summary.of(run({"A": "FAIL"}, keep=False))
    assert names(found["new_failures"]) == [("A", "not in this run", "FAIL", None)]
    assert found["changing"] == []


def test_a_test_with_both_verdicts_on_one_build_is_flaky(run):
    run({"A": "PASS", "B": "PASS", "C": "NOT EVALUATED"})
    run({"A": "FAIL", "B": "PASS", "C": "PASS"})
    found = summary.of(run({"A": "PASS", "B": "PASS", "C": "PASS"}, keep=False))
    (flaky,) = found["changing"]
    assert flaky == {
        "source": "e2e/a.robot", "name": "A", "passed": 2, "failed": 1, "changes": 2, "builds": {"theodore": "2.0 abc"},
        "last": "run-3",
    }  # fmt: skip
    assert found["flakiest"] == found["changing"]


@pytest.mark.parametrize("build", ["2.0 def", ""])
def test_on_another_build_or_an_unknown_one_nothing_is_flaky(run, build):
    run({"A": "PASS"}, build)
    assert summary.of(run({"A": "FAIL"}, keep=False))["flakiest"] == []


def test_two_unknown_builds_are_not_the_same(run):
    run({"A": "PASS"}, "")
    assert summary.of(run({"A": "FAIL"}, "", keep=False))["flakiest"] == []


def test_a_test_whose_file_changed_is_not_flaky(run):
    run({"A": "PASS"})
    run.file.write_text("as it is now")
    assert summary.of(run({"A": "FAIL"}, keep=False))["flakiest"] == []


def test_two_attempts_in_one_run_are_on_one_build_even_if_nobody_knows_it(run):
    found = summary.of(run({"A": "FAIL"}, "", reruns=[("A", "PASS")], keep=False))
    assert [(test["passed"], test["failed"]) for test in found["changing"]] == [(1, 1)]
    assert names(found["new_failures"]) == [("A", "not in this run", "FAIL", None)]


def test_rows_of_one_name_with_different_verdicts_are_not_flaky(run):
    found = summary.of(run([("A", "PASS"), ("A", "FAIL")], keep=False))
    assert found["flakiest"] == []


def test_the_flakiest_test_of_the_most_comes_first(run):
    for number in range(25):
        run({f"T{name:02}": "PASS" if (number // (name + 1)) % 2 else "FAIL" for name in range(24)})
    found = summary.of(run({"T00": "PASS"}, keep=False))
    assert len(found["flakiest"]) == summary.MOST_FLAKY
    assert [test["name"] for test in found["flakiest"][:3]] == ["T00", "T01", "T02"]
    assert [test["name"] for test in found["changing"]] == ["T00"]


def test_only_the_runs_of_the_window_are_looked_at(run, monkeypatch):
    monkeypatch.setattr(summary, "WINDOW", 2)
    for verdict in ("FAIL", "PASS", "PASS"):
        run({"A": verdict})
    found = summary.of(run({"A": "PASS"}, keep=False))
    assert (found["flakiest"], len(found["trend"])) == ([], 3)


def test_without_a_history_there_is_nothing_to_say(run, tmp_path):
    done = run({"A": "PASS"}, keep=False)
    found = summary.of(replace(done, history=None), {"score": {"low": 1.0, "high": 2.0}, "label": "L"})
    assert (found["problem"], found["previous"], found["new_failures"]) == ("", None, [])
    assert [(point["low"], point["high"], point["label"]) for point in found["trend"]] == [(1.0, 2.0, "L")]
    (tmp_path / "history").mkdir()
    (tmp_path / "history" / store.FILE).write_bytes(b"nothing of a database" * 50)
    assert "is damaged or is no database" in summary.of(done)["problem"]


def test_usual_seconds_are_those_of_the_last_time(run, tmp_path):
    assert summary.usual_seconds(None) == summary.usual_seconds(tmp_path / "history") == {}
    done = run({"A": "PASS"}, keep=False)
    for number, seconds in enumerate((5.0, 2.0)):
        kept = entry.of(done) | {"run": f"run-{number}"}
        kept["tests"][0]["seconds"] = seconds
        store.record(done.history, kept)
    assert summary.usual_seconds(done.history) == {("e2e/a.robot", "A"): 2.0}
