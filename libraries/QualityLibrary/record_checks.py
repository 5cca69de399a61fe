"""What is wrong with records: how many, and the first of them with their places and values."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from QualityLibrary.scoring import EMPTY
from QualityLibrary.store import store
from theodore_qa.redaction.secrets import shortened
from theodore_qa.statistics import Share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from QualityLibrary.store import Records
    from theodore_qa.observing.checks import Checks

FIRST = 5  # records that a message names
READABLE = 60  # characters of a value in it
MISSING = (*(value for value in EMPTY if isinstance(value, str)), "[]", "{}")
MOMENT = r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)"
DECIMAL = r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?"
DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Failing:
    """Records that fail a condition: how many of ``tried``, and the first of them."""

    number: int
    tried: int
    first: tuple[str, ...] = ()

    @property
    def share(self) -> Share:
        """The share of the records that do not fail."""
        return Share(self.tried - self.number, self.tried)

    def __str__(self) -> str:
        if not self.number:
            return f"0 of {self.tried:,} records fail"
        more = f" and {self.number - len(self.first):,} more" if self.number > len(self.first) else ""
        return f"{self.number:,} of {self.tried:,} records fail: {'; '.join(self.first)}{more}"


def failing(records: Records, condition: str, display: str, parameters: Sequence[Any] = (), among: str = "true") -> Failing:
    """The records ``among`` those that are looked at which meet a condition in SQL; ``display`` is the SQL of what they show."""
    tried, number = store.query(
        f"select count(*), count(*) filter ({condition}) from {records.table} where {among}", list(parameters)
    )[0]
    rows = (
        store.query(
            f"select row, place, {display} from {records.table} where {among} and ({condition}) order by row limit {FIRST}",
            list(parameters),
        )
        if number
        else []
    )
    return Failing(int(number), int(tried), tuple(_described(*row) for row in rows))


def is_missing(column: str) -> str:
    """The SQL that a text says nothing: none, empty, or a word such as unknown; as completeness of a single record has it."""
    words = ", ".join(f"'{word}'" for word in MISSING)
    return f"({column} is null or trim(lower({column}), E' \\t\\r\\n') in ({words}))"


def as_number(records: Records, column: str) -> str:
    """The SQL of a column as a number: by its type, or of a text that is one; ``nan`` and what is too large are none."""
    if column in records.typed:
        return records.number(column)
    raw = records.raw(column)
    cast = f"try_cast({raw} as double)"
    return f"(case when regexp_full_match({raw}, '{DECIMAL}') and isfinite({cast}) then {cast} end)"


def ready(checks: Checks, check: str, records: Records, columns: Sequence[str], expected: str) -> bool:
    """Whether there are records, with these columns; records what is lacking."""
    if not records.count:
        checks.not_evaluated(check, expected, f"0 records in {records.source}")
        return False
    lacking = [column for column in columns if column not in records.columns]
    if lacking:
        near = difflib.get_close_matches(lacking[0], records.columns, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        there = shortened(", ".join(records.columns), 200)
        checks.that(
            "records.columns",
            False,
            f"the columns {', '.join(columns)}",
            f"no {', '.join(lacking)}{hint} among {there}",
            n=records.count,
        )
    return not lacking


def judge(checks: Checks, check: str, records: Records, found: Failing, at_least: float, condition: str) -> None:
    """Record whether enough records meet a condition: a share of ``at_least``, from 0 to 1.

    A sample proves its share only by its interval: below it the check fails, within it it is not evaluated. Of records that stand
    for more the interval is shown.
    """
    enough = "all" if at_least == 1 else f"at least {at_least * 100:g} % of the"
    expected = f"{condition} in {enough} records"
    if not found.tried:
        checks.not_evaluated(check, expected, f"0 records to look at in {records.source}")
        return
    share = found.share
    if not records.sampled:
        observed = f"{found}; {share} do not" if records.partial else str(found)
        checks.that(check, share.value >= at_least, expected, observed, n=found.tried)
        return
    low, high = share.interval
    observed = f"{found}; of the sampled {share}"
    disproved = at_least == 1 and found.number > 0  # a single record that fails is enough, whatever the interval says
    if low >= at_least or high < at_least or disproved:
        checks.that(check, low >= at_least, expected, observed, n=found.tried)
    else:
        checks.not_evaluated(check, expected, f"{observed}: the sample is too small to tell; read more or all records")


def complete(checks: Checks, records: Records, columns: Sequence[str], at_least: float) -> None:
    """Each column is filled in enough records."""
    if ready(checks, "records.completeness", records, columns, "filled values"):
        for column in columns:
            raw = records.raw(column)
            found = failing(records, is_missing(raw), raw)
            judge(checks, f"records.completeness.{column}", records, found, at_least, f"a value for {column}")


def typed(checks: Checks, records: Records, columns: Sequence[str], at_least: float) -> None:
    """Each value is one of the type that its column was read with."""
    if ready(checks, "records.validity", records, columns, "valid values"):
        for column in columns:
            if column in records.typed:
                raw, condition = records.raw(column), f"{column} of the type {records.typed[column]}"
                wrong = failing(records, f"{records.number(column)} is null", raw, among=f"not {is_missing(raw)}")
                judge(checks, f"records.validity.{column}", records, wrong, at_least, condition)


def unique(checks: Checks, records: Records, columns: Sequence[str]) -> None:
    """No two records have the same values in these columns; records without any of them are not compared."""
    check, name = "records.uniqueness", " and ".join(columns)
    expected = f"each {name} in one record"
    if not ready(checks, check, records, columns, expected):
        return
    keys = ", ".join(records.raw(column) for column in columns)
    filled = " and ".join(f"not {is_missing(records.raw(column))}" for column in columns)
    tried = int(store.query(f"select count(*) from {records.table} where {filled}")[0][0])
    if tried < records.count:
        blank = failing(records, f"not ({filled})", f"concat_ws(', ', {keys})")
        checks.that("records.uniqueness.key", False, f"a value for {name} in all records", str(blank), n=records.count)
    if not tried:
        checks.not_evaluated(check, expected, f"no record of {records.source} has a {name}")
        return
    doubles = _doubles(records, columns, keys, filled, tried)
    observed = doubles or f"{tried:,} different values in {tried:,} records"
    if records.sampled and not doubles:
        checks.not_evaluated(check, expected, f"{observed}, a sample: doubled records show only where all are read")
        return
    checks.that(check, not doubles, expected, observed, n=tried)


def _doubles(records: Records, columns: Sequence[str], keys: str, filled: str, tried: int) -> str:
    """How many values stand in several of the ``tried`` records, and the first of them with their places; empty for none."""
    doubled = (
        f"select {keys}, count(*) as times, min(row) as first from {records.table} "
        f"where {filled} group by {keys} having count(*) > 1"
    )
    groups, rows = map(int, store.query(f"select count(*), coalesce(sum(times), 0) from ({doubled})")[0])
    if not groups:
        return ""
    named = []
    for row in store.query(f"select {keys}, times, first from ({doubled}) order by first limit {FIRST}"):
        value = ", ".join(map(str, row[: len(columns)]))
        named.append(f"{_value(value)} in {_rows_of(records, columns, row)}")
    return f"{groups:,} value{'' if groups == 1 else 's'} in {rows:,} of {tried:,} records: {'; '.join(named)}"


def refer(checks: Checks, records: Records, column: str, others: Records, key: str) -> None:
    """Each value of a column is one of those in another source; empty values refer to nothing and are left out."""
    check, expected = "records.references", f"each {column} among the {key} of {others.source}"
    if not ready(checks, check, records, [column], expected) or not ready(checks, check, others, [key], expected):
        return
    if others.sampled:
        checks.not_evaluated(check, expected, f"{others}: a sample does not show what is not there")
        return
    raw = records.raw(column)
    known = f"{raw} not in (select {others.raw(key)} from {others.table} where {others.raw(key)} is not null)"
    found = failing(records, known, raw, among=f"not {is_missing(raw)}")
    judge(checks, check, records, found, 1.0, f"a {column} that is a {key} of {others.source}")


def fresh(checks: Checks, records: Records, column: str, days: float, at_least: float, now: float) -> None:
    """Enough records have a time that is not older than so many days, and not in the future.

    ``now`` is in seconds since 1970, ``at_least`` a share from 0 to 1.
    """
    check, condition = "records.freshness", f"{column} at most {days:g} days old"
    if not ready(checks, check, records, [column], condition):
        return
    raw = records.raw(column)
    moment = f"epoch(try_cast(case when regexp_full_match({raw}, '{MOMENT}') then {raw} end as timestamptz))"
    seconds = records.number(column) if column in records.typed else moment
    unread = failing(records, f"{seconds} is null", raw, among=f"not {is_missing(raw)}")
    if unread.number:
        checks.that(
            "records.freshness.times",
            False,
            f"times with their zone in {column}, or types= with its format and zone=",
            str(unread),
            n=unread.tried,
        )
    future = failing(records, f"{seconds} > ?", raw, [now])
    checks.that("records.freshness.future", not future.number, f"no {column} in the future", str(future), n=future.tried)
    old = failing(records, f"coalesce({seconds} < ?, true)", raw, [now - days * DAY_SECONDS])
    judge(checks, check, records, old, at_least, condition)


def _rows_of(records: Records, columns: Sequence[str], found: Sequence[Any]) -> str:
    """The first rows with these values."""
    same = " and ".join(f"{records.raw(column)} = ?" for column in columns)
    rows = store.query(
        f"select row, place from {records.table} where {same} order by row limit {FIRST}", list(found[: len(columns)])
    )
    return ", ".join(_place(row, place) for row, place in rows)


def _place(row: int, place: str | None) -> str:
    return f"record {row} ({place})" if place else f"record {row}"


def _described(row: int, place: str | None, value: Any) -> str:
    return f"{_place(row, place)} has {_value(value)}"


def _value(value: Any) -> str:
    return "no value" if value is None else f"'{shortened(str(value), READABLE)}'"
