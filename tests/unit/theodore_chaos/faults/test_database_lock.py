import sqlite3
from types import SimpleNamespace

import pytest

from theodore_chaos.errors import FaultUnavailableError
from theodore_chaos.faults import KINDS, workers

KIND = KINDS["database_lock"]


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "store?.db"  # a name that an address would read otherwise
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE people (name TEXT)")
    return path


def record(path):
    parameters = {"path": str(path)}
    return SimpleNamespace(
        id="f1", kind="database_lock", parameters=parameters, original=KIND.capture(parameters), worker=None, exposure={}
    )


def read(path):
    connection = sqlite3.connect(path, timeout=0)
    try:
        return connection.execute("SELECT count(*) FROM people").fetchone()
    finally:
        connection.close()


def test_nobody_reads_a_locked_database_until_it_is_undone(database):
    lock = record(database)
    KIND.inject(lock)
    try:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            read(database)
        assert (KIND.intact(lock), KIND.restored(lock), KIND.exposure(lock)["databases"]) == ("", False, 1)
    finally:
        KIND.undo(lock)
    assert KIND.restored(lock)
    assert read(database) == (0,)
    KIND.undo(lock)


def test_a_lock_that_somebody_took_away_is_said(database):
    lock = record(database)
    KIND.inject(lock)
    KIND.undo(lock)
    assert KIND.intact(lock).startswith("the process that kept the fault up")


def test_a_lock_of_somebody_else_is_said(database, monkeypatch):
    monkeypatch.setattr(workers, "_start", unavailable)
    with pytest.raises(FaultUnavailableError, match="somebody else keeps a lock of the database"):
        KIND.inject(record(database))


def unavailable(_):
    raise FaultUnavailableError("the worker of database_lock did not start")


def write_ahead(path):
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE people (name TEXT)")
    connection.close()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "there is no SQLite database "),
        (lambda path: path.write_text("a,b"), "there is no SQLite database "),
        (lambda path: path.write_bytes(b"SQLite format 3\0"), "there is no SQLite database "),
        (write_ahead, "has a write-ahead log, whose readers no lock keeps out"),
    ],
)
def test_what_cannot_be_locked_is_said(tmp_path, make, reason):
    path = tmp_path / "other.db"
    make(path)
    with pytest.raises(FaultUnavailableError, match=reason):
        KIND.capture({"path": str(path)})
