"""The quality of a batch: the mean score of its records with its interval, and the worst of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBABILITY = 0.975
EXACT = {1: math.tan(math.pi * (PROBABILITY - 0.5)), 2: 0.95 * math.sqrt(2 / (1 - 0.95**2))}
FEWEST = 2


@dataclass(frozen=True)
class BatchScore:
    """Scores of the records of a batch by their names."""

    scores: Mapping[str, float]

    @property
    def mean(self) -> float:
        """The mean score."""
        return math.fsum(self.scores.values()) / len(self.scores)

    @property
    def worst(self) -> tuple[str, float]:
        """The name and the score of the worst record."""
        return min(self.scores.items(), key=lambda item: item[1])

    @property
    def interval(self) -> tuple[float, float]:
        """Between which values the mean of such records lies with a confidence of 95 % (Student); 0 to 1 of a single one."""
        count = len(self.scores)
        if count < FEWEST:
            return 0.0, 1.0
        import statistics  # brings fractions: as long to import as three of our modules

        half = quantile(count - 1) * statistics.stdev(self.scores.values()) / math.sqrt(count)
        return max(0.0, self.mean - half), min(1.0, self.mean + half)

    def __str__(self) -> str:
        low, high = self.interval
        name, score = self.worst
        return f"mean {self.mean:.3f} (95 %: {low:.3f} to {high:.3f}), worst {name} with {score:.3f}"


def quantile(freedom: int) -> float:
    """The 97.5 % quantile of Student's distribution: exact for 1 and 2 degrees of freedom, else by the Cornish-Fisher series."""
    if freedom in EXACT:
        return EXACT[freedom]
    from statistics import NormalDist

    z = NormalDist().inv_cdf(PROBABILITY)
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )
