"""What the users of one Locust process share: when they begin, how fast they are, when they stop, and what is recorded."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

import gevent
from gevent.event import Event

from theodore_load import stages
from theodore_load.pace import HELD, Pace
from theodore_load.recording import Recorder
from theodore_load.share import mixture, TICK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from theodore_load.scenario import Journey, Scenario


class Crew:
    """The users of worker ``index`` of ``of``; as many as ``users`` are at work, and those beyond the scenario's do nothing."""

    def __init__(self, scenario: Scenario, index: int, of: int, users: int) -> None:
        self.scenario, self._index, self._of = scenario, index, of
        names = [step.name for journey in scenario.journeys for step in journey.steps]
        self.recorder = Recorder(names, [journey.name for journey in scenario.journeys if len(journey.steps) > 1])
        self.stopped = ""
        self.origin = 0.0
        self.begun, self.ended = Event(), Event()
        self._cycle = mixture(scenario)
        self._pace = Pace(scenario, index, of)
        self._numbers = itertools.count(index, of)
        self._at_work = users
        arrivals = stages.arrivals(scenario.stages) if scenario.open else ()
        self._due: Iterator[float] = (at for number, at in enumerate(arrivals) if number % of == index)

    def now(self) -> float:
        """Seconds since the load began."""
        return time.monotonic() - self.origin

    def think(self) -> float:
        """How long a user thinks before the next request."""
        return self._pace.think()

    def number(self) -> int:
        """The number of the next user, over all workers."""
        return next(self._numbers)

    def journey(self, number: int, iteration: int) -> Journey:
        """The journey that a user goes on."""
        return self._cycle[(number + iteration) % len(self._cycle)]

    def begin(self, delay: float) -> None:
        """Let all users begin in ``delay`` seconds."""
        self.origin = time.monotonic() + delay
        gevent.spawn(self._tick)
        limit = self.scenario.limits["seconds"]
        gevent.spawn_later(delay + limit, self.stop, f"the bound of {limit:g} s was reached")
        self.begun.set()

    def stop(self, cause: str) -> None:
        """Send no more."""
        self.stopped = self.stopped or cause

    def turn(self) -> bool:
        """Wait for the limit of the rate; False when no more may be sent."""
        if self.recorder.requests >= self._pace.most:
            self.stop(f"the bound of {self.scenario.limits['requests']} requests was reached")
        if not self.stopped and (wait := self._pace.wait(self.now())):
            self.recorder.held += wait > HELD
            gevent.sleep(wait)
        return not self.stopped

    def work(self, number: int, go: Callable[[Journey, int, float], None]) -> None:
        """Have a user work from the beginning to the end of the load."""
        self.begun.wait()
        try:
            (self._arrivals if self.scenario.open else self._shifts)(number, go)
        finally:
            self._at_work -= 1
            if not self._at_work:
                self.recorder.unsent.update({self.stopped: left} if (left := sum(1 for _ in self._due)) else {})
                self.ended.set()

    def _shifts(self, number: int, go: Callable[[Journey, int, float], None]) -> None:
        iteration = 0
        gevent.sleep(max(0.0, self.scenario.begins(number) - self.now()))
        for shift in stages.shifts(self.scenario.stages, number):
            gevent.sleep(max(0.0, shift.start - self.now()))
            before, intended = iteration, self.now()
            while not self.stopped and (iteration - before < shift.iterations if shift.iterations else self.now() < shift.end):
                iteration += 1
                go(self.journey(number, iteration - 1), iteration - 1, intended)
                pause = self.think()
                if not shift.iterations:
                    pause = min(pause, max(0.0, shift.end - self.now()))
                intended = self.now() + pause
                gevent.sleep(pause)
            if missing := shift.iterations - (iteration - before) if shift.iterations else 0:
                self.recorder.unsent[self.stopped] += missing

    def _arrivals(self, number: int, go: Callable[[Journey, int, float], None]) -> None:
        if number >= self.scenario.users:
            return
        behind = self.scenario.limits["behind"]
        for iteration, at in enumerate(self._due):
            early = at - self.now()
            gevent.sleep(max(0.0, early))
            if early > 0:
                self.recorder.lateness.record(self.now() - at)
            elif -early > behind:
                self.stop(f"the rate was missed: an arrival waited {behind:g} s for a free user")
            if self.stopped:
                self.recorder.unsent[self.stopped] += 1
                return
            go(self.journey(number, iteration), iteration, at)

    def _tick(self) -> None:
        """Measure how late this process is for its own appointments."""
        while not self.ended.is_set():
            planned = time.monotonic() + TICK
            gevent.sleep(TICK)
            self.recorder.lateness.record(time.monotonic() - planned)
