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

DATA, PAGE = "coverage.json", "coverage.html"  # of the system that is tested where none is named
USUAL = "theodore"
OTHERS = ("promptcraft",)


def data_of(system: str) -> str:
    """The file of a system's matrix as data; its page has the same name."""
    return DATA if system == USUAL else f"coverage-{system}.json"


class PromisesReport:
    """Prints the total and writes the matrix, where suites ran that fill the promises of the system."""

    files = (DATA, PAGE, *(name for system in OTHERS for name in (data_of(system), data_of(system).replace(".json", ".html"))))

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
        sources = {str(record["source"]) for record in run.judgement.observations}
        if not any(fill.suite == source or fill.suite.endswith(f"/{source}") for fill in filling.fills for source in sources):
            return []
        matrix = Matrix(promises, fill(promises, filling, run.judgement.observations), [run.id])
        data = run.folder / data_of(self.system)
        click.echo(f"{matrix.total()}: {data.with_suffix('.html')}")
        return write(matrix, data)


def write(matrix: Matrix, data: Path) -> list[Path]:
    """Write a matrix as data, and as a page beside."""
    data.write_text(redact(json.dumps(matrix.data(), indent=1, ensure_ascii=False)), encoding="utf-8")
    page = data.with_suffix(".html")
    page.write_text(redact(matrix.page()), encoding="utf-8")
    return [data, page]
