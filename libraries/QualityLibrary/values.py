"""Values of records as their declared types read them; nothing is guessed: what does not fit its type is no value of it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from theodore_qa.errors import unknown, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    Reader = Callable[[str], float]

TYPES = ("text", "integer", "number", "boolean", "date", "datetime")
TRUE, FALSE = ("true", "1", "yes"), ("false", "0", "no")
INTEGER = re.compile(r"[+-]?\d+")
NUMBERS = {
    ".": re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?"),
    ",": re.compile(r"[+-]?\d+(,\d+)?([eE][+-]?\d+)?"),
}
DAY = re.compile(r"\d{4}-\d\d-\d\d")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


@dataclass(frozen=True)
class Conventions:
    """How a source writes numbers and times: the decimal mark, and the time zone of times that name none."""

    decimal: str = "."
    zone: str = ""

    def __post_init__(self) -> None:
        if self.decimal not in NUMBERS:
            raise UsageError(f"The decimal mark is '{self.decimal}': write decimal=. or decimal=, as the source does.")
        _zone(self.zone)


def readers(types: Mapping[str, str], conventions: Conventions) -> dict[str, Reader]:
    """A reader for each column whose type is another than text: from a text to a number, with ``ValueError`` for what is none."""
    made = {column: _reader(column, declared, conventions) for column, declared in types.items()}
    return {column: reader for column, reader in made.items() if reader}


def refuse_other_columns(types: Mapping[str, str], columns: Sequence[str], source: str) -> None:
    """Raise for a type of a column that is not there."""
    for column in types:
        if column not in columns:
            raise unknown("column", column, columns, source)


def _reader(column: str, declared: str, conventions: Conventions) -> Reader | None:
    name, _, form = declared.strip().partition(" ")
    if name not in TYPES:
        raise unknown("type", name, TYPES, f"the types, for the column {column}")
    if form and name not in ("date", "datetime"):
        raise UsageError(f"The type '{declared}' of {column} has a format: only date and datetime take one, as 'date %d.%m.%Y'.")
    if name == "text":
        return None
    if name in ("date", "datetime"):
        return _time_reader(name, form.strip(), _zone(conventions.zone))
    return {"integer": _integer, "boolean": _boolean, "number": _number(conventions.decimal)}[name]


def _integer(text: str) -> float:
    if not INTEGER.fullmatch(text):
        raise ValueError("no whole number")
    return float(int(text))


def _number(decimal: str) -> Reader:
    pattern = NUMBERS[decimal]

    def read(text: str) -> float:
        if not pattern.fullmatch(text):
            raise ValueError(f"no number with the decimal mark '{decimal}'")
        return float(text.replace(",", "."))

    return read


def _boolean(text: str) -> float:
    folded = text.casefold()
    if folded not in TRUE + FALSE:
        raise ValueError("neither true nor false")
    return float(folded in TRUE)


def _time_reader(name: str, form: str, zone: ZoneInfo | dt.timezone | None) -> Reader:
    pattern = DAY if name == "date" else MOMENT

    def read(text: str) -> float:
        if form:
            moment = dt.datetime.strptime(text, form)  # noqa: DTZ007  # the zone comes below
        elif pattern.fullmatch(text):
            moment = dt.datetime.fromisoformat(text)
        else:
            raise ValueError(f"no {name} as 2026-01-31" + ("" if name == "date" else "T12:30:00+01:00"))
        if moment.tzinfo is None:
            if name == "datetime" and zone is None:
                raise ValueError("a time without its zone")
            moment = moment.replace(tzinfo=zone or dt.UTC)
        return moment.timestamp()

    return read


def _zone(name: str) -> ZoneInfo | dt.timezone | None:
    from zoneinfo import ZoneInfo

    if not name:
        return None
    if name == "UTC":
        return dt.UTC
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise UsageError(f"There is no time zone '{name}': write its IANA name, such as UTC or Europe/Berlin.") from None
