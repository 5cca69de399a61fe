"""Systems by turns: one user of each goes through all journeys, a round with the one right after a round with the other.

What else the machine does in these moments slows all of them alike. There is no process of its own: so few requests need none,
and starting one takes longer than they do.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from theodore_load.pace import Pace
from theodore_load.protocol import clock
from theodore_load.recording import Recorder
from theodore_load.results import Result
from theodore_load.session import Address, Session
from theodore_load.user import User

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from theodore_load.scenario import Scenario

STOPPED = "the rounds were interrupted"


def taken(scenarios: Sequence[Scenario], rounds: int, draw: random.Random) -> list[list[Result]]:
    """Let systems take turns.

    Args:
        scenarios: One for each system; their stages are not looked at.
        rounds: How often each of them has its turn.
        draw: Draws the order of systems in each round.

    Returns:
        For each scenario the result of each round.
    """
    visitors = [_Visitor(scenario) for scenario in scenarios]
    with ThreadPoolExecutor(1) as pool:  # whoever calls may have a loop of their own
        running = pool.submit(asyncio.run, _rounds(visitors, rounds, draw))
        try:
            running.result()
        except BaseException:
            for visitor in visitors:
                visitor.stopped = STOPPED
            raise
    return [visitor.results() for visitor in visitors]


async def _rounds(visitors: Sequence[_Visitor], rounds: int, draw: random.Random) -> None:
    try:
        for _ in range(rounds):
            for visitor in draw.sample(visitors, len(visitors)):
                await visitor.go()
    finally:
        for visitor in visitors:
            visitor.close()


class _Visitor:
    """The user of one system, over a connection that stays; each round is recorded apart."""

    def __init__(self, scenario: Scenario) -> None:
        self.stopped, self.origin = "", 0.0
        self._scenario = scenario
        self._session = Session(Address.declared(scenario.url, scenario.declared))
        self._pace = Pace(scenario, 0, 1)
        self._recorded: list[tuple[Recorder, float]] = []

    # What a user asks

    def now(self) -> float:
        """Seconds by the clock."""
        return clock()

    def ready(self) -> bool:
        """Whether a request may be sent at once."""
        return not self._pace.gap and not self.stopped

    async def turn(self) -> bool:
        """Wait for the limit of the rate."""
        await asyncio.sleep(self._pace.wait(self.now()))
        return not self.stopped

    def think(self) -> float:
        """Nobody thinks while builds are compared."""
        return 0.0

    # Its rounds

    async def go(self) -> None:
        """Go through all journeys once."""
        if self.stopped:
            return
        journeys, number = self._scenario.journeys, len(self._recorded)
        names = [step.name for journey in journeys for step in journey.steps]
        recorder = Recorder(names, [journey.name for journey in journeys if journey.long])
        user, began = User(0, self._scenario, self._session, recorder, self), time.monotonic()
        for journey in journeys:
            await user.go(journey, number, self.now())
        self._recorded.append((recorder, time.monotonic() - began))

    def results(self) -> list[Result]:
        """The result of each round."""
        found = []
        for recorder, seconds in self._recorded:
            made = Result(self._scenario, 1)
            made.add(recorder.data() | {"cpu": 0.0, "stopped": self.stopped, "seconds": seconds})
            found.append(made)
        return found

    def close(self) -> None:
        """End the connection."""
        self._session.close()
