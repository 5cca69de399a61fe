"""The promises in the results of a run."""

import json
from types import SimpleNamespace

from theodore_qa import paths
from theodore_qa.report.promises import PromisesReport

PING = {
    "source": "promises/access.robot",
    "name": "Public Ping",
    "check": "api.status",
    "subject": "GET /ping",
    "expected": "200",
    "observed": "200",
    "verdict": "PASS",
    "precondition": False,
}


def run(tmp_path, suites, observations=(PING,)):
    judgement = SimpleNamespace(observations=list(observations))
    return SimpleNamespace(folder=tmp_path, suites=suites, id="r1", judgement=judgement)


def test_the_total_is_printed_and_the_matrix_written(tmp_path, capsys):
    done = run(tmp_path, paths.shipped("suites").resolve() / "e2e")
    assert PromisesReport("theodore").write(done) == [tmp_path / "coverage.json", tmp_path / "coverage.html"]
    assert capsys.readouterr().out.startswith("Promises: 1 of ")
    assert json.loads((tmp_path / "coverage.json").read_text())["runs"] == ["r1"]


def test_each_system_has_its_own_file_where_its_suites_ran(tmp_path, capsys):
    suites = paths.shipped("suites").resolve() / "e2e"
    cell = PING | {"source": "promptcraft/roles.robot", "name": "Viewer", "check": "roles.cell", "subject": "viewer"}
    cell |= {"expected": "status 403 for GET /api/v4/admin/users", "observed": "status 403"}
    assert PromisesReport("promptcraft").write(run(tmp_path, suites)) == []
    assert PromisesReport("theodore").write(run(tmp_path, suites, (cell,))) == []
    expected = [tmp_path / "coverage-promptcraft.json", tmp_path / "coverage-promptcraft.html"]
    assert PromisesReport("promptcraft").write(run(tmp_path, suites, (cell,))) == expected
    assert capsys.readouterr().out.startswith("Promises: 1 of ")
    assert {path.name for path in expected} <= set(PromisesReport.files)


def test_other_suites_and_systems_and_runs_without_an_observation_have_none(tmp_path):
    suites = paths.shipped("suites").resolve() / "e2e"
    assert PromisesReport("theodore").write(run(tmp_path, tmp_path)) == []
    assert PromisesReport("shop").write(run(tmp_path, suites)) == []
    assert PromisesReport("theodore").write(run(tmp_path, suites, ())) == []
