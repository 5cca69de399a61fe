"""Whether a build is slower than another: paired restarts, a test of their differences, and Holm over all benchmarks of a run.

A restart of each build, one after the other in random order, is a pair; its difference is that of the logarithms of their
medians, so that what a whole session has in common cancels out. A suspicion is measured again, and both samples decide together:
that can only make a false alarm rarer (a benchmark is red if it is suspicious and the whole sample is significant).
"""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from LoadLibrary.trend import quantile
from theodore_qa import extras
from theodore_qa.errors import UsageError

ALPHA = 0.01  # the chance of a false alarm in a run
SUSPICION = 0.05
POWER = 0.97  # of each of the two looks, so that both find 95 %
NOISE_CONFIDENCE = 0.95
FEWEST, MOST_PAIRS = 3, 10_000
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


def measured(names: Sequence[str], pairs: int, tolerance: float, sample: Sampler) -> list[Comparison]:
    """Measure benchmarks, measure again what is suspicious, and judge all of them together.

    Args:
        names: The benchmarks.
        pairs: How many restarts of each build.
        tolerance: The share by which a build may be slower without being worse.
        sample: Returns so many differences for each of the benchmarks that it is given.

    Raises:
        UsageError: There are too few pairs, or the tolerance is none.
    """
    if pairs < FEWEST or not 0 < tolerance < math.inf:
        raise UsageError(f"A comparison needs at least {FEWEST} restarts of each build, and a tolerance above 0.")
    differences = {name: list(values) for name, values in sample(names, pairs).items()}
    suspicious = [name for name, values in differences.items() if probability(values) < SUSPICION]
    if suspicious:
        for name, values in sample(suspicious, pairs).items():
            differences[name] += values
    return judged(differences, pairs, tolerance)


def judged(differences: Mapping[str, Sequence[float]], pairs: int, tolerance: float, alpha: float = ALPHA) -> list[Comparison]:
    """The verdicts on differences; ``pairs`` is how many were measured at first."""
    chances = {name: probability(values) for name, values in differences.items()}
    significant = holm(chances, alpha)
    return [
        _comparison(name, values, chances[name], name in significant, pairs, tolerance, len(chances))
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
    from scipy.stats import t

    spread = statistics.stdev(values)
    mean = statistics.fmean(values)
    if not spread:
        return 0.0 if mean else 1.0
    return float(2 * t.sf(abs(mean) / spread * math.sqrt(len(values)), len(values) - 1))


def detectable(spread: float, seen: int, pairs: int, of: int, alpha: float = ALPHA) -> float:
    """The smallest difference that a run of ``of`` benchmarks with so many pairs finds in 95 % of cases.

    The noise is that of ``seen`` pairs, taken at the upper end of its interval: a sample that was quiet by luck promises nothing.
    """
    upper = spread * _upper(seen)
    first = (quantile(1 - SUSPICION / 2, pairs - 1) + quantile(POWER, pairs - 1)) / math.sqrt(pairs)
    both = 2 * pairs
    second = (quantile(1 - alpha / of / 2, both - 1) + quantile(POWER, both - 1)) / math.sqrt(both)
    return upper * max(first, second)


@functools.lru_cache(maxsize=1024)
def _upper(seen: int) -> float:
    """By how much the noise may be larger than that of so many pairs."""
    from scipy.stats import chi2

    return math.sqrt((seen - 1) / float(chi2.ppf(1 - NOISE_CONFIDENCE, seen - 1)))


def needed(spread: float, seen: int, tolerance: float, of: int) -> int:
    """How many pairs find a slow-down as large as the tolerance."""
    low, high = FEWEST - 1, FEWEST
    while detectable(spread, seen, high, of) > math.log1p(tolerance) and high < MOST_PAIRS:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if detectable(spread, seen, middle, of) <= math.log1p(tolerance) else (middle, high)
    return high


def _comparison(
    name: str, values: Sequence[float], chance: float, significant: bool, pairs: int, tolerance: float, of: int
) -> Comparison:
    n, mean, spread = len(values), statistics.fmean(values), statistics.stdev(values)
    half = quantile(0.975, n - 1) * spread / math.sqrt(n)
    low, high, limit = mean - half, mean + half, math.log1p(tolerance)
    smallest = max(limit, detectable(spread, n, pairs, of)) if spread else limit
    if -limit <= low and high <= limit:
        change = Change.UNCHANGED
    elif significant:
        change = Change.REGRESSED if mean > 0 else Change.IMPROVED
    else:
        change = Change.INCONCLUSIVE
    decides = max(n + 1, needed(spread, n, tolerance, of)) if change is Change.INCONCLUSIVE else 0
    return Comparison(name, change, math.exp(mean), math.exp(low), math.exp(high), chance, n, math.expm1(smallest), decides)
