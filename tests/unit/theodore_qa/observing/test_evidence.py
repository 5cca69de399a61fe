"""Reading evidence: nothing damaged or foreign is taken for granted."""

import json

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
