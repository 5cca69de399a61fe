"""How fast the build under test is beside a reference: builds.json, and a line for each step."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from theodore_qa.readiness import builds
from theodore_qa.redaction.secrets import redact
from theodore_qa.run.side_by_side import REFERENCE, TESTED

if TYPE_CHECKING:
    from pathlib import Path

    from theodore_qa.run.finished import FinishedRun
    from theodore_qa.run.side_by_side import Rounds

FILE = "builds.json"


@dataclass(frozen=True)
class Comparison:
    """The verdicts on all steps, and why there are none."""

    verdicts: tuple[builds.StepVerdict, ...] = ()
    seed: int = 0
    problem: str = ""

    @classmethod
    def of(cls, rounds: Rounds, tolerance: float) -> Comparison:
        """The verdicts on what rounds showed."""
        steps = [step for step in rounds.pairs[0][TESTED] if step in rounds.pairs[0][REFERENCE]] if rounds.pairs else []
        pairs = {
            step: [
                (_round(pair[TESTED].get(step, {})), _round(pair[REFERENCE].get(step, {})))
                for pair in rounds.pairs
            ]
            for step in steps
        }  # fmt: skip
        problem = "" if steps else "no step was measured on both builds"
        return cls(tuple(builds.judge(pairs, tolerance)), rounds.seed, problem)

    @property
    def failures(self) -> list[str]:
        """What got slower, or wrong."""
        return [f"Performance: {verdict}." for verdict in self.verdicts if verdict.verdict == builds.REGRESSED]

    @property
    def problems(self) -> list[str]:
        """What could not be told."""
        unknown = (builds.INCONCLUSIVE, builds.NOT_EVALUATED)
        found = [f"Performance: {verdict}." for verdict in self.verdicts if verdict.verdict in unknown]
        return [*found, *([f"Performance is NOT EVALUATED: {self.problem.rstrip('.')}."] if self.problem else [])]

    def data(self) -> dict[str, object]:
        """All of it, as JSON takes it."""
        return {"seed": self.seed, "problem": self.problem or None, "steps": [asdict(verdict) for verdict in self.verdicts]}


def _round(row: dict[str, object]) -> builds.Round:
    seconds, errors = row.get("p50"), row.get("errors", 0)
    return builds.Round(float(seconds) if isinstance(seconds, float | int) else None, int(str(errors)))


class BuildsReport:
    """Has a comparison of two builds decide with the tests of a run."""

    files = (FILE,)

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison

    def write(self, run: FinishedRun) -> list[Path]:
        """Write the file, and let what got slower or could not be told be part of the verdict."""
        run.judgement.failures += self.comparison.failures
        run.judgement.problems += self.comparison.problems
        path = run.folder / FILE
        write(self.comparison, path, {"notice": run.notice or None, "run": run.id})
        return [path]


def write(comparison: Comparison, path: Path, about: dict[str, object]) -> None:
    """Write a comparison, and print a line for each step."""
    for verdict in comparison.verdicts:
        click.echo(redact(f"PERFORMANCE: {verdict}"))
    path.write_text(redact(json.dumps(about | comparison.data(), indent=1, ensure_ascii=False)) + "\n", encoding="utf-8")
