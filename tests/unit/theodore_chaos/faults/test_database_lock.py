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


def record(path, hold="everything"):
    parameters = {"url": path} if "://" in str(path) else {"path": str(path)}
    parameters |= {"hold": hold}
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


def added(path):
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        return connection.execute("INSERT INTO people VALUES ('Ann')").rowcount
    finally:
        connection.close()


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_held_writes_leave_what_is_there_to_be_read(database, journal):
    with sqlite3.connect(database) as connection:
        connection.execute(f"PRAGMA journal_mode={journal}")
    connection.close()
    lock = record(database, "writes")
    KIND.inject(lock)
    try:
        assert read(database) == (0,)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            added(database)
    finally:
        KIND.undo(lock)
    assert added(database) == 1


@pytest.fixture
def server(postgresql):
    """A database with tables in a schema of its own, and its URL as libpq takes it."""
    psycopg = pytest.importorskip("psycopg")
    plain = postgresql.replace("+psycopg", "")
    with psycopg.connect(plain) as connection:
        connection.execute('CREATE SCHEMA shop CREATE TABLE people (name TEXT) CREATE TABLE "odd name" (name TEXT)')
        connection.execute("CREATE TABLE public.elsewhere (name TEXT)")
    return f"{plain}?options=-csearch_path%3Dshop"


def ran(url, statement):
    """What became of a statement that waits for no lock: the rows, or the error."""
    import psycopg

    with psycopg.connect(url) as connection:
        connection.execute("SET lock_timeout = '100ms'")
        try:
            return connection.execute(statement).rowcount
        except psycopg.errors.LockNotAvailable:
            return "locked"


READ, WRITE, ELSEWHERE = "SELECT * FROM people", "INSERT INTO people VALUES ('Ann')", "INSERT INTO public.elsewhere VALUES ('Bo')"


@pytest.mark.needs("postgresql")
@pytest.mark.parametrize(("hold", "reads"), [("everything", "locked"), ("writes", 0)])
def test_the_tables_of_a_postgresql_database_are_held(server, hold, reads):
    lock = record(server, hold)
    KIND.inject(lock)
    try:
        assert (ran(server, READ), ran(server, WRITE), ran(server, ELSEWHERE)) == (reads, "locked", 1)
        assert (KIND.intact(lock), KIND.restored(lock)) == ("", False)
        assert {name: KIND.exposure(lock)[name] for name in ("databases", "tables")} == {"databases": 1, "tables": 2}
    finally:
        KIND.undo(lock)
    assert KIND.restored(lock)
    assert released(server)
    assert ran(server, WRITE) == 1


def released(url):
    """Whether nobody holds a table of the database any more, which the server sees when the connection ends."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET lock_timeout = '10s'")
        connection.execute("SELECT * FROM people")
    return True


@pytest.mark.needs("postgresql")
def test_sessions_that_wait_for_a_held_table_are_counted(server):
    import psycopg

    lock = record(server)
    KIND.inject(lock)
    try:
        with psycopg.connect(server) as connection:
            connection.execute("SET lock_timeout = '2s'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                connection.execute(READ)
    finally:
        KIND.undo(lock)
    assert KIND.exposure(lock)["waiting_sessions"] == 1


@pytest.mark.needs("postgresql")
def test_what_cannot_be_locked_at_a_server_is_said(server):
    nowhere = server.replace("=-csearch_path%3Dshop", "=-csearch_path%3Dnowhere")
    with pytest.raises(FaultUnavailableError, match=r"cannot be locked \(its search path has no tables\)"):
        KIND.inject(record(nowhere))
    with pytest.raises(FaultUnavailableError, match=r"cannot be locked \(connection failed: "):
        KIND.inject(record("postgresql://nobody@127.0.0.1:1/none"))


def test_a_lock_that_somebody_took_away_is_said(database):
    lock = record(database)
    KIND.inject(lock)
    KIND.undo(lock)
    assert KIND.intact(lock).startswith("the process that kept the fault up")


def test_a_lock_of_somebody_else_is_said(database, monkeypatch):
    monkeypatch.setattr(workers._WorkerFault, "inject", unavailable)
    with pytest.raises(FaultUnavailableError, match="somebody else keeps a lock of the database"):
        KIND.inject(record(database))


def unavailable(*_):
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
        KIND.capture({"path": str(path), "hold": "everything"})
