"""Whether a build is slower than another: paired restarts, a test of their differences, and Holm over all benchmarks of a run.

A restart of both builds, which are asked by turns, is a pair; its difference is the shift of the logarithms of their times, so
that what a session or a moment has in common cancels out. What is not known to be within the tolerance is measured on as often
as its noise demands; that number says nothing of the difference, so that the one test of the whole sample is no second look.
"""

from __future__ import annotations

import functools
import itertools
import math
import statistics
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from LoadLibrary.trend import quantile
from theodore_qa import extras
from theodore_qa.errors import UsageError

ALPHA = 0.01  # the chance of a false alarm in a run
POWER = 0.97  # of the test alone, so that with all that may go wrong before it a run finds 95 %
NOISE_CONFIDENCE = 0.95
MARGIN = 0.5  # standard errors
LUCK = 0.15  # by which two processes of one build may differ as long as they live: 12 % were seen
LONE = f"one process of each build may differ by {LUCK:.0%}: deploy both anew, and compare again"
FEWEST, MOST_PAIRS = 3, 10_000
MOST = 40  # pairs of a benchmark in a run
Differences = Mapping[str, Sequence[float]]
Sampler = Callable[[Collection[str], int], Differences]


class Change(StrEnum):
    """What a comparison says."""

    REGRESSED = "REGRESSED"
    IMPROVED = "IMPROVED"
    UNCHANGED = "UNCHANGED"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True)
class Comparison:
    """A benchmark of two builds: differences of logarithms, positive where the build under test is slower."""

    name: str
    change: Change
    ratio: float  # of the time of the build under test to that of the reference
    low: float
    high: float  # its interval at 95 %
    p: float
    pairs: int
    detectable: float  # the smallest slow-down that a run like this finds in 95 % of cases
    needed: int  # pairs that would decide; 0 where it is decided

    def __str__(self) -> str:
        """It in words."""
        text = f"{self.change}: {self.ratio - 1:+.1%} (95 %: {self.low - 1:+.1%} to {self.high - 1:+.1%}, {self.pairs} pairs)"
        return f"{text}; {self.needed} pairs would decide" if self.needed else text


def of_lone_processes(comparison: Comparison, tolerance: float) -> Comparison:
    """The comparison of builds that were not restarted: what one process of each may differ by is no change of the build."""
    if comparison.change is Change.REGRESSED and comparison.low - 1 <= tolerance + LUCK:
        return replace(comparison, change=Change.INCONCLUSIVE)
    return comparison


def shift(differences: Sequence[float]) -> float:
    """The shift of paired values: the median of the means of all pairs of differences (Hodges and Lehmann 1963).

    It takes nearly as few values as a mean, and like a median heeds no stray ones, up to 29 %.
    """
    means = [(first + second) / 2 for first, second in itertools.combinations_with_replacement(differences, 2)]
    return statistics.median(means)


def measured(
    names: Sequence[str], pairs: int, tolerance: float, sample: Sampler, most: int = MOST, alpha: float = ALPHA
) -> list[Comparison]:
    """Measure benchmarks, measure on where that is not enough, and judge all of them together.

    Args:
        names: The benchmarks.
        pairs: How many restarts of the builds at first.
        tolerance: The share by which a build may be slower without being worse.
        sample: Returns so many differences for each of the benchmarks that it is given.
        most: The most restarts in all.
        alpha: The chance of a false alarm in a run.

    Raises:
        UsageError: There are too few pairs, or the tolerance is none.
    """
    if pairs < FEWEST or not 0 < tolerance < math.inf:
        raise UsageError(f"A comparison needs at least {FEWEST} restarts of each build, and a tolerance above 0.")
    differences = {name: list(values) for name, values in sample(names, pairs).items()}
    lacking = {
        name: planned(_spread(values), pairs, tolerance, len(names), most, alpha) - pairs
        for name, values in differences.items()
        if not _within(values, tolerance)
    }
    while lacking := {name: count for name, count in lacking.items() if count > 0}:
        step = min(lacking.values())
        for name, values in sample(list(lacking), step).items():
            differences[name] += values
        lacking = {name: count - step for name, count in lacking.items()}
    return judged(differences, pairs, tolerance, most, alpha)


def judged(
    differences: Mapping[str, Sequence[float]], pairs: int, tolerance: float, most: int = MOST, alpha: float = ALPHA
) -> list[Comparison]:
    """The verdicts on differences; ``pairs`` is how many were measured at first, and ``most`` how many there may be."""
    chances = {name: probability(values) for name, values in differences.items()}
    significant = holm(chances, alpha)
    return [
        _comparison(name, values, chances[name], name in significant, pairs, tolerance, len(chances), most, alpha)
        for name, values in differences.items()
    ]


def holm(chances: Mapping[str, float], alpha: float) -> set[str]:
    """The names whose probability is significant though so many were looked at (Holm 1979)."""
    found: set[str] = set()
    for number, (name, chance) in enumerate(sorted(chances.items(), key=lambda entry: entry[1])):
        if chance > alpha / (len(chances) - number):
            break
        found.add(name)
    return found


def probability(values: Sequence[float]) -> float:
    """How probable a mean so far from 0 would be without a difference: Student's t test of two sides."""
    extras.demand("scipy", "comparisons of builds")
    from scipy.special import stdtr

    mean, spread = statistics.fmean(values), _spread(values)
    if not spread:
        return 0.0 if mean else 1.0
    return float(2 * stdtr(len(values) - 1, -abs(mean) / spread * math.sqrt(len(values))))


def _spread(values: Sequence[float]) -> float:
    """The standard deviation of a sample."""
    mean = statistics.fmean(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


def detectable(spread: float, seen: int, pairs: int, of: int, alpha: float = ALPHA) -> float:
    """The smallest difference that a run of ``of`` benchmarks finds in 95 % of cases once it has so many pairs.

    The noise is that of ``seen`` pairs, taken at the upper end of its interval: a sample that was quiet by luck promises nothing.
    """
    return spread * _upper(seen) * (quantile(1 - alpha / of / 2, pairs - 1) + quantile(POWER, pairs - 1)) / math.sqrt(pairs)


def planned(spread: float, seen: int, tolerance: float, of: int, most: int, alpha: float = ALPHA) -> int:
    """How many pairs a benchmark is measured by that so many pairs do not decide: at least twice as many, at most ``most``."""
    return max(seen, min(most, max(2 * seen, needed(spread, seen, tolerance, of, alpha))))


@functools.lru_cache(maxsize=1024)
def _upper(seen: int) -> float:
    """By how much the noise may be larger than that of so many pairs."""
    from scipy.special import chdtri

    return math.sqrt((seen - 1) / float(chdtri(seen - 1, NOISE_CONFIDENCE)))


def needed(spread: float, seen: int, tolerance: float, of: int, alpha: float = ALPHA) -> int:
    """How many pairs find a slow-down as large as the tolerance."""
    low, high, limit = FEWEST - 1, FEWEST, math.log1p(tolerance)
    while detectable(spread, seen, high, of, alpha) > limit and high < MOST_PAIRS:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if detectable(spread, seen, middle, of, alpha) <= limit else (middle, high)
    return high


def _interval(values: Sequence[float]) -> tuple[float, float]:
    """The interval of the mean at 95 %."""
    n, mean = len(values), statistics.fmean(values)
    half = quantile(0.975, n - 1) * _spread(values) / math.sqrt(n)
    return mean - half, mean + half


def _within(values: Sequence[float], tolerance: float) -> bool:
    """Whether a difference is known to be within the tolerance."""
    low, high = _interval(values)
    return -math.log1p(tolerance) <= low and high <= math.log1p(tolerance)


def _comparison(
    name: str,
    values: Sequence[float],
    chance: float,
    significant: bool,
    pairs: int,
    tolerance: float,
    of: int,
    most: int,
    alpha: float,
) -> Comparison:
    n, mean, spread = len(values), statistics.fmean(values), _spread(values)
    low, high = _interval(values)
    if _within(values, tolerance):
        change = Change.UNCHANGED
    elif significant:
        change = Change.REGRESSED if mean > 0 else Change.IMPROVED
    else:
        change = Change.INCONCLUSIVE
    whole = n if n > pairs else planned(spread, n, tolerance, of, most, alpha)
    margin = MARGIN * spread * _upper(n) / math.sqrt(whole)  # what is as slow as the tolerance may look as if it were within
    smallest = max(math.log1p(tolerance) + margin, detectable(spread, n, whole, of, alpha))
    decides = max(n + 1, needed(spread, n, tolerance, of, alpha)) if change is Change.INCONCLUSIVE else 0
    return Comparison(name, change, math.exp(mean), math.exp(low), math.exp(high), chance, n, math.expm1(smallest), decides)
