"""What readiness.json says of the runs before: by the history of the folder, which knows the builds."""

import json

import jsonschema
from judged_runs import finished, judged

from theodore_qa import paths
from theodore_qa.history import entry, store
from theodore_qa.readiness import assessing
from theodore_qa.report.readiness import ReadinessReport


def test_changes_and_flaky_tests_come_from_the_history(tmp_path):
    (tmp_path / "suites/e2e").mkdir(parents=True)
    (tmp_path / "suites/e2e/a.robot").write_text("*** Test Cases ***\n", encoding="utf-8")
    runs = []
    for number, verdict in enumerate(("PASS", "FAIL", "PASS", "FAIL")):
        run = finished([judged("e2e/a.robot", "A", verdict), judged("e2e/a.robot", "B", line=2)], tmp_path, suites=tmp_path / "suites")
        run.id, run.history = f"run{number}", tmp_path / "history"
        run.environments = [{"system": "shop", "url": "http://127.0.0.1:1", "build": "7"}]
        report = ReadinessReport(assessing.demands(None, None, None))
        report.write(run)
        runs.append(json.loads((tmp_path / "readiness.json").read_text()))
        assert store.record(run.history, entry.of(run, report.assessment)) == []
    assert runs[0]["since"]["run"] is None
    assert runs[3]["since"] == {
        "run": "run2",
        "new_failures": ["A (e2e/a.robot)"],
        "fixed": [],
        "newly_not_evaluated": [],
        "changing": ["A (e2e/a.robot): passed 2, failed 2 on one build"],
    }
    assert [(test["name"], test["changes"]) for test in runs[3]["flakiest"]] == [("A", 3)]
    assert runs[3]["digests"][0]["digest"] == "7"
    assert "Flakiest tests" in (tmp_path / "readiness.html").read_text()
    declared = json.loads((paths.shipped("variables") / "readiness.schema.json").read_text())
    assert [error.message for error in jsonschema.Draft202012Validator(declared).iter_errors(runs[3])] == []
