"""Executions as columns: read row by row from rows, a CSV file or a database, and kept as arrays."""

from __future__ import annotations

import csv
import datetime as dt
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TYPE_CHECKING

from theodore_qa import extras
from theodore_qa.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import numpy as np

TABLE = "workflow_executions"
NUMBERS = ("processing_time_ms", "total_cost", "steps_completed", "security_issues_found", "test_success_rate")
FIELDS = ("created_at", "agent_id", "user_id", "status", *NUMBERS)
COMPLETED = "completed"
STATUSES = (COMPLETED, "failed")


@dataclass(eq=False, repr=False)
class Columns:
    """Executions: one array a field, and the names behind the numbers of agents and users."""

    created: np.ndarray  # microseconds since 1970 in UTC
    agent: np.ndarray
    user: np.ndarray
    completed: np.ndarray
    numbers: dict[str, np.ndarray]
    agents: list[str]
    users: list[str]

    def __len__(self) -> int:
        return len(self.created)

    def where(self, chosen: np.ndarray) -> Columns:
        """The executions for which an array of booleans holds; names that lose all their executions stay."""
        return Columns(
            self.created[chosen],
            self.agent[chosen],
            self.user[chosen],
            self.completed[chosen],
            {name: values[chosen] for name, values in self.numbers.items()},
            self.agents,
            self.users,
        )

    def between(self, after: dt.datetime, until: dt.datetime) -> Columns:
        """The executions after a moment, up to and with another."""
        return self.where((self.created > micros(after)) & (self.created <= micros(until)))

    def of_agent(self, name: str) -> Columns:
        """The executions of an agent."""
        return self.where(self.agent == (self.agents.index(name) if name in self.agents else -1))

    def of_user(self, name: str) -> Columns:
        """The executions of a user."""
        return self.where(self.user == (self.users.index(name) if name in self.users else -1))


def micros(moment: dt.datetime) -> int:
    """Microseconds since 1970; a moment without a time zone is one in UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return (aware - EPOCH) // MICROSECOND


EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)


class _Names:
    """Numbers for names, in the order in which they come."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers))


def read(source: Any, *, tenant: str = "", table: str = TABLE) -> Columns:
    """Executions from rows (mappings), a CSV file, or a database by its URL or SQLite file.

    With ``tenant``, rows that have a column ``tenant`` of another value are left out.

    Raises:
        UsageError: There is no such file or table, or a row lacks a field or has a value that does not fit.
        NotEvaluatedError: numpy is not installed.
    """
    extras.demand("numpy", "the recomputation of analytics")
    if not isinstance(source, str | Path):
        return of_rows(source, tenant)
    text = str(source)
    if "://" in text:
        return of_rows(_from_database(text, table), tenant)
    path = Path(text)
    if not path.is_file():
        raise UsageError(f"There is no file {path}: name a CSV file, a SQLite file or the URL of a database with executions.")
    with path.open("rb") as file:
        is_database = file.read(16).startswith(b"SQLite format 3")
    return of_rows(_from_database(f"sqlite:///{path}", table) if is_database else from_csv(path), tenant)


def of_rows(rows: Iterable[Mapping[str, Any]], tenant: str = "") -> Columns:
    """Executions from rows; each is looked at once and not kept."""
    import numpy as np

    created, agent, user, completed = array("q"), array("l"), array("l"), array("b")
    numbers = {name: array("d") for name in NUMBERS}
    agents, users = _Names(), _Names()
    for index, row in enumerate(rows, 1):
        if tenant and row.get("tenant", tenant) != tenant:
            continue
        try:
            moment, status = row["created_at"], row["status"]
            created.append(micros(dt.datetime.fromisoformat(moment) if isinstance(moment, str) else moment))
            agent.append(agents.number(row["agent_id"]))
            user.append(users.number(row["user_id"]))
            for name, values in numbers.items():
                values.append(float(row[name]))
        except KeyError as error:
            raise UsageError(f"Execution {index} has no {error}: expected the fields {', '.join(FIELDS)}.") from None
        except (TypeError, ValueError) as error:
            text = f"Execution {index} has a value that does not fit ({error}): expected a moment or a number."
            raise UsageError(text) from None
        if status not in STATUSES:
            raise UsageError(f"Execution {index} has the status '{status}': expected {' or '.join(STATUSES)}.")
        completed.append(status == COMPLETED)
    return Columns(
        np.frombuffer(created, dtype=np.int64) if created else np.empty(0, np.int64),
        np.array(agent, dtype=np.int64),
        np.array(user, dtype=np.int64),
        np.array(completed, dtype=bool),
        {name: np.array(values, dtype=float) for name, values in numbers.items()},
        list(agents.numbers),
        list(users.numbers),
    )


def from_csv(path: str | Path) -> Iterator[Mapping[str, Any]]:
    """The rows of a CSV file with a line of names."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _from_database(url: str, table: str) -> Iterator[Mapping[str, Any]]:
    import sqlalchemy as sa

    if not table.replace("_", "").replace(".", "").isalnum():
        raise UsageError(f"'{table}' is no name of a table: expected letters, digits, _ and . alone.")
    try:
        engine = sa.create_engine(url, execution_options={"stream_results": True, "yield_per": 10_000})
    except (sa.exc.ArgumentError, ImportError) as error:
        raise UsageError(f"The database of executions cannot be opened ({error}).") from None
    try:
        with engine.connect() as connection:
            result = connection.execute(sa.text(f"SELECT * FROM {table}"))  # noqa: S608  # a name was checked above
            names = list(result.keys())
            for row in result:
                yield dict(zip(names, row, strict=True))
    except sa.exc.SQLAlchemyError as error:
        cause = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise UsageError(f"Executions cannot be read from the table {table} ({cause}): name another by table=.") from None
    finally:
        engine.dispose()
