"""A run that is stopped, breaks off or is killed stands in ledger, history and page, and whoever asks gets its alert, once."""

import json
import os
import signal
import sqlite3
import subprocess
import sys

import pytest
from shop import shop
from starlette.responses import JSONResponse
from starlette.routing import Route
from waiting import until

RUN = ("test", "api", "--environment", "shop.yaml", "--no-parallel")
COMMAND = [sys.executable, "-c", "from theodore_qa.cli import main; main()", *RUN]


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A shop whose webhook keeps what it is sent."""
    got = []

    async def take(request):
        got.append(await request.json())
        return JSONResponse({})

    monkeypatch.setattr("shop.Shop.more_routes", [Route("/hook", take, methods=["POST"])], raising=False)
    with shop(tmp_path) as made:
        made.suite(("Pens Are Sold", "pens"))
        (tmp_path / "variables").mkdir()
        (tmp_path / "variables/alerts.yaml").write_text("alerts: [{name: hook, kind: webhook, url_env: HOOK}]")
        made.got = got
        yield made


def states(folder):
    with sqlite3.connect(folder / "results/history/history.sqlite") as database:
        return [state for (state,) in database.execute("SELECT state FROM runs ORDER BY time")]


def stopped(store, environment, number, there):
    """A run whose test waits without end, stopped by a signal as soon as something is there."""
    suite = store.suite(("Pens Are Sold", "pens"))
    suite.write_text(suite.read_text() + "    WHILE    True    limit=600s\n        Get Response Field    GET /items/pens    state\n    END\n")
    process = subprocess.Popen(
        COMMAND,
        cwd=store.folder,
        env=environment | {"HOOK": f"{store.url}/hook"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509  # no threads here
    )
    until(lambda: list(store.folder.glob(there)), there)
    os.kill(process.pid, number)
    console, _ = process.communicate(timeout=300)
    store.suite(("Pens Are Sold", "pens"))
    return process.returncode, console


@pytest.mark.parametrize(
    ("number", "there", "why", "state"),
    [
        (signal.SIGTERM, "results/evidence/*/*.jsonl", "The run was stopped by SIGTERM.", "tested"),
        (signal.SIGINT, "results/.work-*", "The command was stopped by SIGINT.", "aborted: The command was stopped by SIGINT."),
        (signal.SIGKILL, "results/evidence/*/*.jsonl", "", "aborted: it did not end: its process was killed"),
    ],
)
def test_it_is_known_and_said_once(store, clean_environment, theodore, number, there, why, state):
    code, console = stopped(store, clean_environment, number, there)
    assert code == (-signal.SIGKILL if number == signal.SIGKILL else 3), console
    assert why in console
    assert ("ALERT: hook (webhook): sent (aborted)." in console) == (number != signal.SIGKILL), console
    hook = {"HOOK": f"{store.url}/hook"}
    more = 2 if number == signal.SIGKILL else 1
    done = [theodore(*RUN, env=hook) for _ in range(more)]
    assert [run.returncode for run in done] == [0] * more, done[0].stdout + done[0].stderr
    assert ["ALERT: hook" in run.stdout for run in done] == [number == signal.SIGKILL, False][:more]
    assert len(store.got) == 1
    assert store.got[0]["facts"]["aborted"]
    assert states(store.folder) == [state, *["tested"] * more]
    data = json.loads((store.folder / "results/readiness.json").read_text())
    assert [point.get("state", "tested") for point in data["trend"]] == [state, "tested"][:more]
    assert state == "tested" or state in (store.folder / "results/readiness.html").read_text()
    if number == signal.SIGKILL:
        assert theodore("evidence", "verify", "results/evidence").returncode == 0


def test_a_judged_output_stands_in_the_history_once_and_as_judged(store, theodore):
    assert theodore(*RUN, env={"HOOK": "http://127.0.0.1:1"}).returncode == 0
    judge = ("judge", "results/output.xml", "--results")
    again = theodore(*judge, "results")
    assert "stands there as tested already: it is not counted twice." in again.stdout
    assert states(store.folder) == ["tested"]
    for sentence in ("stands there as judged.", "stands there as judged already: it is not counted twice."):
        done = theodore(*judge, "elsewhere")
        assert done.returncode == 0, done.stdout + done.stderr
        assert sentence in done.stdout
    with sqlite3.connect(store.folder / "elsewhere/history/history.sqlite") as database:
        assert database.execute("SELECT state, passed FROM runs").fetchall() == [("judged", 1)]
