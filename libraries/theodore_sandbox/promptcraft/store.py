"""What the platform keeps: people with their roles and tenants, and audit events; SQLite, or PostgreSQL by its URL.

Parts of the platform add tables of their own to ``tables`` before the store is opened.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from datetime import datetime, UTC
from typing import Any, TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

if TYPE_CHECKING:
    from collections.abc import Iterator

DatabaseError = sa.exc.OperationalError
LOCKED_SECONDS = 2  # for which a lock of somebody else is waited for

tables = sa.MetaData()
people = sa.Table(
    "people",
    tables,
    sa.Column("user_id", sa.String(60), primary_key=True),
    sa.Column("username", sa.String(120)),
    sa.Column("email", sa.String(120)),
    sa.Column("display_name", sa.String(120)),
    sa.Column("tenant", sa.String(60), index=True),
    sa.Column("role", sa.String(80)),
    sa.Column("created_at", sa.String(40)),
)
events = sa.Table(
    "audit_events",
    tables,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("event_id", sa.String(40), unique=True),
    sa.Column("timestamp", sa.String(40)),
    sa.Column("tenant", sa.String(60), index=True),
    sa.Column("user_id", sa.String(60)),
    sa.Column("event_type", sa.String(30)),
    sa.Column("event", sa.JSON),
)


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def schema_of(instance: str) -> str:
    """The schema of a sandbox in PostgreSQL."""
    return instance.replace("-", "_")


def located(url: str, instance: str) -> str:
    """Where a tester finds the tables of a sandbox in PostgreSQL; whoever has a password gives it by PGPASSWORD."""
    path = {"options": f"-csearch_path={schema_of(instance)}"}
    return sa.make_url(url).set(password=None).update_query_dict(path).render_as_string(hide_password=False)


class Store:
    """One database; PostgreSQL gets a schema of its own, so that two sandboxes can share a server."""

    def __init__(self, url: str, instance: str = "") -> None:
        self.schema: str | None = None
        self._lock: contextlib.AbstractContextManager[Any] = contextlib.nullcontext()
        if url.startswith("sqlite"):
            self._lock = threading.RLock()
            options: dict[str, Any] = {"check_same_thread": False, "timeout": LOCKED_SECONDS}
            self.engine = sa.create_engine(url, connect_args=options, poolclass=StaticPool)
            with self.engine.connect() as connection:  # the file has to outlive the process, not the machine
                connection.exec_driver_sql("PRAGMA synchronous=OFF")
                connection.exec_driver_sql("PRAGMA journal_mode=MEMORY")
        else:
            self.schema = schema_of(instance or f"promptcraft_{secrets.token_hex(6)}")
            options = {"options": f"-c lock_timeout={LOCKED_SECONDS}s"}
            execution = {"schema_translate_map": {None: self.schema}}
            self.engine = sa.create_engine(url, connect_args=options, execution_options=execution)
            with self.engine.begin() as connection:
                connection.execute(sa.schema.CreateSchema(self.schema, if_not_exists=True))
        tables.create_all(self.engine)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """A transaction; with SQLite under a lock, because all threads share its connection."""
        with self._lock, self.engine.begin() as connection:
            yield connection

    def rows(self, query: Any) -> list[dict[str, Any]]:
        """What a query finds."""
        with self.transaction() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def first(self, query: Any) -> dict[str, Any] | None:
        """The first row that a query finds."""
        return next(iter(self.rows(query)), None)

    def write(self, statement: Any) -> int:
        """Run an insert, update or delete; returns how many rows it touched."""
        with self.transaction() as connection:
            return int(connection.execute(statement).rowcount)

    def reset(self) -> None:
        """Forget everything."""
        with self.transaction() as connection:
            for table in tables.tables.values():
                connection.execute(sa.delete(table))

    def answers(self) -> bool:
        """Whether the database answers."""
        try:
            self.rows(sa.select(sa.literal(1)))
        except sa.exc.SQLAlchemyError:
            return False
        return True

    def close(self) -> None:
        """Close the database and drop the schema of this sandbox."""
        if self.schema:
            with self.transaction() as connection:
                connection.execute(sa.schema.DropSchema(self.schema, cascade=True))
        self.engine.dispose()
