"""The readiness score: a range from what is known to have passed to what is not known to have failed, by area."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from theodore_qa.readiness.gates import FAIL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from theodore_qa.readiness.gates import GateResult
    from theodore_qa.readiness.located import LocatedTest
    from theodore_qa.readiness.weights import Area, Weights

NOTHING = "nothing was observed: no test passed or failed"
INCOMPLETE = "the run is incomplete"
NO_AREAS = "the run was not one of suites/ or of a folder in it, so that no area is known as a whole"


@dataclass(frozen=True)
class AreaScore:
    """An area with the weights of its tests by verdict; an area without a test is unknown as a whole."""

    area: Area
    passed: Fraction
    failed: Fraction
    unknown: Fraction
    counts: Counter[str]

    @property
    def low(self) -> Fraction:
        """Its score if all that is unknown fails."""
        return 100 * self.passed / self._whole if self._whole else Fraction(0)

    @property
    def high(self) -> Fraction:
        """Its score if all that is unknown passes."""
        return 100 * (self.passed + self.unknown) / self._whole if self._whole else Fraction(100)

    @property
    def _whole(self) -> Fraction:
        return self.passed + self.failed + self.unknown


@dataclass(frozen=True)
class Readiness:
    """The score of a run.

    Attributes:
        areas: all of them, those that were not run too.
        low: the score if all that is unknown fails, rounded down to two digits; None if there is no score.
        high: the score if all that is unknown passes, rounded up.
        label: of the lower end; empty if there is none.
        capped_by: critical gates whose failure capped the label.
        why_not: why there is no score or no label.
        tests: of areas, with the area of each and its weight there.
        outside: tests that belong to no area.
    """

    areas: tuple[AreaScore, ...]
    low: float | None
    high: float | None
    label: str
    capped_by: tuple[str, ...]
    why_not: str
    tests: tuple[tuple[LocatedTest, str, float], ...]
    outside: tuple[LocatedTest, ...]


def readiness(
    tests: Sequence[LocatedTest], weights: Weights, gates: Sequence[GateResult], problems: Sequence[str], no_label: str = ""
) -> Readiness:
    """The score of a run.

    Args:
        tests: of the run, by folder.
        weights: of the areas.
        gates: as they were evaluated.
        problems: what makes the run incomplete.
        no_label: why the environment gets no label; empty if it may have one.
    """
    placed = [(test, area, weights.weight_of(test)) for test in tests if (area := weights.area_of(test))]
    outside = tuple(test for test in tests if not weights.area_of(test))
    scores = tuple(_area(area, [(test, weight) for test, own, weight in placed if own == area.id]) for area in weights.areas)
    why_not = _why_not(tests, problems)
    low = high = None
    label, capped = "", tuple(result.gate.id for result in gates if result.gate.critical and result.verdict == FAIL)
    if not why_not:
        low = rounded_down(_mean([(score.area.weight, score.low) for score in scores]))
        high = rounded_up(_mean([(score.area.weight, score.high) for score in scores]))
        if not no_label:
            label = weights.lowest_label if capped else weights.label(low)
    return Readiness(scores, low, high, label, capped, why_not or no_label, tuple(placed), outside)


def rounded_down(value: Fraction) -> float:
    """A score with two digits that is no better than it."""
    return math.floor(value * 100) / 100


def rounded_up(value: Fraction) -> float:
    """A score with two digits that is no worse than it."""
    return math.ceil(value * 100) / 100


def _mean(weighted: Sequence[tuple[float, Fraction]]) -> Fraction:
    """The weighted mean, without the errors of binary fractions: 0.1 weighs a tenth."""
    exact = [(Fraction(str(weight)), value) for weight, value in weighted]
    return sum((weight * value for weight, value in exact), Fraction(0)) / sum((weight for weight, _ in exact), Fraction(0))


def _area(area: Area, tests: Sequence[tuple[LocatedTest, float]]) -> AreaScore:
    weighted = [(test, Fraction(str(weight))) for test, weight in tests]
    passed, failed = (
        sum((weight for test, weight in weighted if test.verdict == verdict), Fraction(0)) for verdict in ("PASS", "FAIL")
    )
    unknown = sum((weight for test, weight in weighted if not test.evaluated), Fraction(0))
    return AreaScore(area, passed, failed, unknown, Counter(test.verdict for test, _ in tests))


def _why_not(tests: Sequence[LocatedTest], problems: Sequence[str]) -> str:
    if not tests:
        return NO_AREAS
    if not any(test.evaluated for test in tests):
        return NOTHING
    return f"{INCOMPLETE}: {problems[0]}" if problems else ""
