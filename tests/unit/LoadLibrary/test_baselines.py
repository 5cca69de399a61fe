"""Baselines are kept by benchmark, with the kind of machine and without its name."""

import json
import platform

import pytest

from LoadLibrary import baselines
from theodore_qa import paths
from theodore_qa.errors import UsageError


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "project", lambda: tmp_path)
    monkeypatch.setenv(baselines.BUILD, "abc123")
    return tmp_path


def test_entries_follow_each_other(project):
    assert baselines.read("Single research") == []
    baselines.update("Single research", baselines.entry([0.1, 0.3]))
    path = baselines.update("Single research", baselines.entry([0.2, 0.4, 0.6]))
    assert path == project / "variables" / "baselines" / "single_research.json"
    first, second = baselines.read("Single research")
    assert (first["mean"], first["n"], second["median"], second["n"], second["build"]) == (0.2, 2, 0.4, 3, "abc123")
    assert first["machine"] == second["machine"] == baselines.machine()
    assert [file.name for file in path.parent.iterdir()] == ["single_research.json"]


def test_no_machine_is_named(project):
    text = baselines.update("a", baselines.entry([1.0, 1.0])).read_text()
    assert platform.node() not in text
    assert str(project) not in text


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"mean": "fast"}]', "[", '[{"moment": "m", "machine": "m"}]'])
def test_a_file_that_holds_something_else_is_no_baseline(text):
    baselines.update("a", baselines.entry([1.0, 1.0])).write_text(text)
    with pytest.raises(UsageError, match=r"The baseline in a.json holds no entries of a benchmark"):
        baselines.read("a")


def test_a_name_leads_nowhere_else(project):
    assert baselines.file_of("../../etc/passwd").parent == project / "variables" / "baselines"
    assert json.dumps(baselines.file_of("../../etc/passwd").name) == '"etc_passwd.json"'
