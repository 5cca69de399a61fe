"""Keywords that read records: from files, databases and APIs."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Literal, TYPE_CHECKING

from robotlibcore import keyword

from QualityLibrary import values
from QualityLibrary.sources import database, delimited, json_file, pages
from QualityLibrary.store import Records, store
from theodore_qa.context import context
from theodore_qa.errors import QaError, UsageError
from theodore_qa.log import log_table
from theodore_qa.observing.observations import recorder

if TYPE_CHECKING:
    from QualityLibrary.sources import Rows

Format = Literal["csv", "json lines", "json array"]
SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "json lines",
    ".ndjson": "json lines",
    ".json": "json array",
}


class SourceKeywords:
    """Sources of records."""

    @keyword(tags=("quality", "precondition"))
    def read_records(
        self,
        path: Path,
        *,
        file_format: Format = None,
        types: dict[str, str] | None = None,
        encoding: str = "utf-8",
        delimiter: str | None = None,
        decimal: str = ".",
        zone: str = "",
        count: int | None = None,
        sample: int = 0,
        seed: int | None = None,
    ) -> Records:
        """Reads the records of a file: CSV with a header, JSON lines, or a JSON array of objects.

        The file is read to its end, or the keyword fails and names the place that is broken: rows of another length than the
        header, columns of one name, quotation marks that are never closed, half a JSON, other encodings, NUL characters, very
        long lines. Nothing is guessed: without ``types`` all values of a CSV are texts. Records lie on disk, so that there may be
        millions of them, and are deleted when no variable holds them any more.

        Args:
            path: The file.
            file_format: csv, json lines or json array; by default what the name ends with says it: .csv, .tsv, .jsonl, .json.
            types: The types of columns by their names: text, integer, number, boolean, date, datetime, or with a format such as
                ``date %d.%m.%Y``. A value that is none of its type counts as invalid.
            encoding: The encoding of the file; utf-8 by default, with or without its mark.
            delimiter: The character between the values of a CSV; a comma by default, a tabulator for .tsv.
            decimal: The decimal mark of numbers, ``.`` or ``,``; ``.`` by default.
            zone: The time zone of times that name none, such as Europe/Berlin. Without it such times are invalid.
            count: The number of records that the file must hold; by default any.
            sample: How many records are drawn by chance and kept; all of them by default.
            seed: The seed of the sample; drawn and logged by default.

        Returns:
            The records, for the other keywords.

        Raises:
            QaError: The file is not there, is empty, changes while it is read, or is broken.

        Example:

        ```robotframework
        VAR    &{types}    employees=integer    updated_at=datetime
        ${records} =    Read Records    ${companies}    types=${types}
        Records Should Be Complete    ${records}    name    industry    at_least=0.9
        ```
        """
        chosen = file_format or SUFFIXES.get(path.suffix.lower())
        if chosen is None:
            raise UsageError(f"The name of {path} does not say what it holds: write file_format=csv, json lines or json array.")
        rows: Rows
        if chosen == "csv":
            mark = delimiter or ("\t" if path.suffix.lower() == ".tsv" else ",")
            rows = delimited.rows(path, encoding=encoding, delimiter=mark)
        else:
            read = json_file.rows_of_lines if chosen == "json lines" else json_file.rows_of_array
            rows = read(path, encoding=encoding)
        conventions = values.Conventions(decimal, zone)
        return _kept(rows, path.name, types, conventions, chosen != "csv", count, sample, seed)

    @keyword(tags=("quality", "precondition"))
    def read_records_from_database(
        self,
        query: str,
        *,
        url_env: str | None = None,
        url: str | None = None,
        types: dict[str, str] | None = None,
        zone: str = "",
        count: int | None = None,
        sample: int = 0,
        seed: int | None = None,
    ) -> Records:
        """Reads the rows of a SQL query, in pieces, by SQLAlchemy. What the query might change is rolled back.

        The database's host must be among the hosts of the environment file; a file of SQLite has none.

        Args:
            query: A SELECT.
            url_env: The environment variable with the URL of the database, such as
                ``postgresql+psycopg://reader:password@127.0.0.1/shop``. Exactly one of ``url_env`` and ``url`` is needed.
            url: The URL itself, if it holds no password, such as ``sqlite:///shop.db``.
            types: The types of columns that hold texts, none by default; as in `Read Records`.
            zone: The time zone of times that name none.
            count: The number of rows that there must be; by default any.
            sample: How many rows are drawn by chance and kept; all of them by default.
            seed: The seed of the sample; drawn and logged by default.

        Returns:
            The records, for the other keywords.

        Raises:
            QaError: The query fails.
            UsageError: The variable is not set, the URL holds a password, the host is not listed, or the query returns no rows.

        Example:

        ```robotframework
        ${records} =    Read Records From Database    SELECT id, name FROM companies    url=sqlite:///${database}
        Records Should Be Unique    ${records}    id
        ```
        """
        if (url_env is None) == (url is None):
            raise UsageError("Give either url_env= (the name of an environment variable) or url= (a URL without password).")
        address = database.address(url_env) if url_env else database.without_password(str(url))
        rows = database.rows(address, query, lambda: context.environment.hosts)
        conventions = values.Conventions(zone=zone)
        return _kept(rows, "the query", types, conventions, True, count, sample, seed)

    @keyword(tags=("quality", "precondition"), name="Read Records From API")
    def read_records_from_api(
        self,
        operation: str,
        *,
        items: str = "items",
        page: str = "page",
        first: int = 1,
        step: int = 1,
        total: str = "",
        most_pages: int = 1000,
        types: dict[str, str] | None = None,
        zone: str = "",
        count: int | None = None,
        identity: str | None = None,
        system: str | None = None,
    ) -> Records:
        """Reads the records that an operation of a system lists in pages, to the last one.

        The last page is one without records, or that with which the number at ``total`` is reached. A page that repeats the one
        before, another number than the system says, and an answer that is no success fail: half a list is not evaluated.

        Args:
            operation: An operation with GET, such as ``GET /orders?size=100``.
            items: Where the list stands in an answer, with dots; ``items`` by default, empty if the answer is the list.
            page: The query parameter that chooses the page; ``page`` by default.
            first: The value of the parameter for the first page; 1 by default.
            step: What is added for the next page; 1 by default. Where the parameter counts records, the size of a page.
            total: Where the number of all records stands in an answer; by default it is not looked at.
            most_pages: The greatest number of pages that are read; with more the keyword fails. 1000 by default.
            types: The types of columns that hold texts, none by default; as in `Read Records`.
            zone: The time zone of times that name none.
            count: The number of records that there must be; by default any.
            identity: The identity that sends the requests; by default the first one of the environment.
            system: A system of the environment file; by default the one of the suite, or the only one.

        Returns:
            The records, for the other keywords.

        Example:

        ```robotframework
        ${records} =    Read Records From API    GET /plugins?limit=2    items=plugins    page=offset    first=0    step=2
        ...    total=total
        Records Should Be Unique    ${records}    name
        ```
        """
        with context.calling(system, ""):
            paging = pages.Paging(page, items, first, step, total, most_pages)
            rows = pages.rows(operation, paging, identity)
            return _kept(rows, operation, types, values.Conventions(zone=zone), True, count, 0, None)


def _kept(
    rows: Rows,
    source: str,
    types: dict[str, str] | None,
    conventions: values.Conventions,
    kinds: bool,
    count: int | None,
    sample: int,
    seed: int | None,
) -> Records:
    if sample < 0:
        raise UsageError(f"The sample is {sample} records, expected 1 or more, or 0 for all.")
    seed = random.SystemRandom().randrange(1, 2**31) if seed is None else seed
    records = store.keep(rows, source, types=types, conventions=conventions, kinds=kinds, sample=sample, seed=seed)
    if count is not None and records.whole != count:
        raise QaError(f"{source} holds {records.whole:,} records, expected {count:,}: it may be half of what it should be.")
    if records.whole:
        recorder.exchanged()  # the data itself is what is tested
    listed = [("source", source), ("records", f"{records.whole:,}"), ("columns", ", ".join(records.columns))]
    if records.sampled:
        listed.append(("sample", f"{records.count:,} records by seed {seed}"))
    log_table("Records", ("What", "Value"), listed)
    return records
