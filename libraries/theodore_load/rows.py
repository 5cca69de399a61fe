"""The rows of data of a load, one for each user in turn: a list, a CSV file with a header, or made by Faker."""

from __future__ import annotations

import csv
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import unknown, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FAKER_KEYS = ("faker", "rows", "seed", "locale")
MOST_ROWS = 100_000


def read(data: Any, folder: Path) -> list[dict[str, Any]]:
    """The rows that a scenario's ``data`` describes; none without it.

    Raises:
        UsageError: There are no rows, they differ in their columns, or the file cannot be read.
    """
    if not data:
        return []
    if isinstance(data, str):
        rows = _from_csv(folder / data)
    elif isinstance(data, dict):
        rows = _from_faker(data)
    else:
        rows = [dict(row) for row in data]
    if not rows:
        raise UsageError("The data has no rows: add at least one.")
    for number, row in enumerate(rows, 1):
        if set(row) != set(rows[0]) or None in row.values():
            raise UsageError(f"Row {number} of the data has other columns than the first one: {', '.join(map(str, rows[0]))}.")
    return rows


def _from_csv(path: Path) -> list[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [dict(row) for row in csv.DictReader(file)]
    except OSError as error:
        raise UsageError(f"The data in {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"The data in {path} cannot be read: it is not written in UTF-8.") from None


def _from_faker(declared: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of synthetic values; the same ones for the same seed."""
    for name in declared:
        if name not in FAKER_KEYS:
            raise unknown("entry", str(name), FAKER_KEYS, "the data")
    columns = declared.get("faker")
    count = declared.get("rows", 100)
    if not isinstance(columns, dict) or not columns:
        raise UsageError("The data names no columns for Faker: write for example {faker: {name: name, mail: email}, rows: 100}.")
    if not isinstance(count, int) or not 1 <= count <= MOST_ROWS:
        raise UsageError(f"The data asks for {count} rows: write a whole number from 1 to {MOST_ROWS}.")
    makers = _makers(columns, str(declared.get("locale", "en_US")), declared.get("seed", 0))
    return [{column: _plain(make()) for column, make in makers.items()} for _ in range(count)]


def _makers(columns: Mapping[str, Any], locale: str, seed: Any) -> dict[str, Any]:
    """What makes the values of each column."""
    from faker import Faker
    from faker.config import AVAILABLE_LOCALES

    if locale not in AVAILABLE_LOCALES:
        raise unknown("locale", locale, AVAILABLE_LOCALES, "Faker")
    source = Faker(locale)
    source.seed_instance(seed)
    known = {
        name
        for provider in source.get_providers()
        for name in dir(provider)
        if not name.startswith("_") and callable(getattr(provider, name, None))
    }
    for kind in columns.values():
        if kind not in known:
            raise unknown("kind of value", str(kind), known, "Faker")
    return {str(column): getattr(source, str(kind)) for column, kind in columns.items()}


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    return value if isinstance(value, bool | int | float | str) else str(value)
