"""Survivors in one build: suites that are green with all of them are green with each, so they are run once for all.

A slip can hide another only so that fewer are noticed: the figure errs to the low side.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from theodore_qa.sensitivity import trial
from theodore_qa.sensitivity.mutation import slips
from theodore_qa.sensitivity.mutation.mutant import copied
from theodore_qa.sensitivity.mutation.trying import started, SURVIVED, WHOLE_AREAS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from theodore_qa.sensitivity.mutation.mutant import Mutant
    from theodore_qa.sensitivity.mutation.slips import Slip
    from theodore_qa.sensitivity.mutation.trying import Result, Trials
    from theodore_qa.sensitivity.proofs import Bench


@dataclass
class Together:
    """Tries survivors together.

    Args:
        bench: How many trials at once.
        trials: What the trials share.
        mutants: The mutant of each slip, by its id.
        results: What is known of each slip, by its id.
        keep: Is called with a slip's id and its new result.
    """

    bench: Bench
    trials: Trials
    mutants: Mapping[str, Mutant]
    results: Mapping[str, Result]
    keep: Callable[[str, Result], None]

    def run(self, survivors: Sequence[Slip]) -> None:
        """Run once, for all survivors, what is left for any of them; each alone meets the suites that turned red."""
        waiting = list(survivors)
        for number in range(len(survivors)):
            changed, fitting = slips.joined(waiting, self.trials.sources)
            waiting = [slip for slip in waiting if slip not in fitting]
            left = {slip.id: self._left(slip.id) for slip in fitting}
            if unfinished := {name: suites for name, suites in left.items() if suites}:
                place = self.trials.folder / f"together-{number}"
                try:
                    self._try_build(place, changed, unfinished)
                finally:
                    shutil.rmtree(place, ignore_errors=True)
            if not waiting:
                return

    def _left(self, name: str) -> list[str]:
        known = {reach.area for reach in self.trials.reach.suites.values()}
        areas = [f"{area}/" for area in WHOLE_AREAS if area not in known] if self.trials.everywhere else []
        done = self.results[name].suites
        return [suite for suite in (*self.trials.reaching(self.mutants[name]), *areas) if suite not in done]

    def _try_build(self, place: Path, changed: dict[str, str], left: dict[str, list[str]]) -> None:
        suites = list(dict.fromkeys(suite for names in left.values() for suite in names))
        packages = copied(self.trials.package, place / "mutated", changed)
        red, passed = set(suites), Counter[str]()
        if _starts(packages):
            red.clear()
            batches = self._batches(suites)
            self.bench.each(
                batches, lambda number, batch: self._run_batch(place / f"batch-{number}", batch, packages, red, passed)
            )

        def try_alone(_: int, name: str) -> None:
            before = self.results[name]
            own = [suite for suite in sorted(red) if _among(suite, left[name])]
            result = self.trials.try_mutant(self.mutants[name], before, own) if own else before
            if result.status == SURVIVED or not own:
                tests = sum(count for suite, count in passed.items() if _among(suite, left[name]))
                result = replace(
                    result, status=SURVIVED, reason="", suites=[*before.suites, *left[name]], tests=before.tests + tests
                )
            self.keep(name, result)

        self.bench.each(list(left), try_alone)

    def _run_batch(self, folder: Path, batch: list[str], packages: Path, red: set[str], passed: Counter[str]) -> None:
        folder.mkdir()
        outcome = self.trials.run(folder, batch, packages, ())
        if outcome.code == trial.OVERDUE or not outcome.tests:
            red.update(batch)  # nothing is known of these suites: each survivor meets them alone
        for test in outcome.tests:
            if self.trials.red(test):
                red.add(self.trials.place_of(test))
            passed[self.trials.place_of(test)] += test["verdict"] == "PASS"

    def _batches(self, suites: Sequence[str]) -> list[list[str]]:
        """The suites in as many parts as trials run at once, by their areas."""
        parts: list[list[str]] = []
        for number in range(self.bench.workers):
            by_area: dict[str, list[str]] = {}
            for suite in [suite for suite in suites if not suite.endswith("/")][number :: self.bench.workers]:
                by_area.setdefault(self.trials.area(suite), []).append(suite)
            parts += by_area.values()
        return [*parts, *([area] for area in suites if area.endswith("/"))]


def _among(suite: str, names: Sequence[str]) -> bool:
    """Whether a suite, or its whole area, is among the names."""
    return suite in names or f"{suite.partition('/')[0]}/" in names


def _starts(packages: Path) -> bool:
    try:
        return not started(packages)
    except subprocess.TimeoutExpired:
        return False
