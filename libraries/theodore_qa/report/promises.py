"""Which cells of the promises a run has filled: one line, and the matrix as data and as a page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from theodore_qa.promises.declaring import filling_of, places, promises_of
from theodore_qa.promises.filling import fill
from theodore_qa.promises.matrix import Matrix
from theodore_qa.redaction.secrets import redact

if TYPE_CHECKING:
    from pathlib import Path

    from theodore_qa.run.finished import FinishedRun

DATA, PAGE = "coverage.json", "coverage.html"


class PromisesReport:
    """Prints the total and writes the matrix, where the suites that ran are those that fill the promises of the system."""

    files = (DATA, PAGE)

    def __init__(self, system: str) -> None:
        self.system = system

    def write(self, run: FinishedRun) -> list[Path]:
        """Print the line and write the files."""
        place, suites = places()
        declared = place / f"{self.system}.yaml"
        if not (declared.is_file() and run.judgement.observations and run.suites.is_relative_to(suites.resolve())):
            return []
        promises = promises_of(declared)
        filling = filling_of(declared.with_suffix(".checks.yaml"), promises)
        matrix = Matrix(promises, fill(promises, filling, run.judgement.observations), [run.id])
        click.echo(f"{matrix.total()}: {run.folder / PAGE}")
        return write(matrix, run.folder / DATA)


def write(matrix: Matrix, data: Path) -> list[Path]:
    """Write a matrix as data, and as a page beside."""
    data.write_text(redact(json.dumps(matrix.data(), indent=1, ensure_ascii=False)), encoding="utf-8")
    page = data.with_suffix(".html")
    page.write_text(redact(matrix.page()), encoding="utf-8")
    return [data, page]
