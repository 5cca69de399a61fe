"""What passed in an earlier run and does not now: regression.json, and a line for each."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from theodore_qa.readiness import comparing
from theodore_qa.readiness.located import by_folder, NOT_SELECTED
from theodore_qa.redaction.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from theodore_qa.pack.earlier_results import EarlierResults
    from theodore_qa.run.finished import FinishedRun

FILE = "regression.json"


class RegressionReport:
    """Compares the tests of a run with those of an earlier one, as ``theodore compare`` does with all that two runs say.

    A test that passed then and has no verdict now is a problem of the run.
    """

    files = (FILE,)

    def __init__(self, before: EarlierResults) -> None:
        self.before = before

    def write(self, run: FinishedRun) -> list[Path]:
        """Write the file, and print a line for each test that got worse."""
        now = comparing.verdicts((test.source, test.name, test.verdict) for test in by_folder(run))
        found = list(comparing.tests(self.before.verdicts, now))
        worse = [change for change in found if change.kind == comparing.WORSE]
        for change in worse:
            click.echo(redact(f"REGRESSION: {change.name} passed in {self.before.run}, and fails now."))
        run.judgement.problems += self._unknown(found)
        compared = sum(verdicts[comparing.PASS] for verdicts in self.before.verdicts.values())
        if not compared:
            run.judgement.problems.append(f"Regression is NOT EVALUATED: no test passed in {self.before.run}.")
        click.echo(f"Regression: {len(worse)} of {compared} tests that passed in {self.before.run} fail now")
        about = {"notice": run.notice or None, "run": run.id, "before": self.before.run, "passed_before": compared}
        changes = {"changes": [asdict(change) for change in sorted(found, key=lambda change: (change.kind, change.name))]}
        path = run.folder / FILE
        path.write_text(redact(json.dumps(about | changes, indent=1, ensure_ascii=False)), encoding="utf-8")
        return [path]

    def _unknown(self, found: list[comparing.Change]) -> Iterator[str]:
        for change in found:
            if change.kind == comparing.UNKNOWN:
                state = "is not among the suites now" if change.now == comparing.GONE else "has no verdict now"
                if change.now == NOT_SELECTED:
                    state = "was not selected now"
                yield f"{change.name} passed in {self.before.run}, and {state}."
