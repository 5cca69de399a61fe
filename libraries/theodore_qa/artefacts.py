"""Where keywords put files that belong to a run: beside its evidence, and so in its evidence pack."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TYPE_CHECKING

from theodore_qa.builtin import builtin
from theodore_qa.observing.observations import recorder
from theodore_qa.redaction.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def folder() -> Path:
    """The folder of the run's evidence; Robot's output folder where nothing is recorded."""
    return recorder.writer.folder if recorder.writer else Path(builtin().get_variable_value("${OUTPUT DIR}", "."))


def write_csv(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    """Write a table of which no cell is taken for a formula by a spreadsheet; returns its path."""
    import csv  # few tests write tables

    safe = re.sub(r"[^\w-]+", "_", name)
    path = folder() / f"{safe}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([_cell(value) for value in row] for row in rows)
    return path


def _cell(value: Any) -> str:
    text = "" if value is None else redact(str(value))
    return f"'{text}" if text.startswith(FORMULA) else text
