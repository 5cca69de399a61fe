"""What a report is: it is given a judged run, and writes files."""

from __future__ import annotations

from typing import Protocol, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from theodore_qa.run.finished import FinishedRun


class Reporter(Protocol):
    """One kind of report.

    Attributes:
        files: names of its files in the results folder, which are removed before a run, or paths elsewhere.
    """

    @property
    def files(self) -> Sequence[str]:
        """Names of its files in the results folder."""

    def write(self, run: FinishedRun) -> Sequence[Path]:
        """Write the report and return its files; afterwards they are searched for secrets."""


def write_all(reporters: Sequence[Reporter], run: FinishedRun) -> None:
    """Write reports one after another; what is wrong with one is a problem of the run, and stands in the reports after it.

    A report that holds a secret is cleaned; one that could not be written to its end is removed.
    """
    from theodore_qa.redaction.cleaning import take_out_secrets

    for reporter in reporters:
        try:
            run.judgement.problems += take_out_secrets(reporter.write(run))
        except OSError as error:
            for name in reporter.files:
                (run.folder / name).unlink(missing_ok=True)
            names = ", ".join(reporter.files) or "The evidence pack"
            run.judgement.problems.append(
                f"{names} could not be written to {run.folder} ({error.strerror}): make room there, or name another folder."
            )
