"""Two stages: each mutant alone by the nearest tests, then the survivors in one build by all others, once.

Suites that are green with all survivors are green with each. A mutant can hide another only so that fewer are noticed: the figure
errs to the low side.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from theodore_qa.sensitivity import trial
from theodore_qa.sensitivity.mutation.mutant import copied, joined
from theodore_qa.sensitivity.mutation.trying import NOT_EVALUATED, started, SURVIVED, WHOLE_AREAS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from theodore_qa.sensitivity.mutation.mutant import Mutant
    from theodore_qa.sensitivity.mutation.trying import Result, Trials
    from theodore_qa.sensitivity.proofs import Bench


Red = dict[str, "list[str] | None"]  # suites with their red tests; None where each test may be red


@dataclass
class Stages:
    """Tries mutants alone, and their survivors together.

    Args:
        bench: How many trials at once.
        trials: What the trials share.
        mutants: by their names.
        results: What is known of each mutant, by its name.
        keep: Is called with a mutant's name and its new result, and puts it among the results.
        everywhere: Survivors also meet the areas whose reach is not known, such as security.
    """

    bench: Bench
    trials: Trials
    mutants: Mapping[str, Mutant]
    results: Mapping[str, Result]
    keep: Callable[[str, Result], None]
    everywhere: bool = False

    def alone(self) -> None:
        """Try each mutant for which something is left by the tests and suites nearest to it."""

        def try_alone(_: int, name: str) -> None:
            self.keep(name, self.trials.try_mutant(self.mutants[name], self.results.get(name)))

        waiting = [name for name, mutant in self.mutants.items() if self.trials.open(mutant, self.results.get(name))]
        self.bench.each(waiting, try_alone)

    def together(self) -> None:
        """Run once, for all survivors, what is left for any of them; each alone meets the tests that turned red."""
        waiting = [name for name in self.mutants if name in self.results and self.results[name].survived]
        for number in range(len(waiting)):
            changed, fitting = joined({name: self.mutants[name] for name in waiting})
            waiting = [name for name in waiting if name not in fitting]
            left = {name: self._left(name) for name in fitting}
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
        areas = [f"{area}/" for area in WHOLE_AREAS if area not in known] if self.everywhere else []
        done = self.results[name].suites
        return [suite for suite in (*self.trials.reaching(self.mutants[name]), *areas) if suite not in done]

    def _try_build(self, place: Path, changed: dict[str, str], left: dict[str, list[str]]) -> None:
        suites = list(dict.fromkeys(suite for names in left.values() for suite in names))
        packages = copied(self.trials.package, place / "mutated", changed)
        red: Red = dict.fromkeys(suites)
        passed = Counter[str]()
        if _starts(packages):
            red = {}
            batches = self._batches(suites)
            self.bench.each(
                batches, lambda number, batch: self._run_batch(place / f"batch-{number}", batch, packages, red, passed)
            )

        def try_alone(_: int, name: str) -> None:
            before = self.results[name]
            own, tests = self._among_red(left[name], red)
            result = self.trials.try_mutant(self.mutants[name], before, own, tests) if own else before
            if tests and result.status == NOT_EVALUATED:  # a test may need those before it
                result = self.trials.try_mutant(self.mutants[name], before, own)
            if result.status == SURVIVED or not own:
                count = sum(count for suite, count in passed.items() if _among(suite, left[name]))
                result = replace(
                    result, status=SURVIVED, reason="", suites=[*before.suites, *left[name]], tests=before.tests + count
                )
            self.keep(name, result)

        self.bench.each(list(left), try_alone)

    def _run_batch(self, folder: Path, batch: list[str], packages: Path, red: Red, passed: Counter[str]) -> None:
        folder.mkdir()
        outcome = self.trials.run(folder, batch, packages, ())
        if outcome.code == trial.OVERDUE or not outcome.tests:
            red.update(dict.fromkeys(batch))  # nothing is known of these suites: each survivor meets them alone
            return
        found = defaultdict[str, list[str]](list)
        for test in outcome.tests:
            place = self.trials.place_of(test, self.trials.area(batch[0]))
            if self.trials.red(test):
                found[place].append(test["name"])
            passed[place] += test["verdict"] == "PASS"
        red.update(found)

    def _among_red(self, left: Sequence[str], red: Red) -> tuple[list[str], list[str] | None]:
        """Of the red suites and tests those that are left for a mutant; no tests where a suite has to be run as a whole.

        A test may see what another one, or the suite's set-up, has made by the line: all of a suite that are red are its matter.
        """
        own = {suite: names for suite, names in sorted(red.items()) if _among(suite, left) and (names or names is None)}
        whole = None in own.values()
        return list(own), None if whole else sorted({name for names in own.values() for name in names or ()})

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
