"""Says what is in quarantine, and marks those tests; a failure of theirs stays a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from theodore_qa.readiness.located import source_of
from theodore_qa.redaction.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from theodore_qa.readiness.quarantine import Quarantined
    from theodore_qa.run.finished import FinishedRun

TAG = "QUARANTINED"


class QuarantineReport:
    """The first of the reports, since the others show what it marks.

    Attributes:
        files: none.
    """

    files = ()

    def __init__(self, quarantine: Mapping[tuple[str, str], Quarantined], *, allowed: bool) -> None:
        self.quarantine = quarantine
        self.allowed = allowed

    def write(self, run: FinishedRun) -> list[Path]:
        """Mark the tests in quarantine; with ``allowed``, their failures do not decide the exit code."""
        judgement = run.judgement
        for test in judgement.tests:
            entry = self.quarantine.get((source_of(run, test.suite) or "", test.name))
            if entry is None:
                continue
            judgement.note(test.key, TAG, f"{TAG}: {entry}")
            if test.verdict == "FAIL" and self.allowed:
                judgement.excused.add(test.key)
            counts = "does not decide the exit code" if test.key in judgement.excused else "counts"
            state = f"failed, which {counts}" if test.verdict == "FAIL" else f"is {test.verdict} now"
            click.echo(redact(f"{TAG}: {test.name} ({test.suite}) {state}: {entry}"))
        return []
