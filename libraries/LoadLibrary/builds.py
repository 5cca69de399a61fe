"""Two builds of a system side by side: each sample is a restart of both, which are then asked by turns, in random order."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import TYPE_CHECKING

from LoadLibrary import building, comparing
from theodore_load.results import value_at
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from LoadLibrary.building import LoadJourney, LoadStep
    from theodore_load.results import Result
    from theodore_qa.systems.system import System

MEDIAN = 50
LONG = 300


def phase_name(phase: str) -> str:
    """The name of a phase among steps."""
    return f"phase {phase}"


class Builds:
    """The build under test and the reference, and how each is measured."""

    def __init__(
        self,
        system: System,
        reference: System,
        steps: Sequence[LoadStep | LoadJourney],
        iterations: int,
        warm_up: int,
        seed: int,
        phases: Sequence[str] = (),
    ) -> None:
        self._system, self._reference = system, reference
        self._steps = {str(step): step for step in steps}
        self._phases = {phase_name(phase): phase for phase in phases}
        self._iterations, self._warm_up = iterations, warm_up
        self._random = random.Random(seed)  # noqa: S311  # the order of builds
        self.answers = 0
        self.heard: Callable[[Result], None] = lambda _result: None

    @property
    def names(self) -> list[str]:
        """What is compared: steps, journeys, and phases of the system."""
        return [*self._steps, *self._phases]

    @property
    def restarts(self) -> bool:
        """Whether both builds are processes that we start anew; else a sample is a session of the client alone."""
        return self._system.embedded and self._reference.embedded

    def sample(self, names: Collection[str], pairs: int) -> dict[str, list[float]]:
        """So many differences of logarithms for each step, positive where the build under test is slower.

        Both builds are there at once, and the one is asked right after the other, round by round: a machine that is busy for a
        moment is so for both. The difference of a pair is the shift between them (Hodges and Lehmann) over its rounds.
        """
        found: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(pairs):
            test, reference = self._pair(names)
            for name in names:
                rounds = zip(test[name], reference[name], strict=True)
                found[name].append(comparing.shift([math.log(own) - math.log(other) for own, other in rounds]))
        return found

    def _pair(self, names: Collection[str]) -> list[dict[str, list[float]]]:
        """What steps took in each round of a restart, of the build under test and of the reference."""
        from theodore_load import turns

        systems = [self._fresh(system) for system in (self._system, self._reference)]
        steps = [self._steps[name] for name in self._driven_for(names)]
        options = {"stages": [f"1 users x {self._iterations}"], "limits": {"lateness": 60}}
        try:
            scenarios = {
                system.name: building.build(system, steps, [], options, Path()) for system in self._random.sample(systems, 2)
            }
            ordered = [scenarios[system.name] for system in systems]
            results = turns.taken(ordered, self._warm_up + self._iterations, self._random)
        finally:
            for system in systems:
                if system.embedded:
                    system.close()
        return [self._times(*of, names) for of in zip(systems, results, strict=True)]

    def _fresh(self, system: System) -> System:
        """A build that is yet to be started, where we start it."""
        if not system.embedded:
            return system
        from theodore_qa.systems.system import System  # with all entries of an environment file, which were read by now

        return System(system.name, system.declared, system.identities, system.environment)

    def _times(self, system: System, results: Sequence[Result], names: Collection[str]) -> dict[str, list[float]]:
        """What steps and phases took in each round that counts."""
        for result in results:
            self.answers += sum(figures.checked for figures in result.steps)
            self.heard(result)
        results = results[self._warm_up :]
        times = {name: self._of_step(system, results, name) for name in self._driven_for(names)}
        return times | {name: self._of_phase(system, results, phase) for name, phase in self._phases.items()}

    def _of_step(self, system: System, results: Sequence[Result], name: str) -> list[float]:
        """The median of a step in each round."""
        rounds = [result.of(name) for result in results]
        medians = [value_at(figures.service, MEDIAN) for figures in rounds]
        right = [median for median in medians if median]
        if len(right) < len(rounds) or not all(figures.checked == figures.count for figures in rounds):
            errors = "; ".join(
                f"{count} x {kind}: {figures.examples[kind]}" for figures in rounds for kind, count in figures.errors.items()
            )
            ok, count = sum(figures.ok for figures in rounds), sum(figures.count for figures in rounds)
            raise NotEvaluatedError(
                f"NOT EVALUATED: '{name}' of {system.name} was answered as expected {ok} of {count} times "
                f"({errors[:LONG] or 'not every answer was checked'}), and builds are compared by right answers alone."
            )
        return right

    def _of_phase(self, system: System, results: Sequence[Result], name: str) -> list[float]:
        """The median of a phase in each round, by the system's own word."""
        times = [result.phases.get(name) for result in results]
        medians = [median for of in times if of is not None and (median := value_at(of, MEDIAN))]
        if len(medians) < len(results):
            listed = ", ".join({phase: None for result in results for phase in result.phases}) or "none"
            raise NotEvaluatedError(
                f"NOT EVALUATED: no answer of {system.name} lists how long the phase '{name}' took; there are {listed}: say "
                f"where they stand by phases= of the step."
            )
        return medians

    def _driven_for(self, names: Collection[str]) -> list[str]:
        """The steps and journeys that are sent for names; a phase may be of any of them."""
        return list(self._steps) if self._phases.keys() & set(names) else [name for name in self._steps if name in names]
