"""Executions are read alike from rows, CSV files and databases."""

import sqlite3

import pytest

from PromptCraftLibrary.analytics import columns, figures
from TestDataLibrary import executions
from theodore_qa.errors import UsageError

ROWS = executions.make(120, 7, agents=4, days=10)


def database(path, rows):
    names = list(executions.FIELDS)
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE workflow_executions ({', '.join(names)}, tenant)")
        for row in rows:
            connection.execute(f"INSERT INTO workflow_executions VALUES ({', '.join('?' * 10)})", [*row.values(), "a"])
        connection.execute(
            "INSERT INTO workflow_executions VALUES ('2026-01-01T00:00:00+00:00', 'x', 'y', 'failed', 1, 1, 1, 1, 1, 'b')"
        )
    connection.close()
    return path


def test_rows_csv_and_database_hold_the_same(tmp_path):
    file = executions.write_csv(ROWS, tmp_path / "rows.csv")
    store = database(tmp_path / "store.db", ROWS)
    sources = [ROWS, str(file), str(store), f"sqlite:///{store}"]
    read = [figures.summary(columns.read(source, tenant="a"), figures.Rules()) for source in sources]
    assert read == [read[0]] * 4
    assert read[0]["total_queries"] == 120
    assert len(columns.read(store)) == 121


def test_a_period_is_open_at_its_beginning_and_closed_at_its_end():
    moments = sorted(columns.dt.datetime.fromisoformat(row["created_at"]) for row in ROWS)
    chosen = columns.read(ROWS).between(moments[10], moments[20])
    assert len(chosen) == 10


def test_a_moment_without_a_zone_is_one_in_utc():
    naive, aware = (columns.dt.datetime.fromisoformat(f"2026-01-01T00:00:00{zone}") for zone in ("", "+00:00"))
    assert columns.micros(naive) == columns.micros(aware)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"status": "done"}, "Execution 1 has the status 'done': expected completed or failed."),
        ({"total_cost": "dear"}, "Execution 1 has a value that does not fit"),
        ({"created_at": "yesterday"}, "Execution 1 has a value that does not fit"),
        ({"agent_id": None, "total_cost": None}, "Execution 1 has a value that does not fit"),
    ],
)
def test_a_row_that_does_not_fit_is_named(change, sentence):
    with pytest.raises(UsageError, match=sentence):
        columns.read([next(iter(ROWS)) | change])


def test_a_field_that_is_lacking_is_named():
    row = next(iter(ROWS))
    del row["user_id"]
    with pytest.raises(UsageError, match="Execution 1 has no 'user_id': expected the fields created_at, "):
        columns.read([row])


@pytest.mark.parametrize(
    ("source", "table", "sentence"),
    [
        ("absent.csv", "workflow_executions", "There is no file absent.csv"),
        ("sqlite://", "workflow_executions", r"cannot be read from the table workflow_executions \(no such table"),
        ("sqlite://", "a; DROP TABLE b", "is no name of a table"),
        ("nothing://", "workflow_executions", "The database of executions cannot be opened"),
    ],
)
def test_a_source_that_cannot_be_read_is_the_testers_error(source, table, sentence):
    with pytest.raises(UsageError, match=sentence):
        columns.read(source, table=table)
