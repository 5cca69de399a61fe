"""What passed in an earlier run and does not now: regression.json, and a line for each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from theodore_qa.readiness.located import by_folder
from theodore_qa.redaction.secrets import redact

if TYPE_CHECKING:
    from pathlib import Path

    from theodore_qa.pack.earlier_results import EarlierResults
    from theodore_qa.run.finished import FinishedRun

FILE = "regression.json"


class RegressionReport:
    """Compares the verdicts of a run with those of an earlier one; a test that passed then and is not there now is a problem."""

    files = (FILE,)

    def __init__(self, before: EarlierResults) -> None:
        self.before = before

    def write(self, run: FinishedRun) -> list[Path]:
        """Write the file, and print a line for each test that got worse."""
        now = {(test.source, test.name): test.verdict for test in by_folder(run)}
        found: dict[str, list[str]] = {kind: [] for kind in ("regressed", "no_verdict_now", "gone", "fixed", "new")}
        for name, verdict in self.before.verdicts.items():
            if kind := _kind(verdict, now.get(name, "")):
                found[kind].append(_written(name))
        found["new"] = [_written(name) for name in now.keys() - self.before.verdicts.keys()]
        found = {kind: sorted(names) for kind, names in found.items()}
        for test in found["regressed"]:
            click.echo(redact(f"REGRESSION: {test} passed in {self.before.run}, and fails now."))
        for kind, state in (("no_verdict_now", "has no verdict now"), ("gone", "is not among the suites now")):
            run.judgement.problems += [f"{test} passed in {self.before.run}, and {state}." for test in found[kind]]
        compared = sum(verdict == "PASS" for verdict in self.before.verdicts.values())
        if not compared:
            run.judgement.problems.append(f"Regression is NOT EVALUATED: no test passed in {self.before.run}.")
        click.echo(f"Regression: {len(found['regressed'])} of {compared} tests that passed in {self.before.run} fail now")
        about = {"notice": run.notice or None, "run": run.id, "before": self.before.run, "passed_before": compared}
        path = run.folder / FILE
        path.write_text(redact(json.dumps(about | found, indent=1, ensure_ascii=False)), encoding="utf-8")
        return [path]


def _kind(before: str, now: str) -> str:
    """What became of a test; empty for what stayed, or was no pass before and is none now."""
    if before != "PASS":
        return "fixed" if before == "FAIL" and now == "PASS" else ""
    return {"PASS": "", "FAIL": "regressed", "": "gone"}.get(now, "no_verdict_now")


def _written(name: tuple[str, str]) -> str:
    return f"{name[1]} ({name[0]})"
