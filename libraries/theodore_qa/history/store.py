"""The history of a results folder: one SQLite file that any number of runs write at once.

A run first lies in a file of its own below ``waiting/``, and from there goes into the database in one transaction. Where the
database cannot take it, since it is damaged, foreign or locked for long, the file stays, and a later run brings it in.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing, contextmanager
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import QaError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FOLDER, FILE, WAITING = "history", "history.sqlite", "waiting"
APPLICATION, VERSION = 0x54484552, 2
FIRST = 1  # the version without the state of runs
LOCKED_FOR = 30  # seconds to wait for other writers
SCHEMA = """
CREATE TABLE runs (
    number INTEGER PRIMARY KEY, run TEXT NOT NULL UNIQUE, time TEXT NOT NULL, environment TEXT NOT NULL, root TEXT NOT NULL,
    profile TEXT NOT NULL, builds TEXT NOT NULL, exit_code INTEGER NOT NULL, low REAL, high REAL, label TEXT,
    seconds REAL NOT NULL, passed INTEGER NOT NULL, failed INTEGER NOT NULL, not_evaluated INTEGER NOT NULL,
    skipped INTEGER NOT NULL, not_selected INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'tested'
);
CREATE TABLE tests (number INTEGER PRIMARY KEY, source TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (source, name));
CREATE TABLE verdicts (
    run INTEGER NOT NULL REFERENCES runs, test INTEGER NOT NULL REFERENCES tests, attempt INTEGER NOT NULL,
    place INTEGER NOT NULL, verdict TEXT NOT NULL, seconds REAL, digest TEXT NOT NULL, PRIMARY KEY (run, test, attempt, place)
) WITHOUT ROWID;
CREATE INDEX verdicts_by_test ON verdicts (test, run);
CREATE TABLE gates (
    run INTEGER NOT NULL REFERENCES runs, gate TEXT NOT NULL, verdict TEXT NOT NULL, PRIMARY KEY (run, gate)
) WITHOUT ROWID;
"""
_ADD_STATE = "ALTER TABLE runs ADD COLUMN state TEXT NOT NULL DEFAULT 'tested'"
_RUN = (
    "run", "time", "environment", "root", "profile", "exit_code", "low", "high", "label", "seconds", "passed", "failed",
    "not_evaluated", "skipped", "not_selected", "state",
)  # fmt: skip
_INSERT_RUN = (
    f"INSERT INTO runs ({', '.join(_RUN)}, builds) VALUES ({', '.join('?' * (len(_RUN) + 1))}) "  # noqa: S608  # columns of our own
    "ON CONFLICT (run) DO NOTHING"
)
_INSERT_VERDICT = "INSERT INTO verdicts SELECT ?, number, ?, ?, ?, ?, ? FROM tests WHERE source = ? AND name = ?"


class HistoryError(QaError):
    """The history cannot be read or written; the text says why, and nothing of it was lost."""


def record(folder: Path, entry: dict[str, Any]) -> list[str]:
    """Keep a run, and bring in those that wait; returns a sentence for each that still waits.

    Args:
        folder: of the history.
        entry: of the run, as `entry.of` makes it.

    Raises:
        OSError: nothing can be written to the folder.
    """
    waiting = folder / WAITING
    waiting.mkdir(parents=True, exist_ok=True)
    path = waiting / f"{entry['run']}.json"
    part = path.with_suffix(".part")
    part.write_text(json.dumps(entry, ensure_ascii=False), encoding="utf-8")
    part.replace(path)
    try:
        with writing(folder) as database:
            return [problem for kept in sorted(waiting.glob("*.json")) if (problem := _bring_in(database, kept))]
    except HistoryError as error:
        return [f"{error} This run waits in {path}; a later run brings it in."]


def known(folder: Path, run: str) -> str:
    """The state of a run that the history has; empty if it has none such, or cannot be read."""
    try:
        with reading(folder) as database:
            found = database.execute("SELECT state FROM runs WHERE run = ?", (run,)).fetchone() if database else None
    except HistoryError:
        return ""
    return str(found[0]) if found else ""


def _bring_in(database: sqlite3.Connection, path: Path) -> str:
    """Bring in one run; returns what is wrong with its file, which then stays where it is."""
    try:
        entry = {"state": "tested"} | json.loads(path.read_text(encoding="utf-8"))
        tests = [
            tuple(test[name] for name in ("source", "name", "attempt", "verdict", "seconds", "digest")) for test in entry["tests"]
        ]
        run = [*(entry[name] for name in _RUN), json.dumps(entry["builds"], sort_keys=True)]
        gates = [(gate["id"], gate["verdict"]) for gate in entry["gates"]]
    except FileNotFoundError:  # another run brought it in
        return ""
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"The run in {path} cannot be brought into the history ({type(error).__name__} at {error}): it stays there."
    database.execute("BEGIN IMMEDIATE")
    try:
        if database.execute(_INSERT_RUN, run).rowcount:
            (number,) = database.execute("SELECT number FROM runs WHERE run = ?", (entry["run"],)).fetchone()
            database.executemany("INSERT OR IGNORE INTO tests (source, name) VALUES (?, ?)", {test[:2] for test in tests})
            rows = [
                (number, attempt, place, verdict, seconds, digest, source, name)
                for (source, name, attempt, verdict, seconds, digest), place in zip(
                    tests, places(test[:3] for test in tests), strict=True
                )
            ]
            database.executemany(_INSERT_VERDICT, rows)
            database.executemany("INSERT INTO gates VALUES (?, ?, ?)", [(number, *gate) for gate in gates])
        database.execute("COMMIT")
    except sqlite3.IntegrityError as error:
        database.execute("ROLLBACK")
        return f"The run in {path} cannot be brought into the history ({error}): it stays there."
    except BaseException:
        database.execute("ROLLBACK")
        raise
    path.unlink(missing_ok=True)
    return ""


def places(rows: Iterable[tuple[Any, ...]]) -> list[int]:
    """A number for each row among those that are alike: tests that data generates may share a name."""
    seen: Counter[tuple[Any, ...]] = Counter()
    found = []
    for row in rows:
        found.append(seen[row])
        seen[row] += 1
    return found


# One statement, so that all three are of one moment: another run may be making the database.
_STATE = (
    "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), "
    "(SELECT count(*) FROM sqlite_master)"
)


@contextmanager
def writing(folder: Path) -> Iterator[sqlite3.Connection]:
    """The database, made if it is not there; each statement is a transaction of its own unless one is begun.

    Raises:
        HistoryError: it is damaged, is none of ours, or others hold it for long.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    with _sentences(path), closing(_connected(path)) as database:
        if _is_empty(path, database):
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("BEGIN IMMEDIATE")
            if _is_empty(path, database):  # and no other run has made it since
                for statement in SCHEMA.split(";"):
                    database.execute(statement)
                database.execute(f"PRAGMA application_id = {APPLICATION}")
                database.execute(f"PRAGMA user_version = {VERSION}")
            database.execute("COMMIT")
        _renew(database)
        (state,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if state != "ok":
            raise sqlite3.DatabaseError(state)
        yield database


@contextmanager
def reading(folder: Path) -> Iterator[sqlite3.Connection | None]:
    """The database as it is now; None if there is none.

    Raises:
        HistoryError: it is damaged, or is none of ours.
    """
    path = folder / FILE
    if not path.is_file():
        yield None
        return
    with _sentences(path), closing(_connected(path)) as database:
        if _is_empty(path, database):
            yield None
            return
        _renew(database)
        database.execute("BEGIN")  # one state for all questions
        yield database


def _renew(database: sqlite3.Connection) -> None:
    """Give a history of the first version the state of its runs: all of them were tested."""
    if database.execute("PRAGMA user_version").fetchone() == (FIRST,):
        database.execute("BEGIN IMMEDIATE")
        if database.execute("PRAGMA user_version").fetchone() == (FIRST,):  # and no other run has done it since
            database.execute(_ADD_STATE)
            database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute("COMMIT")


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=LOCKED_FOR, isolation_level=None)


def _is_empty(path: Path, database: sqlite3.Connection) -> bool:
    """Whether nothing stands in the database yet; another product's is refused."""
    application, version, tables = database.execute(_STATE).fetchone()
    if not tables:
        return True
    if application != APPLICATION:
        raise HistoryError(f"The file {path} is a database of something else: it was left as it is. Move it away.")
    if version not in (FIRST, VERSION):
        raise HistoryError(f"The history {path} has version {version}, and this product reads {VERSION}: it was left as it is.")
    return False


@contextmanager
def _sentences(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise HistoryError(f"The history {path} cannot be used now ({error}).") from None
    except sqlite3.DatabaseError as error:
        raise HistoryError(
            f"The history {path} is damaged or is no database ({error}): it was left as it is. Move it away: a new one begins."
        ) from None
