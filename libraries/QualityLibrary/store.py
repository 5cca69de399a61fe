"""Records on disk: whatever their source, they lie in one database of this process, which keeps to a limit of memory.

Rows go through a file in one form of CSV, so that each source is read by the code that knows it, and no value is guessed.
"""

from __future__ import annotations

import json
import math
import shutil
import tempfile
import weakref
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TYPE_CHECKING

from QualityLibrary import values
from theodore_qa import extras
from theodore_qa.errors import QaError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from QualityLibrary.sources import Row

MEMORY = "128MB"  # beyond it the database works on disk
THREADS = 2
LONGEST = 16_000_000  # bytes of one record in the form in which it is kept
MOST_COLUMNS = 2_000
PURPOSE = "records"
# The kind of a value, one letter a column: what a type in a schema is held to. Sources without kinds have texts alone.
TEXT, INTEGER, NUMBER, BOOLEAN, NESTED, MISSING = "t", "i", "n", "b", "o", "-"


class RefusedQueryError(ValueError):
    """The database does not understand a part of a query that a tester wrote."""


@dataclass(eq=False)
class Records:
    """Records of a source. ``columns`` are its fields in their order.

    ``sampled`` says that more were there than are kept, ``partial`` that they stand for more, as results of a few researches do.
    """

    source: str
    table: str
    columns: tuple[str, ...]
    count: int
    typed: Mapping[str, str] = field(default_factory=dict)
    has_kinds: bool = False
    sampled: bool = False
    whole: int = 0
    partial: bool = False

    def __str__(self) -> str:
        part = f" (a sample of {self.whole:,})" if self.sampled else ""
        return f"{self.count:,} records of {self.source}{part}"

    def __len__(self) -> int:
        return self.count

    def raw(self, column: str) -> str:
        """The SQL of a column's text."""
        return f"c{self.columns.index(column)}"

    def number(self, column: str) -> str:
        """The SQL of a column's value as a number: its own for a number, seconds since 1970 for a time."""
        return f"v{self.columns.index(column)}"

    def kind(self, column: str) -> str:
        """The SQL of the letter for the kind of a column's value."""
        return f"substr(kinds, {self.columns.index(column) + 1}, 1)"


class Store:
    """The database of this process, opened when records are first read and deleted at its end."""

    def __init__(self) -> None:
        self._numbers = 0
        self._left: list[str] = []

    @cached_property
    def folder(self) -> Path:
        """A folder of its own."""
        folder = Path(tempfile.mkdtemp(prefix="theodore-records-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder

    @cached_property
    def _connection(self) -> Any:
        extras.demand("duckdb", PURPOSE)
        import duckdb

        connection = duckdb.connect(
            str(self.folder / "records.duckdb"),
            config={
                "memory_limit": MEMORY,
                "threads": THREADS,
                "temp_directory": str(self.folder / "spilled"),
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        connection.execute("set lock_configuration = true")
        return connection

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        connection = self._connection
        import duckdb

        while self._left:
            connection.execute(f"drop table if exists {self._left.pop()}")
        try:
            rows: list[tuple[Any, ...]] = connection.execute(sql, list(parameters)).fetchall()
        except duckdb.OutOfMemoryException:
            raise QaError(
                f"The records need more than {MEMORY} of memory and of room in {self.folder}: free some room."
            ) from None
        except (duckdb.InvalidInputException, duckdb.BinderException) as error:
            raise RefusedQueryError(str(error).splitlines()[0]) from None
        return rows

    def keep(
        self,
        rows: Iterable[Row],
        source: str,
        *,
        types: Mapping[str, str] | None = None,
        conventions: values.Conventions | None = None,
        kinds: bool = False,
        sample: int = 0,
        seed: int = 0,
    ) -> Records:
        """Keep the rows of a source.

        Args:
            rows: in the order of the source.
            source: what messages call it.
            types: by column, what its values are read as; text without.
            conventions: how numbers and times are written.
            kinds: whether the values have kinds of their own, as those of JSON do; else all are texts.
            sample: how many rows are drawn; 0 keeps all.
            seed: of the draw.
        """
        self.query("select 1")  # a database that cannot be opened is found out before the source is read
        self._numbers += 1
        file = self.folder / f"rows{self._numbers}.csv"
        spool = _Spool(types or {}, conventions or values.Conventions(), kinds=kinds)
        try:
            with file.open("w", encoding="utf-8", errors="strict", newline="") as out:
                spool.write(rows, out.write, source)
            return self._loaded(spool, file, source, types or {}, sample, seed)
        except UnicodeEncodeError as error:
            raise QaError(
                f"Record {spool.count} of {source} holds a half of a character (U+{ord(error.object[error.start]):04X}), "
                "which no text has."
            ) from None
        finally:
            file.unlink(missing_ok=True)

    def _loaded(self, spool: _Spool, file: Path, source: str, types: Mapping[str, str], sample: int, seed: int) -> Records:
        columns = tuple(spool.columns)
        if columns:
            values.refuse_other_columns(types, columns, source)
        typed = {column: declared for column, declared in types.items() if declared != "text"}
        table = f"records{self._numbers}"
        cells = [("row", "BIGINT"), ("place", "VARCHAR"), ("kinds", "VARCHAR")]
        cells += [(f"v{columns.index(column)}", "DOUBLE") for column in typed if column in columns]
        cells += [(f"c{index}", "VARCHAR") for index in range(len(columns))]
        drawn = f" using sample reservoir({sample:d} rows) repeatable ({seed:d})" if sample else ""
        self.query(f"create table {table} as select * from {_reading(file, cells)}{drawn}")
        count = int(self.query(f"select count(*) from {table}")[0][0])
        if not sample and count != spool.count:
            raise QaError(f"{source} has {spool.count:,} records, and {count:,} could be kept: none of them is evaluated.")
        records = Records(
            source, table, columns, count, typed, has_kinds=spool.kinds, sampled=count < spool.count, whole=spool.count
        )
        weakref.finalize(records, self._left.append, table)
        return records


class _Spool:
    """Writes rows in the one form: number, place, kinds, typed values, texts. New columns may come with later rows."""

    def __init__(self, types: Mapping[str, str], conventions: values.Conventions, *, kinds: bool) -> None:
        self.readers = values.readers(types, conventions)
        self.types = types
        self.kinds = kinds
        self.columns: dict[str, int] = {}
        self.count = 0

    def write(self, rows: Iterable[Row], out: Callable[[str], object], source: str) -> None:
        """Write all rows."""
        typed = list(self.readers.items())
        for row in rows:
            self.count += 1
            given = row.values
            if given.keys() != self.columns.keys():
                self._add(given, source)
            kinds = self._kinds_of(given) if self.kinds else ""
            texts = {name: _written(value) for name, value in given.items()} if self.kinds else given
            cells = [
                str(self.count),
                f'"{row.place}"',
                f'"{kinds}"',
                *(_value(texts.get(name), reader) for name, reader in typed),
            ]
            cells += [_cell(texts.get(name)) for name in self.columns]
            line = ",".join(cells)
            if "\0" in line:
                raise QaError(f"Record {self.count} of {source} holds a NUL character, which no text has.")
            out(line + "\n")

    def _add(self, given: Mapping[str, Any], source: str) -> None:
        for name in given:
            self.columns.setdefault(str(name), len(self.columns))
        if len(self.columns) > MOST_COLUMNS:
            raise QaError(f"{source} has more than {MOST_COLUMNS} fields by record {self.count}: its names seem to be values.")

    def _kinds_of(self, given: Mapping[str, Any]) -> str:
        return "".join(_kind(given.get(name)) for name in self.columns)


def _kind(value: Any) -> str:
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, int):
        return INTEGER
    if isinstance(value, dict | list):
        return NESTED
    if isinstance(value, str):
        return TEXT
    return NUMBER if hasattr(value, "__float__") else TEXT  # decimals too; times and the like are kept as texts


def _written(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _cell(text: str | None) -> str:
    if text is None:
        return ""
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _value(text: str | None, reader: values.Reader) -> str:
    if text is None or not text.strip():
        return ""
    try:
        number = reader(text.strip())
    except (ValueError, OverflowError):
        return ""
    return repr(number) if math.isfinite(number) else ""


def _reading(file: Path, cells: Sequence[tuple[str, str]]) -> str:
    """The SQL that reads a spooled file. Nothing is detected: a guess would turn texts such as 007 into numbers."""
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in cells)
    return (
        f"read_csv('{_quoted(file)}', header=false, auto_detect=false, "
        f"delim=',', quote='\"', escape='\"', nullstr='', allow_quoted_nulls=false, null_padding=true, parallel=false, "
        f"strict_mode=true, max_line_size={LONGEST}, buffer_size={LONGEST}, columns={{{columns}}})"
    )


def _quoted(file: Path) -> str:
    return str(file).replace("'", "''")


def require_columns(columns: Sequence[str]) -> None:
    """Raise where no column was named."""
    if not columns:
        raise UsageError("Name at least one column to look at.")


store = Store()
