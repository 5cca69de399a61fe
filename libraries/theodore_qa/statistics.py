"""Shares with their uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z_95 = 1.959964


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
