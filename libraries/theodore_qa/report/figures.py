"""The figures of all loads of a run in one table: performance.csv."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from theodore_qa.redaction.secrets import redact

if TYPE_CHECKING:
    from pathlib import Path

    from theodore_qa.run.finished import FinishedRun

FILE = "performance.csv"


class FiguresReport:
    """Puts the steps of each load below one another, with the name of the load; a run without loads leaves the header alone."""

    files = (FILE,)

    def write(self, run: FinishedRun) -> list[Path]:
        """Write the table."""
        rows: list[dict[str, str]] = []
        for path in sorted((run.folder / "evidence" / run.id / "load").glob("*/steps.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                rows += [{"load": path.parent.name} | row for row in csv.DictReader(file)]
        table = run.folder / FILE
        with table.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]) if rows else ["load", "step"])
            writer.writeheader()
            writer.writerows({name: redact(str(value)) for name, value in row.items()} for row in rows)
        return [table]
