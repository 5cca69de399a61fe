"""What passed in an earlier run and does not now."""

import json

import pytest
from judged_runs import finished, judged

from theodore_qa.errors import QaError, UsageError
from theodore_qa.pack import earlier_results
from theodore_qa.pack.earlier_results import EarlierResults
from theodore_qa.readiness import comparing
from theodore_qa.report.pack import EvidencePack
from theodore_qa.report.regression import RegressionReport
from theodore_qa.run import ledger


def compared(tmp_path, before, now):
    run = finished(
        [judged("e2e/a.robot", name, verdict, line=line) for line, (name, verdict) in enumerate(now.items())], tmp_path
    )
    earlier = comparing.verdicts(("e2e/a.robot", name, verdict) for name, verdict in before.items())
    RegressionReport(EarlierResults("r0", earlier)).write(run)
    return run, json.loads((tmp_path / "regression.json").read_text())


def test_each_test_is_what_became_of_it(tmp_path, capsys):
    before = {"A": "PASS", "B": "PASS", "C": "PASS", "D": "PASS", "E": "FAIL", "F": "NOT EVALUATED", "G": "FAIL"}
    now = {"A": "PASS", "B": "FAIL", "C": "NOT EVALUATED", "E": "PASS", "F": "PASS", "G": "FAIL", "H": "PASS"}
    run, data = compared(tmp_path, before, now)
    assert [(change["kind"], change["name"], change["now"]) for change in data["changes"]] == [
        ("better", "E (e2e/a.robot)", "PASS"),
        ("better", "F (e2e/a.robot)", "PASS"),
        ("better", "H (e2e/a.robot)", "PASS"),
        ("unknown now", "C (e2e/a.robot)", "NOT EVALUATED"),
        ("unknown now", "D (e2e/a.robot)", "not in this run"),
        ("worse", "B (e2e/a.robot)", "FAIL"),
    ]
    assert run.judgement.problems == [
        "C (e2e/a.robot) passed in r0, and has no verdict now.",
        "D (e2e/a.robot) passed in r0, and is not among the suites now.",
    ]
    printed = capsys.readouterr().out
    assert "REGRESSION: B (e2e/a.robot) passed in r0, and fails now." in printed
    assert "Regression: 1 of 4 tests that passed in r0 fail now" in printed


def test_of_rows_with_one_name_each_is_compared(tmp_path):
    run = finished([judged("e2e/a.robot", "A", verdict, line=1) for verdict in ("PASS", "FAIL", "PASS")], tmp_path)
    earlier = comparing.verdicts([("e2e/a.robot", "A", "PASS")] * 3)
    RegressionReport(EarlierResults("r0", earlier)).write(run)
    (change,) = json.loads((tmp_path / "regression.json").read_text())["changes"]
    assert (change["kind"], change["before"], change["now"]) == ("worse", "3 PASS", "1 FAIL, 2 PASS")


def test_an_earlier_run_without_a_pass_proves_nothing(tmp_path):
    run, _ = compared(tmp_path, {"A": "FAIL"}, {"A": "PASS"})
    assert run.judgement.problems == ["Regression is NOT EVALUATED: no test passed in r0."]
    assert run.exit_code == 3


def test_the_earlier_run_is_read_from_its_pack_if_that_still_holds(tmp_path):
    evidence = tmp_path / "evidence"
    ledger.started(evidence, "run-1")
    run = finished([judged("a.robot", "A")], tmp_path, suites="suites/e2e")
    run.id = "run-1"
    EvidencePack([], []).write(run)
    expected = EarlierResults("run-1", comparing.verdicts([("e2e/a.robot", "A", "PASS")]))
    assert earlier_results.read("run-1", evidence) == expected
    assert earlier_results.read(str(evidence / "run-1"), tmp_path / "other") == expected
    with pytest.raises(UsageError, match="There is no evidence pack run-2"):
        earlier_results.read("run-2", evidence)
    path = evidence / "run-1" / "results.json"
    path.write_text(path.read_text().replace("PASS", "FAIL"), encoding="utf-8")
    with pytest.raises(QaError, match=r"does not hold:\nCHANGED results.json"):
        earlier_results.read("run-1", evidence)
