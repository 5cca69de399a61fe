"""What runs leave for those that follow: verdicts by build, second attempts, and tests in quarantine."""

import json
import sqlite3

import pytest
from shop import shop

RUN = ("test", "api", "--environment", "shop.yaml", "--no-parallel")


@pytest.fixture
def store(tmp_path):
    with shop(tmp_path) as made:
        made.suite(("Pens Are Sold", "pens"), ("Ink Is Sold", "ink"))
        yield made


def result_of(folder, name):
    from robot.api import ExecutionResult

    return next(test for test in ExecutionResult(folder / "results" / "output.xml").suite.all_tests if test.name == name)


def test_a_second_attempt_stands_beside_the_first_which_counts(theodore, store, tmp_path):
    store.states["ink"] = ["sold out", "ok"]
    done = theodore(*RUN, "--rerun-failed")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "RERUN: Ink Is Sold (orders.robot): FAIL, then PASS; the first attempt counts." in done.stdout
    assert "FLAKY: Ink Is Sold (api/orders.robot) passed 1 times and failed 1 times on one build." in done.stdout
    assert "1 PASS, 1 FAIL, 0 NOT EVALUATED" in done.stdout
    test = result_of(tmp_path, "Ink Is Sold")
    assert (test.status, "RERUN" in test.tags) == ("FAIL", True)
    assert test.message.endswith("RERUN: FAIL, then PASS; the first attempt counts.")
    assert "Ink Is Sold" in (tmp_path / "results" / "rerun.html").read_text()
    (pack,) = (path.parent for path in tmp_path.glob("results/evidence/*/manifest.sha256"))
    assert list(pack.glob("attempt-2/*.jsonl"))
    assert "attempt-2/output.xml" in (pack / "manifest.sha256").read_text()
    rows = "SELECT name, attempt, verdict, builds FROM verdicts JOIN tests ON test = tests.number JOIN runs ON runs.number = verdicts.run"
    with sqlite3.connect(tmp_path / "results" / "history" / "history.sqlite") as database:
        found = sorted(row[:3] for row in database.execute(rows))
        (builds,) = {row[3] for row in database.execute(rows)}
    assert found == [("Ink Is Sold", 1, "FAIL"), ("Ink Is Sold", 2, "PASS"), ("Pens Are Sold", 1, "PASS")]
    assert json.loads(builds) == {"shop": "1.4.2"}

    quarantine = "quarantine: [{file: api/orders.robot, test: Ink Is Sold, reason: stock is counted late, owner: me, until: '%s'}]"
    path = tmp_path / "variables" / "quarantine.yaml"
    path.parent.mkdir()
    path.write_text(quarantine % "2999-01-01")
    store.states["ink"] = ["sold out"]
    why = "stock is counted late (owner me, until 2999-01-01)"
    (path.parent / "alerts.yaml").write_text("alerts: [{name: hook, kind: webhook, about: [failure], url_env: HOOK}]")
    hook = f"{store.url}/secret-path-of-the-hook"  # where nothing takes a POST
    done = theodore(*RUN, "--allow-quarantined", env={"HOOK": hook})
    assert done.returncode == 0, done.stdout
    assert "ALERT: hook (webhook): not sent: it answered 404. It is kept in " in done.stdout
    assert not [file for file in tmp_path.rglob("results/**/*.*") if b"secret-path-of-the-hook" in file.read_bytes()]
    assert f"QUARANTINED: Ink Is Sold (orders.robot) failed, which does not decide the exit code: {why}" in done.stdout
    assert "1 PASS, 1 FAIL, 0 NOT EVALUATED" in done.stdout
    test = result_of(tmp_path, "Ink Is Sold")
    assert (test.status, test.message.endswith(f"QUARANTINED: {why}")) == ("FAIL", True)
    assert json.loads((tmp_path / "results" / "readiness.json").read_text())["sentence"].startswith("This cannot go live")
    path.write_text(quarantine % "2026-01-01")
    done = theodore(*RUN)
    assert (done.returncode, "ended on 2026-01-01: repair the test" in done.stderr) == (2, True)
