"""Records of a SQL query, fetched in pieces by SQLAlchemy; what the query might change is rolled back."""

from __future__ import annotations

import os
from typing import Any, TYPE_CHECKING

from QualityLibrary.sources import Row
from theodore_qa.errors import QaError, UsageError
from theodore_qa.redaction.secrets import secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from QualityLibrary.sources import Rows

AT_ONCE = 5_000
FILES = ("sqlite",)
BROKEN = "The URL of the database is none: write it as dialect://user:password@host/database."


def address(variable: str) -> str:
    """The URL of a database in an environment variable."""
    url = os.environ.get(variable, "")
    if not url:
        raise UsageError(
            f"The environment variable {variable} is not set: put the URL of the database there, "
            "such as postgresql+psycopg://reader:password@127.0.0.1/shop."
        )
    if password := _parsed(url).password:
        secrets.add(str(password), variable)
    return url


def without_password(url: str) -> str:
    """A URL as it stands in a suite; one with a password is refused."""
    if _parsed(url).password:
        raise UsageError("The URL of the database holds a password: put it into an environment variable, named by url_env=.")
    return url


def rows(url: str, query: str, hosts: Callable[[], Sequence[str]]) -> Rows:
    """The rows of a query; a database at a host that the environment does not list is refused."""
    import sqlalchemy
    from sqlalchemy.exc import SQLAlchemyError

    parsed = _parsed(url)
    try:
        engine = sqlalchemy.create_engine(parsed, poolclass=sqlalchemy.NullPool)
    except ModuleNotFoundError as error:
        raise UsageError(f"The driver {error.name} of the database {parsed.drivername} is not installed: install it.") from None
    except SQLAlchemyError as error:
        raise UsageError(f"The database cannot be used: {_first_line(error)}.") from None
    location = parsed.render_as_string(hide_password=True)
    if parsed.get_backend_name() in FILES:
        if parsed.database and parsed.database != ":memory:" and not os.path.isfile(parsed.database):  # noqa: PTH113  # as the driver has it
            raise QaError(f"There is no database {location}; no records were read.")
    elif (parsed.host or "") not in (listed := hosts()):
        raise UsageError(
            f"The host {parsed.host or '(none)'} of {location} is not among the environment's hosts ({', '.join(listed)}): "
            "nothing was sent there."
        )
    try:
        with engine.connect().execution_options(stream_results=True, yield_per=AT_ONCE) as connection:
            yield from _fetched(connection, query, location)
    except SQLAlchemyError as error:
        raise QaError(f"The query of {location} failed: {_first_line(error)}.") from None
    finally:
        engine.dispose()


def _parsed(url: str) -> Any:
    import sqlalchemy
    from sqlalchemy.exc import ArgumentError

    try:
        return sqlalchemy.make_url(url)
    except (ArgumentError, ValueError):
        raise UsageError(BROKEN) from None


def _fetched(connection: Any, query: str, location: str) -> Rows:
    import sqlalchemy

    with connection.begin() as transaction:
        result = connection.execute(sqlalchemy.text(query))
        if not result.returns_rows:
            transaction.rollback()
            raise UsageError(f"The query of {location} returns no rows: write a SELECT; what it changed is rolled back.")
        names = list(result.keys())
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise UsageError(f"The query has the column '{twice}' twice: name one otherwise by AS.")
        for row in result:
            yield Row(dict(zip(names, row, strict=True)))
        result.close()
        transaction.rollback()


def _first_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().splitlines()[0][:200] if str(cause).strip() else "no reason was given"
