"""Profiles of records: what their columns hold, in a small file that later records are compared with."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, TYPE_CHECKING

from QualityLibrary import record_checks
from QualityLibrary.store import store
from theodore_qa.errors import QaError, unknown, UsageError
from theodore_qa.systems import files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from QualityLibrary.store import Records

FORMAT = 1
KIND = "profile of records"
BINS = 10
SAMPLE = 1_000
SEED = 20_260_101
MOST_CATEGORIES = 50  # a column with more different texts is profiled by the length of its texts, which names nobody
OTHERS = "(others)"
MISSING = "(missing)"
NUMERIC = ("integer", "number", "date", "datetime")


def profile(records: Records, columns: Sequence[str]) -> dict[str, Any]:
    """The profile of these columns, or of all."""
    if not records.count:
        raise QaError(f"There are 0 records in {records.source}: a profile of nothing would be drifted from by anything.")
    for column in columns:
        if column not in records.columns:
            raise unknown("column", column, records.columns, records.source)
    return {
        "format": FORMAT,
        "kind": KIND,
        "source": records.source,
        "made": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "records": records.count,
        "source_columns": list(records.columns),
        "columns": {column: _column(records, column) for column in (columns or records.columns)},
    }


def write(made: dict[str, Any], path: Path) -> None:
    """Write a profile; nothing but an earlier profile is overwritten."""
    if path.suffix != ".json" or ".." in path.parts:
        raise UsageError(f"The profile {path} cannot be written: name a file that ends with .json, without '..'.")
    if path.exists():
        read(path)
    files.writable_folder(path.parent, "name another file for the profile")
    path.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path) -> dict[str, Any]:
    """A profile that `write` wrote."""
    try:
        made = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise QaError(f"There is no profile {path}: make one by Profile Of Records.") from None
    except (OSError, ValueError):
        raise QaError(f"The file {path} is no whole profile: make one by Profile Of Records.") from None
    if not isinstance(made, dict) or made.get("kind") != KIND or made.get("format") != FORMAT or not made.get("columns"):
        raise QaError(f"The file {path} is no profile of records (format {FORMAT}): make one by Profile Of Records.")
    return made


def numeric(records: Records, column: str) -> bool:
    """Whether a column is profiled as numbers: by its type, or since each of its values is a number of JSON or SQL."""
    if column in records.typed:
        return records.typed[column].partition(" ")[0] in NUMERIC
    if not records.has_kinds:
        return False
    kind = records.kind(column)
    others = f"not ({record_checks.is_missing(records.raw(column))}) and {kind} not in ('i', 'n')"
    filled, wrong = store.query(
        f"select count(*) filter ({kind} in ('i', 'n')), count(*) filter ({others}) from {records.table}"
    )[0]
    return bool(filled and not wrong)


def counts(records: Records, column: str, like: dict[str, Any]) -> dict[str, int]:
    """How many records fall into each bin or category of a column's profile, and how many have no value."""
    if "edges" in like:
        sql = record_checks.as_number(records, column) if like["type"] == "number" else f"length({records.raw(column)})"
        cases = " ".join(f"when {sql} <= {edge!r} then '{index}'" for index, edge in enumerate(like["edges"]))
        label = f"case when {sql} is null then '{MISSING}' {cases} else '{len(like['edges'])}' end"
        parameters: list[str] = []
    else:
        raw, known = records.raw(column), [name for name in like["counts"] if name not in (MISSING, OTHERS)]
        marks = ", ".join("?" for _ in known) or "null"
        blank = record_checks.is_missing(raw)
        label = f"case when {blank} then '{MISSING}' when {raw} in ({marks}) then {raw} else '{OTHERS}' end"
        parameters = known
    rows = store.query(f"select {label} as label, count(*) from {records.table} group by label", parameters)
    return {str(name): int(count) for name, count in rows}


def sample(records: Records, column: str) -> list[float]:
    """At most a thousand values of a column of numbers, drawn by a fixed seed."""
    sql = record_checks.as_number(records, column)
    rows = store.query(
        f"select value from (select {sql} as value from {records.table} where {sql} is not null) "
        f"using sample reservoir({SAMPLE} rows) repeatable ({SEED})"
    )
    return sorted(float(row[0]) for row in rows)


def _column(records: Records, column: str) -> dict[str, Any]:
    made: dict[str, Any]
    if numeric(records, column):
        made = {
            "type": "number",
            "edges": _edges(records, record_checks.as_number(records, column)),
            "sample": sample(records, column),
        }
    else:
        raw = records.raw(column)
        blank = record_checks.is_missing(raw)
        categories = store.query(
            f"select {raw}, count(*) from {records.table} where not {blank} group by {raw} order by 2 desc, 1 "
            f"limit {MOST_CATEGORIES + 1}"
        )
        if len(categories) <= MOST_CATEGORIES:
            made = {"type": "category", "counts": {str(name): 0 for name, _ in categories}}
        else:
            made = {"type": "length", "edges": _edges(records, f"length({raw})")}
    found = counts(records, column, made)
    return made | {"counts": {**made.get("counts", {}), **found}}


def _edges(records: Records, sql: str) -> list[float]:
    """The upper edges of all bins but the last: deciles, each once."""
    shares = ", ".join(str(index / BINS) for index in range(1, BINS))
    found = store.query(f"select approx_quantile({sql}, [{shares}]) from {records.table} where {sql} is not null")[0][0]
    return sorted({float(edge) for edge in found or ()})
