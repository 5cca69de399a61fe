"""Reading evidence: nothing damaged or foreign is taken for granted."""

import json

import pytest

from theodore_qa.observing import evidence


def test_torn_and_foreign_records_are_problems(tmp_path):
    writer = evidence.Writer(tmp_path, "run-1")
    writer.write("test", source="a.robot", line=1, name="A", verdict="PASS", message="")
    writer.close()
    path = next((tmp_path / "run-1").glob("*.jsonl"))
    path.write_text(path.read_text() + json.dumps({"type": "test", "run": "run-0"}) + '\n{"type": "te')
    found = evidence.read(tmp_path, "run-1")
    assert len(found.tests) == 1
    assert found.problems == [
        f"The evidence file {path.name} was changed: its line 2 does not follow from the lines before it.",
        f"The evidence file {path.name} holds a record of another run, run-0: refused.",
        f"The evidence file {path.name} is damaged: its last line is torn: the process was cut off.",
    ]


def test_sources_are_relative_to_the_suite_root(tmp_path, monkeypatch):
    monkeypatch.delenv(evidence.ROOT_VARIABLE, raising=False)
    source = tmp_path / "suites" / "sub" / "a.robot"
    source.parent.mkdir(parents=True)
    source.write_text("")
    assert evidence.relative(source, tmp_path / "suites") == "sub/a.robot"
    assert evidence.relative(source, source) == "a.robot"
    assert evidence.relative(None, None) == ""


@pytest.fixture
def records(tmp_path):
    writer = evidence.Writer(tmp_path, "run-1")
    for number in range(4):
        writer.write("test", source="a.robot", line=number, name="A", verdict="FAIL", message='"seal": "x"}')
    writer.close()
    return next((tmp_path / "run-1").glob("*.jsonl"))


def test_records_that_nobody_touched_are_whole(records, tmp_path):
    assert evidence.read(tmp_path, "run-1").problems == []


@pytest.mark.parametrize(
    ("edit", "line"),
    [
        (lambda lines: [lines[0], lines[1].replace("FAIL", "PASS"), *lines[2:]], 2),
        (lambda lines: [lines[0], *lines[2:]], 2),
        (lambda lines: [lines[1], lines[0], *lines[2:]], 1),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], 3),
        (lambda lines: [*lines[:3], lines[3].replace(', "seal"', ', "other"')], 4),
        (lambda lines: [*lines, '{"type": "test", "run": "run-1", "verdict": "PASS"}'], 5),
    ],
)
def test_an_edited_line_is_named(records, tmp_path, edit, line):
    records.write_text("\n".join(edit(records.read_text().splitlines())) + "\n", encoding="utf-8")
    assert evidence.read(tmp_path, "run-1").problems == [
        f"The evidence file {records.name} was changed: its line {line} does not follow from the lines before it."
    ]
