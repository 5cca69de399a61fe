"""The history file: written by many at once, and never at the cost of what stands there."""

import json
import sqlite3
import subprocess
import sys

import pytest

from theodore_qa.history import store

WRITER = """
import sys
from pathlib import Path
from theodore_qa.history import store
folder, process = Path(sys.argv[1]), sys.argv[2]
entry = {entry!r}
for number in range(8):
    own = entry | {{"run": f"{{process}}-{{number}}"}}
    for problem in store.record(folder, own):
        print(problem)
"""


def entry(run="run-1", **more):
    test = {"source": "e2e/a.robot", "name": "A", "attempt": 1, "verdict": "PASS", "seconds": 0.5, "digest": "d"}
    figures = {"passed": 1, "failed": 0, "not_evaluated": 0, "skipped": 0, "not_selected": 0, "exit_code": 0, "seconds": 1.0}
    where = {"time": "2026-01-01T00:00:00+00:00", "environment": "staging", "root": "e2e", "profile": "quick", "builds": {"t": "1"}}
    score = {"low": 10.0, "high": 90.0, "label": None}
    return {"run": run, **where, **figures, **score, "gates": [{"id": "g", "verdict": "PASS"}], "tests": [test], **more}


def runs(folder):
    with store.reading(folder) as database:
        return [run for (run,) in database.execute("SELECT run FROM runs ORDER BY number")]


def test_processes_that_write_at_once_lose_nothing(tmp_path):
    command = [sys.executable, "-c", WRITER.format(entry=entry()), str(tmp_path)]
    started = [subprocess.Popen([*command, name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for name in "abc"]
    printed = [process.communicate(timeout=120)[0] for process in started]
    assert printed == [""] * 3
    assert sorted(runs(tmp_path)) == sorted(f"{name}-{number}" for name in "abc" for number in range(8))
    with store.reading(tmp_path) as database:
        assert database.execute("SELECT count(*) FROM verdicts").fetchone() == (24,)
    assert list((tmp_path / store.WAITING).iterdir()) == []


def test_a_run_that_is_recorded_twice_stands_once(tmp_path):
    assert store.record(tmp_path, entry()) == store.record(tmp_path, entry(passed=5)) == []
    with store.reading(tmp_path) as database:
        assert database.execute("SELECT run, passed FROM runs").fetchall() == [("run-1", 1)]
        assert database.execute("SELECT count(*) FROM verdicts").fetchone() == (1,)


def test_rows_of_one_name_are_all_kept(tmp_path):
    tests = [entry()["tests"][0] | {"verdict": verdict} for verdict in ("PASS", "FAIL", "PASS")]
    store.record(tmp_path, entry(tests=tests))
    with store.reading(tmp_path) as database:
        assert database.execute("SELECT place, verdict FROM verdicts").fetchall() == [(0, "PASS"), (1, "FAIL"), (2, "PASS")]


def foreign(path):
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE bookmarks (url TEXT)")


def of_a_later_version(path):
    store.record(path.parent, entry("run-0"))
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")


def cut_off(path):
    store.record(path.parent, entry("run-0", tests=[entry()["tests"][0] | {"name": f"T{number}"} for number in range(500)]))
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path.write_bytes(path.read_bytes()[:20_000])


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda path: path.write_bytes(b"no database at all" * 100), "is damaged or is no database"),
        (foreign, "is a database of something else: it was left as it is"),
        (of_a_later_version, "has version 99, and this product reads 2"),
        (cut_off, "is damaged or is no database"),
    ],
)
def test_a_file_that_is_no_history_is_left_as_it_is_and_the_run_waits(tmp_path, spoil, sentence):
    path = tmp_path / store.FILE
    spoil(path)
    before = path.read_bytes()
    (problem,) = store.record(tmp_path, entry("run-9"))
    assert sentence in problem
    assert problem.endswith(f"This run waits in {tmp_path / store.WAITING / 'run-9.json'}; a later run brings it in.")
    assert path.read_bytes() == before
    for leftover in tmp_path.glob(f"{store.FILE}*"):
        leftover.rename(leftover.with_name(f"aside-{leftover.name}"))
    assert store.record(tmp_path, entry("run-10")) == []
    assert sorted(runs(tmp_path)) == ["run-10", "run-9"]


def test_an_empty_file_becomes_a_history(tmp_path):
    (tmp_path / store.FILE).touch()
    with store.reading(tmp_path) as database:
        assert database is None
    assert store.record(tmp_path, entry()) == []
    assert runs(tmp_path) == ["run-1"]


def test_a_locked_history_keeps_the_run_waiting(tmp_path, monkeypatch):
    store.record(tmp_path, entry("run-0"))
    monkeypatch.setattr(store, "LOCKED_FOR", 0.05)
    with sqlite3.connect(tmp_path / store.FILE, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        (problem,) = store.record(tmp_path, entry("run-1"))
        assert "cannot be used now (database is locked)" in problem
        other.execute("ROLLBACK")
    assert store.record(tmp_path, entry("run-2")) == []
    assert sorted(runs(tmp_path)) == ["run-0", "run-1", "run-2"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"run": 1}', json.dumps(entry("x", tests=[{"source": "a"}]))])
def test_a_waiting_file_that_is_none_is_named_and_the_others_come_in(tmp_path, text):
    waiting = tmp_path / store.WAITING
    waiting.mkdir()
    (waiting / "broken.json").write_text(text)
    (problem,) = store.record(tmp_path, entry())
    assert problem.startswith(f"The run in {waiting / 'broken.json'} cannot be brought into the history")
    assert runs(tmp_path) == ["run-1"]
    assert (waiting / "broken.json").read_text() == text


def test_values_that_do_not_fit_their_columns_are_named(tmp_path):
    (problem,) = store.record(tmp_path, entry(environment=None))
    assert "cannot be brought into the history" in problem
    assert store.record(tmp_path, entry("run-2")) == [problem]
    assert runs(tmp_path) == ["run-2"]


def test_a_history_of_the_first_version_gets_the_state_of_its_runs(tmp_path):
    store.record(tmp_path, entry("run-1"))
    with sqlite3.connect(tmp_path / store.FILE) as database:
        database.execute("ALTER TABLE runs DROP COLUMN state")
        database.execute(f"PRAGMA user_version = {store.FIRST}")
    assert store.known(tmp_path, "run-1") == "tested"
    assert store.record(tmp_path, entry("run-2") | {"state": "judged"}) == []
    assert [store.known(tmp_path, run) for run in ("run-1", "run-2", "run-3")] == ["tested", "judged", ""]


def test_a_run_that_is_there_is_not_counted_twice(tmp_path):
    for state in ("tested", "judged"):
        assert store.record(tmp_path, entry("run-1") | {"state": state}) == []
    assert (runs(tmp_path), store.known(tmp_path, "run-1")) == (["run-1"], "tested")
