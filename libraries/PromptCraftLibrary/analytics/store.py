"""Executions written into the store of a system by its database, as a tester seeds a test environment, and taken out again."""

from __future__ import annotations

import itertools
import secrets
from typing import Any, TYPE_CHECKING

from PromptCraftLibrary.analytics import columns
from theodore_qa.errors import NotEvaluatedError, QaError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from theodore_qa.systems.system import System

OWN = "qa-"  # with which the identifiers of executions that were written here begin
AT_ONCE = 5000


def source_of(system: System) -> str:
    """The database of a system's executions: the first of its stores.

    Raises:
        NotEvaluatedError: The environment names no store.
    """
    if not system.entry.stores:
        raise NotEvaluatedError(f"the environment names no store of {system.name} in which its executions are: add 'stores'")
    store = str(system.entry.stores[0])
    return store if "://" in store else str(system.folder / store)


def url_of(source: str) -> str:
    """A database by its URL; a file is one of SQLite."""
    return source if "://" in source else f"sqlite:///{source}"


def write(source: str, tenant: str, rows: Iterable[Mapping[str, Any]]) -> tuple[str, int]:
    """Write executions of a tenant; returns the beginning of their identifiers, and how many there were."""
    import sqlalchemy as sa

    mark = f"{OWN}{secrets.token_hex(6)}-"
    names = ("execution_id", "tenant", *columns.FIELDS)
    table = sa.table(columns.TABLE, *(sa.column(name) for name in names))
    engine = sa.create_engine(url_of(source))
    written = 0
    try:
        numbered = enumerate(rows)
        while part := list(itertools.islice(numbered, AT_ONCE)):
            # Identifiers of one length, so that those of later executions sort behind those of earlier ones.
            values = [{**row, "execution_id": f"{mark}{number:09}", "tenant": tenant} for number, row in part]
            with engine.begin() as connection:  # one of its own, so that the system can write in between
                connection.execute(sa.insert(table), values)
            written += len(values)
    except sa.exc.SQLAlchemyError as error:
        cause = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise UsageError(f"Executions cannot be written ({cause}): check the store and its table {columns.TABLE}.") from None
    finally:
        engine.dispose()
    return mark, written


def remove(source: str, mark: str) -> None:
    """Take out what was written with a mark."""
    import sqlalchemy as sa

    if not mark.startswith(OWN):
        raise QaError(f"'{mark}' marks no executions that were written here: nothing was removed.")
    table = sa.table(columns.TABLE, sa.column("execution_id"))
    engine = sa.create_engine(url_of(source))
    try:
        with engine.begin() as connection:
            connection.execute(sa.delete(table).where(table.c.execution_id.startswith(mark, autoescape=True)))
    finally:
        engine.dispose()
