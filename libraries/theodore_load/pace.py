"""How fast one worker may be: its share of the largest rate and number of requests, and how long its users think."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from theodore_load.scenario import Scenario

HELD = 0.01  # seconds; shorter waits for the limit of the rate are rounding


class Pace:
    """The bounds of worker ``index`` of ``of``: ``most`` requests, ``gap`` seconds from one to the next, 0 without a limit."""

    def __init__(self, scenario: Scenario, index: int, of: int) -> None:
        rate = scenario.limits["max_rps"] / of
        self.gap = 1 / rate if rate else 0.0
        self.most = max(1, scenario.limits["requests"] // of)
        self._next = 0.0
        self._think = scenario.think
        self._random = random.Random(index)  # noqa: S311  # think time

    def think(self) -> float:
        """How long a user thinks before the next request, in seconds."""
        low, high = self._think
        return self._random.uniform(low, high) if high else 0.0

    def wait(self, now: float) -> float:
        """How many seconds after ``now`` the next turn is, which is taken by that; 0 without a limit of the rate."""
        if not self.gap:
            return 0.0
        turn = max(now, self._next)
        self._next = turn + self.gap
        return turn - now
