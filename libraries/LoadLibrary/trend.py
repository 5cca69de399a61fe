"""Whether something grows while a load lasts: the slope of a line with its interval, not the difference of two samples."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from theodore_qa import extras

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST = 8  # points
WARM_UP = 0.2  # the share of the time in which caches fill and pools open
MOST_ALIKE = 0.95
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Trend:
    """A line through points: its slope with the interval at 95 %, and its height in the middle.

    ``seconds`` is from the first point to the last, where the points are of times.
    """

    slope: float
    low: float
    high: float
    middle: float
    n: int
    seconds: float


def trend(points: Sequence[tuple[float, float]], warm_up: float = WARM_UP) -> Trend | None:
    """The trend of points of time and value after the warm-up; None of fewer than 8 points, or of points at one moment.

    Samples of memory follow each other closely. The interval is made wider by how much each residual resembles the one before it
    (lag-1 autocorrelation), as if there were so many fewer samples.
    """
    if not points:
        return None
    first, last = points[0][0], points[-1][0]
    kept = [point for point in points if point[0] >= first + warm_up * (last - first)]
    n = len(kept)
    if n < FEWEST:
        return None
    mean_x, mean_y = math.fsum(x for x, _ in kept) / n, math.fsum(y for _, y in kept) / n
    spread = math.fsum((x - mean_x) ** 2 for x, _ in kept)
    if not spread:
        return None
    slope = math.fsum((x - mean_x) * (y - mean_y) for x, y in kept) / spread
    residuals = [y - mean_y - slope * (x - mean_x) for x, y in kept]
    alike = min(MOST_ALIKE, max(0.0, _autocorrelation(residuals)))
    independent = max(3.0, n * (1 - alike) / (1 + alike))
    error = math.sqrt(math.fsum(r * r for r in residuals) / (n - 2) / spread * n / independent)
    half = quantile((1 + CONFIDENCE) / 2, independent - 2) * error
    return Trend(slope, slope - half, slope + half, mean_y, n, kept[-1][0] - kept[0][0])


@functools.lru_cache(maxsize=4096)
def quantile(probability: float, degrees: float) -> float:
    """A quantile of Student's t distribution."""
    extras.demand("scipy", "intervals of a load")
    from scipy.special import stdtrit  # in a fiftieth of the time that scipy.stats takes

    return float(stdtrit(degrees, probability))


def _autocorrelation(residuals: Sequence[float]) -> float:
    whole = math.fsum(r * r for r in residuals)
    return math.fsum(a * b for a, b in pairwise(residuals)) / whole if whole else 0.0
