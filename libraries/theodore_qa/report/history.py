"""Keeps a run in the history of its results folder, and says which of its tests have both verdicts on one build."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from theodore_qa.history import entry, store, summary
from theodore_qa.redaction.secrets import redact
from theodore_qa.run.finished import TESTED

if TYPE_CHECKING:
    from pathlib import Path

    from theodore_qa.report.readiness import ReadinessReport
    from theodore_qa.run.finished import FinishedRun


class HistoryReport:
    """The last of the reports: it keeps what all others came to. What is wrong with the history changes no verdict.

    Attributes:
        files: none in the results folder, where the history of all runs stays.
    """

    files = ()

    def __init__(self, readiness: ReadinessReport) -> None:
        self.readiness = readiness

    def write(self, run: FinishedRun) -> list[Path]:
        """Keep the run."""
        if run.history is None:
            return []
        for test in summary.of(run)["changing"]:
            times = f"passed {test['passed']} times and failed {test['failed']} times on one build"
            click.echo(redact(f"FLAKY: {test['name']} ({test['source']}) {times}."))
        before = store.known(run.history, run.id) if run.state != TESTED else ""
        try:
            problems = store.record(run.history, entry.of(run, self.readiness.assessment))
        except OSError as error:
            problems = [f"The run could not be kept in {run.history}: {error.strerror}."]
        if before:
            click.echo(redact(f"HISTORY: the run {run.id} stands there as {before} already: it is not counted twice."))
        elif run.state != TESTED and not problems:
            click.echo(redact(f"HISTORY: the run {run.id} stands there as {run.state}."))
        for problem in problems:
            click.echo(redact(f"HISTORY: {problem}"))
        return []
