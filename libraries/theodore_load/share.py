"""One worker's share of a load: its users, when they start, and what keeps them within bounds."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from typing import TYPE_CHECKING

from theodore_load import stages
from theodore_load.pace import HELD, Pace
from theodore_load.protocol import clock, TOGETHER
from theodore_load.recording import Recorder
from theodore_load.session import Address, Session
from theodore_load.user import User

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from typing import Any

    from theodore_load.scenario import Journey, Scenario

TICK = 0.02
GRACE = 2.0  # seconds for requests that are under way when a load is stopped
NO_USER = "no user was free"
BROKEN = "the client broke"


def mixture(scenario: Scenario) -> list[Journey]:
    """The journeys by their weights, in the same order in each run."""
    cycle = [journey for journey in scenario.journeys for _ in range(journey.weight)]
    random.Random(len(cycle)).shuffle(cycle)  # noqa: S311  # the same mixture in each run
    return cycle


class Share:
    """The users of worker ``index`` of ``of``; ``stopped`` is the cause once no more is to be sent."""

    def __init__(self, scenario: Scenario, index: int, of: int) -> None:
        self.scenario, self._index, self._of = scenario, index, of
        names = [step.name for journey in scenario.journeys for step in journey.steps]
        long = [journey.name for journey in scenario.journeys if len(journey.steps) > 1]
        self.recorder = Recorder(names, long)
        self.stopped = ""
        self.origin = 0.0
        self._address = Address.declared(scenario.url, scenario.declared)
        self._cycle = mixture(scenario)
        self._pace = Pace(scenario, index, of)
        self._tasks: set[asyncio.Task[None]] = set()
        self._broken: BaseException | None = None
        numbers = range(index, scenario.peak, of)
        self._users = [User(number, scenario, Session(self._address), self.recorder, self) for number in numbers]

    # What a user asks

    def now(self) -> float:
        """Seconds since the load began."""
        return clock() - self.origin

    def think(self) -> float:
        """How long a user thinks before the next request."""
        return self._pace.think()

    def ready(self) -> bool:
        """Whether a request may be sent at once, which is asked before each of them."""
        return not self._pace.gap and not self.stopped and self.recorder.requests < self._pace.most

    async def turn(self) -> bool:
        """Wait for the limit of the rate; False when no more may be sent."""
        if self.recorder.requests >= self._pace.most:
            self.stop(f"the bound of {self.scenario.limits['requests']} requests was reached")
        if not self.stopped and (wait := self._pace.wait(self.now())):
            self.recorder.held += wait > HELD
            await asyncio.sleep(wait)
        return not self.stopped

    # Running

    async def run(self, origin: float) -> None:
        """Run the share; ``origin`` is the moment at which the load begins, by :func:`protocol.clock`."""
        self.origin = origin
        ticker = asyncio.create_task(self._tick())
        seconds = self.scenario.limits["seconds"]
        bound = asyncio.get_running_loop().call_later(seconds, self.stop, f"the bound of {seconds:g} s was reached")
        await (self._open() if self.scenario.open else self._closed())
        bound.cancel()
        ticker.cancel()
        for user in self._users:
            user.session.close()

    def stop(self, cause: str) -> None:
        """Send no more; what is under way gets a moment to end."""
        if not self.stopped:
            self.stopped = cause
            asyncio.get_running_loop().call_later(GRACE, self._cut)

    def _cut(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _tick(self) -> None:
        """Measure how late this process is for its own appointments."""
        while True:
            planned = clock() + TICK
            await asyncio.sleep(TICK)
            self.recorder.lateness.record(clock() - planned)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._broken = self._broken or error
            self.stop(BROKEN)

    async def _finish(self) -> None:
        """Wait for all users; a mistake of our own is raised, so that nothing is missing unnoticed."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        if self._broken:
            raise self._broken

    def _journey(self, user: User, iteration: int) -> Journey:
        return self._cycle[(user.number + iteration) % len(self._cycle)]

    # Closed model

    async def _closed(self) -> None:
        for number, user in enumerate(self._users):
            if number % TOGETHER == 0:
                await asyncio.sleep(0)  # the loop sends what the others have to send
            self._start(self._work(user))
        await self._finish()

    async def _work(self, user: User) -> None:
        iteration, begins, cycle = 0, self.scenario.begins(user.number), self._cycle
        for shift in stages.shifts(self.scenario.stages, user.number):
            before = iteration
            try:
                await asyncio.sleep(max(0.0, max(shift.start, begins) - self.now()))
                intended = self.now()
                while not self.stopped and (iteration - before < shift.iterations if shift.iterations else intended < shift.end):
                    iteration += 1
                    await user.go(cycle[(user.number + iteration - 1) % len(cycle)], iteration - 1, intended)
                    intended = self.now()
                    if self.scenario.think[1]:
                        pause = self.think() if shift.iterations else min(self.think(), max(0.0, shift.end - intended))
                        intended += pause
                        await asyncio.sleep(pause)
            finally:
                if missing := shift.iterations - (iteration - before) if shift.iterations else 0:
                    self.recorder.unsent[self.stopped] += missing

    # Open model

    async def _open(self) -> None:
        free = deque(self._users)
        waiting: deque[float] = deque()
        iterations = dict.fromkeys(self._users, 0)

        async def serve(user: User, intended: float) -> None:
            while True:
                iterations[user] += 1
                await user.go(self._journey(user, iterations[user] - 1), iterations[user] - 1, intended)
                if not waiting or self.stopped:
                    break
                intended = waiting.popleft()
            free.append(user)

        due = self._own_arrivals()
        for at in due:
            await asyncio.sleep(max(0.0, at - self.now()))
            if not self.stopped and waiting and self.now() - waiting[0] > self.scenario.limits["behind"]:
                self.stop(f"the rate was missed: an arrival waited {self.scenario.limits['behind']:g} s for a free user")
            if self.stopped:
                self.recorder.unsent[self.stopped] += 1 + sum(1 for _ in due)
                break
            self.recorder.lateness.record(self.now() - at)
            if free:
                self._start(serve(free.popleft(), at))
            else:
                waiting.append(at)
        if waiting and not self.stopped:
            asyncio.get_running_loop().call_later(self.scenario.limits["behind"], self._abandon, waiting)
        await self._finish()
        if waiting:
            self.recorder.unsent[self.stopped or NO_USER] += len(waiting)

    def _abandon(self, waiting: deque[float]) -> None:
        """Give up arrivals that still wait for a free user long after the last one."""
        if waiting:
            self.recorder.unsent[NO_USER] += len(waiting)
            waiting.clear()

    def _own_arrivals(self) -> Iterator[float]:
        for number, at in enumerate(stages.arrivals(self.scenario.stages)):
            if number % self._of == self._index:
                yield at
