"""The largest rate that meets objectives: steps upwards, then bisection, then the rate that was found once more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

GROWTH = 2.0
PRECISION = 0.1  # the share of the rate at which the search ends
MOST_TRIALS = 20


@dataclass
class Capacity:
    """What a search found: the largest rate that held twice, the smallest that did not, and all that was tried."""

    rate: float = 0.0
    above: float = 0.0  # the smallest rate that did not hold; 0 where all held
    trials: list[tuple[float, bool]] = field(default_factory=list)

    def __str__(self) -> str:
        """It in words."""
        tried = f"{len(self.trials)} trials"
        if not self.rate:
            return f"no rate held, the smallest was {self.above:g}/s ({tried})"
        if not self.above:
            return f"at least {self.rate:g}/s, the most that was tried ({tried})"
        return f"{self.rate:g}/s held twice and {self.above:g}/s did not ({tried})"


def search(holds: Callable[[float], bool], start: float, most: float, precision: float = PRECISION) -> Capacity:
    """Search for the capacity between ``start`` and ``most``; ``holds`` tries one rate.

    A rate that held once by luck is found out by its second trial; the search then goes on below it.
    """
    found = Capacity()

    def tried(rate: float) -> bool:
        result = holds(rate)
        found.trials.append((rate, result))
        if not result:
            found.above = min(found.above or rate, rate)
        return result

    low, rate = 0.0, start
    while tried(rate):
        low = rate
        if rate >= most:
            break
        rate = min(most, rate * GROWTH)
    while len(found.trials) < MOST_TRIALS:
        while low and found.above and found.above - low > precision * low and len(found.trials) < MOST_TRIALS:
            middle = round((low + found.above) / 2, 1)
            if tried(middle):
                low = middle
        if not low or tried(low):
            break
        low = max((rate for rate, held in found.trials if held and rate < found.above), default=0.0)
    else:
        return found
    found.rate = low
    return found
