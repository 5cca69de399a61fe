"""Two runs compared: what got worse, what has no verdict now, and what was changed around them."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner
from judged_runs import finished, judged, observation, planned

from theodore_qa.cli import main
from theodore_qa.readiness import assessing
from theodore_qa.report.readiness import ReadinessReport

GATE = '{title: T, source: s, critical: %s, measure: tests, operator: "==", threshold: 100, unit: "%%", from: {suites: [e2e]}}'
WEIGHTS = "labels: [{from: 0, label: NOT READY}]\nareas:\n  ai: {title: AI, weight: 1, suites: e2e}\n"


@pytest.fixture
def run(tmp_path):
    """Writes the readiness.json of a run, and returns its folder."""

    def write(name, tests, critical="true", **more):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "gates.yaml").write_text("gates:\n  passed: " + GATE % critical + "\n")
        (folder / "weights.yaml").write_text(WEIGHTS)
        held_to = assessing.demands(folder / "gates.yaml", folder / "weights.yaml", None, ())
        ReadinessReport(held_to).write(replace(finished(tests, folder, **more), id=name))
        return folder

    return write


def compare(*arguments):
    done = CliRunner().invoke(main, ["compare", *map(str, arguments)])
    return done.exit_code, done.output.splitlines()


def test_a_test_that_fails_now_is_worse(run):
    before = run("before", [judged("e2e/a.robot", "A"), judged("e2e/a.robot", "B", line=5)])
    now = run("now", [judged("e2e/a.robot", "A", "FAIL"), judged("e2e/a.robot", "B", line=9)])
    code, lines = compare(before, now)
    assert code == 1
    assert lines[0] == "worse        test A (e2e/a.robot): PASS -> FAIL"
    assert "worse        gate passed: PASS -> FAIL" in lines
    assert lines[-1].startswith("From before to now: 2 worse, 0 unknown now,")
    assert not [line for line in lines if "test B" in line]


@pytest.mark.parametrize(
    ("tests", "more", "became"),
    [
        ([judged("e2e/a.robot", "A", "NOT EVALUATED")], {}, "NOT EVALUATED"),
        ([], {}, "not in this run"),
        ([], {"deselected": [planned("e2e/a.robot", "A")]}, "NOT SELECTED"),
    ],
)
def test_what_passed_and_has_no_verdict_now_is_unknown(run, tests, more, became):
    rest = [judged("e2e/a.robot", "B", "FAIL", line=5)]
    code, lines = compare(run("before", [judged("e2e/a.robot", "A"), *rest]), run("now", [*tests, *rest], **more))
    assert code == 3
    assert lines[0] == f"unknown now  test A (e2e/a.robot): PASS -> {became}"


def test_what_got_better_and_what_is_new_is_no_failure(run):
    before = run("before", [judged("e2e/a.robot", "A", "FAIL")])
    code, lines = compare(before, run("now", [judged("e2e/a.robot", "A"), judged("e2e/a.robot", "B", "FAIL", line=5)]))
    assert code == 0
    assert "better       test A (e2e/a.robot): FAIL -> PASS" in lines
    assert "changed      test B (e2e/a.robot): not in this run -> FAIL" in lines


def test_of_rows_with_one_name_each_counts(run):
    rows = [judged("e2e/a.robot", "A", line=line) for line in (1, 2, 3)]
    code, lines = compare(run("before", rows), run("now", [*rows[:2], judged("e2e/a.robot", "A", "FAIL", line=3)]))
    assert (code, lines[0]) == (1, "worse        test A (e2e/a.robot): 3 PASS -> 1 FAIL, 2 PASS")


def test_a_changed_demand_is_named_with_its_file(run):
    tests = [judged("e2e/a.robot", "A")]
    code, lines = compare(run("before", tests), run("now", tests, critical="false"))
    assert code == 0
    assert "changed      gate passed, critical: yes -> no" in lines
    assert [line for line in lines if line.startswith("changed      file gates.yaml: SHA-256 ")]


def test_the_changes_are_written_as_json(run, tmp_path):
    before = run("before", [judged("e2e/a.robot", "A")])
    compare(before, run("now", [judged("e2e/a.robot", "A", "FAIL")]), "--output", tmp_path / "changes.json")
    written = json.loads((tmp_path / "changes.json").read_text())
    assert (written["before"], written["now"]) == ("before", "now")
    assert written["changes"][0] == {
        "kind": "worse", "of": "test", "name": "A (e2e/a.robot)", "before": "PASS", "now": "FAIL",
    }  # fmt: skip


def test_what_cannot_be_compared_is_a_sentence(run, tmp_path):
    folder = run("before", [judged("e2e/a.robot", "A")])
    assert compare(folder, folder) == (2, ["Error: Both are the run before: name two runs."])
    code, lines = compare(folder, tmp_path / "missing")
    assert (code, lines[0]) == (
        2, f"Error: There is no readiness.json at {tmp_path / 'missing'}: name that file or the folder of results that holds it.",
    )  # fmt: skip
    file = run("now", [judged("e2e/a.robot", "A", "FAIL")]) / "readiness.json"
    file.write_text(file.read_text().replace('"FAIL"', '"PASS"'))
    code, lines = compare(folder, file)
    assert code == 2
    assert lines[0].startswith(f"Error: The file {file} was changed after its run: ")
    file.write_text("{}")
    assert compare(folder, file)[0] == 2


def test_a_control_that_is_contradicted_now_is_worse_and_one_that_is_open_now_is_unknown(run):
    elsewhere = {"suites": "own/suites"}  # of which the folders beside the catalogue say nothing
    tags = ["control:SOC2-A1.1"]
    passed, failed = judged("e2e/a.robot", "A", tags=tags), judged("e2e/a.robot", "A", "FAIL", tags=tags)
    seen = [observation(passed, "c", "x")]
    before = run("before", [passed], observations=seen, **elsewhere)
    code, lines = compare(before, run("now", [failed], **elsewhere))
    assert code == 1
    assert "worse        control SOC2-A1.1: SUPPORTED -> CONTRADICTED" in lines
    code, lines = compare(before, run("hollow", [passed], **elsewhere))
    assert (code, lines[0]) == (3, "unknown now  control SOC2-A1.1: SUPPORTED -> NOT EVALUATED")
