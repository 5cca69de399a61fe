"""Shares with their uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z_95 = 1.959964
UNLIKELY = 0.05
HALVINGS = 50


@dataclass(frozen=True)
class Share:
    """``hits`` of ``tried``, with the Wilson score interval at 95 % (Wilson 1927, Brown, Cai and DasGupta 2001)."""

    hits: int
    tried: int

    @property
    def value(self) -> float:
        """The share itself; 0 where nothing was tried."""
        return self.hits / self.tried if self.tried else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Between which values the true share lies; from 0 to 1 where nothing was tried."""
        if not self.tried:
            return 0.0, 1.0
        n, p, z = self.tried, self.value, Z_95
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return max(0.0, centre - half), min(1.0, centre + half)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.hits} of {self.tried} = {self.value:.0%} (95 %: {low:.0%} to {high:.0%})"

    @property
    def lower_bound(self) -> float:
        """Above which value the true share lies with a confidence of 95 %: exact and one-sided (Clopper and Pearson 1934).

        59 of 59 prove 95 %, and so do 92 of 93; 2,995 of 2,995 prove 99.9 %.
        """
        return _lower_bound(self.hits, self.tried)

    @property
    def upper_bound(self) -> float:
        """Below which value the true share lies with a confidence of 95 %, exact and one-sided."""
        return 1 - _lower_bound(self.tried - self.hits, self.tried)


def needed(share: float, errors: int = 0) -> int:
    """How many must be tried, of which so many fail, for the lower bound of a share below 1 to reach ``share``."""
    low, high = errors, errors + 1
    while _lower_bound(high - errors, high) < share:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _lower_bound(middle - errors, middle) >= share else (middle, high)
    return high


def _lower_bound(hits: int, tried: int) -> float:
    if hits <= 0:
        return 0.0
    errors = tried - hits
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(errors, tried, 1 - middle) < UNLIKELY else (low, middle)
    return low


def _at_most(errors: int, tried: int, rate: float) -> float:
    """The probability of at most so many errors in ``tried`` at this rate of errors."""
    if rate <= 0:
        return 1.0
    if rate >= 1:
        return float(errors >= tried)
    if 2 * errors > tried:  # the other side of the distribution has fewer terms
        return 1 - _at_most(tried - errors - 1, tried, 1 - rate)
    log, complement = math.log(rate), math.log1p(-rate)
    whole = math.lgamma(tried + 1)
    return math.fsum(
        math.exp(whole - math.lgamma(k + 1) - math.lgamma(tried - k + 1) + k * log + (tried - k) * complement)
        for k in range(errors + 1)
    )
