"""What a verdict rests on beside its tests, and what earlier runs say: half files say nothing, and say so."""

import json

import pytest
from judged_runs import finished, judged

from theodore_qa import revision
from theodore_qa.readiness import background, earlier_runs
from theodore_qa.readiness.located import LocatedTest

STATE = {"product": "1", "commit": "abc", "commit_is_dirty": False}
MUTANTS = [("Killed", "sessions > A"), ("Killed", "other > B"), ("Survived", ""), ("Timeout", ""), ("RuntimeError", ""), ("Ignored", "")]


@pytest.fixture
def suites(tmp_path, monkeypatch):
    """The folder of suites of a project of a known commit."""
    monkeypatch.setattr(revision, "state", lambda: STATE)
    folder = tmp_path / "suites"
    for name in ("e2e/sessions.robot", "e2e/exports.robot"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("*** Test Cases ***\n")
    return folder


def proofs(results, suites, change=()):
    """The figures of traffic and source, as the proofs write them."""
    (results / "traffic").mkdir(parents=True)
    of = revision.of_suites(suites.rglob("*.robot")) | dict(change)
    traffic = {"of": of, "scores": {"sessions": [9, 10], "exports": [1, 10]}}
    mutants = [{"status": status, "killedBy": [by]} for status, by in MUTANTS]
    (results / "traffic/sensitivity.json").write_text(json.dumps(traffic))
    (results / "mutation.json").write_text(json.dumps({"config": of, "files": {"a.py": {"mutants": mutants}}}))


def test_mutants_count_for_the_suites_of_the_run_alone(tmp_path, suites):
    proofs(tmp_path / "results", suites)
    own = ["e2e/sessions.robot", "e2e/other.robot"]
    found = background.mutants(tmp_path / "results", own, suites)
    assert (found["killed"], found["tried"], list(found["suites"])) == (9, 10, ["e2e/sessions.robot"])
    source = background.source_mutants(tmp_path / "results", own[:1], suites)
    assert (source["verdict"], source["killed"], source["tried"]) == ("OBSERVED", 2, 4)
    assert source["suites"] == {"e2e/sessions.robot": {"killed": 1, "tried": 4}}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"commit": "abd"}, "is of another commit (abd, now abc)"),
        ({"commit": None}, "is of another commit (unknown, now abc)"),
        ({"product": "0"}, "is of another version of the product (0, now 1)"),
        ({"commit_is_dirty": True}, "is not known to be of this state: files are not as in the commit"),
        ({"suites": {"sessions": "0" * 64}}, "is of other suites (sessions)"),
        ({"suites": None}, "does not say of which commit and suites it is"),
    ],
)
def test_mutants_of_another_state_are_not_evaluated(tmp_path, suites, change, reason):
    proofs(tmp_path / "results", suites, change)
    for find in (background.mutants, background.source_mutants):
        found = find(tmp_path / "results", ["e2e/sessions.robot"], suites)
        assert (found["verdict"], found["tried"]) == ("NOT EVALUATED", 0)
        assert reason in found["reason"]


@pytest.mark.parametrize("text", ["", "[]", '{"scores": {}}', '{"scores": {"a": 3}}', '{"scores": {"b": [1, 2]}}'])
def test_without_mutants_of_these_suites_nothing_is_said_of_them(tmp_path, text):
    for name in ("sensitivity.json", "mutation.json"):
        (tmp_path / name).write_text(text)
    found = background.mutants(tmp_path, ["e2e/a.robot"])
    assert (found["verdict"], found["tried"]) == ("NOT EVALUATED", 0)
    assert found["reason"].startswith("no sensitivity.json beside these results has mutants of these suites")
    assert background.source_mutants(tmp_path, ["e2e/a.robot"])["verdict"] == "NOT EVALUATED"


def test_the_pyramid_follows_the_names_in_junit_files(tmp_path):
    unit, other, coverage = tmp_path / "a.xml", tmp_path / "e2e.xml", tmp_path / "coverage.xml"
    unit.write_text('<testsuites><testsuite name="pytest"><testcase classname="tests.unit.x"/><testcase classname="tests.integration.y"/></testsuite></testsuites>')
    other.write_text('<testsuite><testcase classname="z"/><testcase classname="z"/></testsuite>')
    coverage.write_text("<coverage/>")
    found = background.pyramid([unit, other, coverage], planned=6)
    assert [(level["level"], level["tests"], level["share"]) for level in found] == [
        ("unit", 1, 0.1), ("integration", 1, 0.1), ("end to end", 2, 0.2), ("this run", 6, 0.6),
    ]
    assert background.pyramid([coverage, tmp_path / "gone.xml"], planned=6) == []


def test_digests_say_what_was_not_observed(tmp_path):
    run = finished([], tmp_path)
    assert background.digests(run, {})[0]["digest"].startswith("NOT EVALUATED")
    run.environments = [{"system": "shop", "url": "http://127.0.0.1:1", "proof": {"value": "build-7"}}] * 2
    assert [entry["digest"] for entry in background.digests(run, {}) if entry["of"].startswith("system")] == ["build-7"]


def test_seeds_are_those_of_the_options():
    assert background.seeds(["--variable", "SEED:501", "--variable=SEED:7", "--variable", "OTHER:SEED"]) == ["501", "7"]


def earlier(folder, run, verdict, *, area="", **change):
    tests = [{"source": f"e2e/{area}a.robot", "name": "A", "verdict": verdict}]
    data = {"run": run, "score": None, "tests_by_verdict": {verdict: 1}, "tests": tests, "tests_of_no_area": []} | change
    path = folder / run / "artefacts/readiness.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(data), encoding="utf-8")


def test_earlier_runs_of_these_tests_are_read_and_damaged_ones_left_out(tmp_path):
    for run, verdict in (("1", "PASS"), ("2", "FAIL"), ("3", "PASS"), ("now", "FAIL")):
        earlier(tmp_path, run, verdict)
    earlier(tmp_path, "other", "PASS", area="x")
    (tmp_path / "4/artefacts").mkdir(parents=True)
    (tmp_path / "4/artefacts/readiness.json").write_text('{"run": "4", "tests": [')
    for run, change in (("5", {"score": "high"}), ("6", {"score": {"low": 1, "high": 900}}), ("7", {"tests_by_verdict": {"PASS": "<b>"}})):
        earlier(tmp_path, run, "PASS", **change)
    test = judged("a.robot", "A", "FAIL")
    before = earlier_runs.read(tmp_path, "now", [LocatedTest(test.key, "e2e/a.robot", (), "FAIL")])
    assert [data["run"] for data in before] == ["1", "2", "3"]
    since = earlier_runs.since(before, {("e2e/a.robot", "A"): "FAIL"})
    assert (since["run"], since["new_failures"]) == ("3", ["A (e2e/a.robot)"])
    assert since["changing"] == ["A (e2e/a.robot): PASS → FAIL → PASS → FAIL"]
    assert earlier_runs.since(before, {("e2e/a.robot", "A"): "NOT EVALUATED"})["newly_not_evaluated"] == ["A (e2e/a.robot)"]
    assert earlier_runs.since([], {})["run"] is None
