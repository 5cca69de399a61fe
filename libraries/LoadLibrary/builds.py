"""Two builds of a system side by side: each sample is a restart of each, in random order, driven by the same steps."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import TYPE_CHECKING

from LoadLibrary import building
from theodore_load.results import value_at
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from LoadLibrary.building import LoadJourney, LoadStep
    from theodore_load.results import Result
    from theodore_qa.systems.system import System

MEDIAN = 50


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
        """So many differences of logarithms of medians for each step, positive where the build under test is slower."""
        found: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(pairs):
            sides = [self._system, self._reference]
            self._random.shuffle(sides)
            medians = {system.name: self._medians(system, names) for system in sides}
            for name in names:
                test, reference = medians[self._system.name][name], medians[self._reference.name][name]
                found[name].append(math.log(test) - math.log(reference))
        return found

    def _medians(self, system: System, names: Collection[str]) -> dict[str, float]:
        """The medians of steps in a restart of a build."""
        fresh = system
        if system.embedded:
            from theodore_qa.systems.system import System  # with all entries of an environment file, which were read by now

            fresh = System(system.name, system.declared, system.identities, system.environment)
        try:
            for iterations in filter(None, (self._warm_up, self._iterations)):
                result = self._driven(fresh, names, iterations)
        finally:
            if fresh is not system:
                fresh.close()
        medians = {phase_name(name): self._of_phase(system, result, name) for name in self._phases.values()}
        for name in self._driven_for(names):
            figures = result.of(name)
            median = value_at(figures.service, MEDIAN)
            if median is None or figures.ok < figures.count or not figures.checked:
                errors = "; ".join(f"{count} x {kind}: {figures.examples[kind]}" for kind, count in figures.errors.items())
                raise NotEvaluatedError(
                    f"NOT EVALUATED: '{name}' of {system.name} was answered as expected {figures.ok} of {figures.count} times "
                    f"({errors or 'no answer was checked'}), and builds are compared by right answers alone."
                )
            medians[name] = median
        return medians

    def _of_phase(self, system: System, result: Result, name: str) -> float:
        """The median of a phase, by the system's own word."""
        times = result.phases.get(name)
        median = value_at(times, MEDIAN) if times is not None else None
        if not median:
            listed = ", ".join(result.phases) or "none"
            raise NotEvaluatedError(
                f"NOT EVALUATED: no answer of {system.name} lists how long the phase '{name}' took; there are {listed}: say "
                f"where they stand by phases= of the step."
            )
        return median

    def _driven_for(self, names: Collection[str]) -> list[str]:
        """The steps and journeys that are sent for names; a phase may be of any of them."""
        return list(self._steps) if self._phases.keys() & set(names) else [name for name in self._steps if name in names]

    def _driven(self, system: System, names: Collection[str], iterations: int) -> Result:
        from theodore_load import engine

        steps = [self._steps[name] for name in self._driven_for(names)]
        options = {"stages": [f"1 users x {iterations * len(steps)}"], "limits": {"lateness": 60}}
        whole = building.build(system, steps, [], options, Path())
        result = engine.run(whole)
        if result.partial:
            raise NotEvaluatedError(f"NOT EVALUATED: a sample of {system.name} is not whole: {result.partial}.")
        self.answers += result.total.checked
        self.heard(result)
        return result
