"""Documents compared with the records of the API that they were written from: rows, columns, values, types."""

from __future__ import annotations

import json
import re
from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import plural
from TheodoreLibrary import documents

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks
    from TheodoreLibrary.documents import Document

Record = dict[str, Any]
MOST_NAMED = 3
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # neither XML nor a workbook can hold them


def agree(checks: Checks, name: str, document: Document, records: list[Record], format: str, prefix: str) -> None:  # noqa: A002  # the word that testers know
    """Record whether a document holds the records: as many, in order, each with every value; and whether a cell would run.

    Args:
        checks: that the observations are added to.
        name: of the document, in messages.
        document: as it was read.
        records: of the API, in the order that the document should have.
        format: csv, excel, json, yaml or xml; it decides how a value is written.
        prefix: of the checks' names.
    """
    count = len(document.rows)
    checks.that(
        f"{prefix}.rows", count == len(records), f"{plural(len(records), 'record')} in {name}", plural(count, "record"), n=count
    )
    expected = list(dict.fromkeys(column for record in records for column in record))
    missing = [column for column in expected if column not in document.columns]
    observed = f"missing: {', '.join(missing)}" if missing else f"{len(expected)} of {len(expected)} columns"
    checks.that(f"{prefix}.columns", not missing, f"a column for each field in {name}", observed, n=len(expected))
    wrong = differences(document, records, format)
    pairs = sum(len(record) for record in records)
    more = f" and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
    observed = "; ".join(wrong[:MOST_NAMED]) + more if wrong else f"{pairs} of {pairs} values"
    checks.that(f"{prefix}.values", pairs > 0 and not wrong, f"the values of the API in {name}", observed, n=pairs)
    if format in ("csv", "excel"):
        formulas = document.formulas
        observed = "; ".join(formulas[:MOST_NAMED]) or f"0 formulas in {plural(count, 'row')}"
        checks.that(f"{prefix}.formulas", not formulas, f"no cell of {name} that a spreadsheet runs", observed, n=count)


def differences(document: Document, records: list[Record], format: str) -> list[str]:  # noqa: A002  # the word that testers know
    """Where the values of a document are not those of the records."""
    found = []
    for number, (row, record) in enumerate(zip(document.rows, records, strict=False), 1):
        for name, value in record.items():
            if name in row and not _same(row[name], value, format):
                found.append(f"record {number}, {name}: {_short(row[name])} for {_short(value)}")
    return found


def _same(held: Any, value: Any, format: str) -> bool:  # noqa: A002  # the word that testers know
    """Whether a cell holds a value, as its format writes it."""
    if format in ("json", "yaml"):
        return type(held) is type(value) and bool(held == value)
    if format == "xml":
        return bool(_as_in_xml(value) == held)
    if isinstance(value, list | dict):
        return bool(_parsed(held) == value)
    if format == "csv":
        return held in _csv_forms(value)
    if isinstance(value, str):
        return held == UNPRINTABLE.sub("", value) or (value == "" and held is None)
    numbers = isinstance(value, float) and isinstance(held, int | float)  # a workbook writes 2.0 as 2
    return bool(held == value) and (numbers or type(held) is type(value))  # True == 1, and a workbook knows both


def _csv_forms(value: Any) -> tuple[str, ...]:
    """The texts that stand for a value; what a spreadsheet would run has an apostrophe before it."""
    if value is None:
        return ("",)
    if isinstance(value, bool):
        return (str(value).lower(),)
    if isinstance(value, str) and value.startswith(documents.BEGINS_FORMULA):
        return (f"'{value}",)
    return (str(value),)


def _as_in_xml(value: Any) -> Any:
    """A value as it comes back from XML, which has texts alone, no empty ones, and one kind of line end."""
    if value is None or value in ("", [], {}):
        return None
    if isinstance(value, dict):
        return {key: _as_in_xml(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_in_xml(inner) for inner in value]
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return UNPRINTABLE.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def _parsed(text: Any) -> Any:
    try:
        return json.loads(str(text))
    except ValueError:
        return None


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else f"'{value}'"
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004  # a line of a message
