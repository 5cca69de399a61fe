"""A user: goes through journeys step by step, with an identity, a connection and a row of data of its own."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Protocol, TYPE_CHECKING
from urllib.parse import urlsplit

from theodore_load.answers import BadAnswerError, CHECK
from theodore_load.cookies import Cookies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from theodore_load.recording import Recorder
    from theodore_load.scenario import Journey, Scenario, Step
    from theodore_load.session import Session

SAMPLE = 2000
UNDER_WAY = "under way when the load was stopped"
DEFAULT_HEADERS = {"User-Agent": "robotframework-theodore", "Accept": "*/*", "Accept-Encoding": "gzip"}


class Pace(Protocol):
    """What says when a request may go, and whether the load goes on."""

    stopped: str

    def now(self) -> float:
        """Seconds since the load began."""

    def ready(self) -> bool:
        """Whether a request may be sent at once."""

    async def turn(self) -> bool:
        """Wait until a request may be sent; False when none may be sent any more."""

    def think(self) -> float:
        """How long a user thinks before the next request."""


class User:
    """One user of a load; ``number`` counts from 0 over all workers."""

    def __init__(self, number: int, scenario: Scenario, session: Session, recorder: Recorder, pace: Pace) -> None:
        self.number = number
        self.session = session
        self._recorder, self._pace = recorder, pace
        self._scenario = scenario
        self._cookies = Cookies()
        row = scenario.data[number % len(scenario.data)] if scenario.data else {}
        identity = scenario.identities[number % len(scenario.identities)]
        self._values = {"user": number} | row | identity.get("values", {})
        self._headers = {"Host": urlsplit(scenario.url).netloc} | DEFAULT_HEADERS | identity.get("headers", {})
        self._base = urlsplit(scenario.url).path
        steps = [step for journey in scenario.journeys for step in journey.steps]
        self._ready = {
            step.name: request(step, self._base, self._headers, self._values)
            for step in steps
            if _names(step) <= self._values.keys()
        }

    async def go(self, journey: Journey, iteration: int, intended: float) -> None:
        """Go through a journey once; it ends at its first step that fails.

        Args:
            journey: The steps.
            iteration: How many journeys this user made before.
            intended: When it was meant to start, in seconds since the load began.
        """
        values = self._values | {"iteration": iteration}
        began, first = intended, True
        for step in journey.steps:
            if not first:
                pause = self._pace.think()
                intended = self._pace.now() + pause
                if pause:
                    await asyncio.sleep(pause)
            if not await self._step(step, values, intended):
                if len(journey.steps) > 1 and not self._pace.stopped:
                    self._recorder.journeys[journey.name].bad(CHECK, f"its step '{step.name}' failed")
                return
            first = False
        if len(journey.steps) > 1:
            took = self._pace.now() - began
            self._recorder.journeys[journey.name].good(took, took, checked=True)

    async def _step(self, step: Step, values: dict[str, Any], intended: float) -> bool:
        """Send a step until it is done; whether it was."""
        give_up = intended + step.within
        while True:
            if not self._pace.ready() and not await self._pace.turn():
                return False
            done = await self._exchange(step, values, intended)
            if done is not None:
                return done
            if self._pace.now() >= give_up:
                self._recorder.steps[step.name].bad(CHECK, f"not done within {step.within:g} s")
                self._recorder.failed += 1
                return False
            intended = self._pace.now() + step.every
            await asyncio.sleep(step.every)

    async def _exchange(self, step: Step, values: dict[str, Any], intended: float) -> bool | None:
        """Send a step once; whether it succeeded, None where it has to be repeated."""
        recorder, figures = self._recorder, self._recorder.steps[step.name]
        data = self._ready.get(step.name) or request(step, self._base, self._headers, values)
        if self._cookies:
            data = self._cookies.sent_with(data)
        keep = self._scenario.limits["body"] if step.expect.reads_body else SAMPLE
        recorder.requests += 1
        began = self._pace.now()
        try:
            answer = await self.session.exchange(data, step.method, step.timeout, keep)
        except asyncio.CancelledError:
            recorder.unsent[UNDER_WAY] += 1
            raise
        ended = self._pace.now()
        if answer.cookies:
            self._cookies.take(answer.cookies)
        figures.sent += len(data)
        figures.received += answer.received
        figures.statuses[answer.status or answer.kind] += 1
        done = True
        kind, text = answer.kind, answer.text
        if not kind:
            try:
                taken, done = step.expect.judge(answer, values)
            except BadAnswerError as error:
                kind, text = error.kind, str(error)
            else:
                values.update(taken)
        if kind:
            figures.bad(kind, text)
            recorder.failed += 1
            recorder.series.count(ended, None, answer.received)
            return False
        # A journey's later steps are meant to start when they can, so that only the first counts from its arrival.
        figures.good(ended - intended, ended - began, checked=step.expect.checked or not answer.body)
        recorder.series.count(ended, ended - intended, answer.received)
        if not figures.sample:
            figures.sample = bytes(answer.body[:SAMPLE]).decode("utf-8", "replace")
        return True if done else None


def _names(step: Step) -> set[str]:
    """The values that a request needs; what its answer has to be may need more."""
    parts = (step.path, *(value for _, value in step.headers), *([step.body] if step.body else []))
    return set().union(*(part.names for part in parts))


def request(step: Step, base: str, headers: Mapping[str, str], values: Mapping[str, Any]) -> bytes:
    """All bytes of a request; the headers of the step stand before those of the identity."""
    body = step.body.render(values).encode() if step.body else b""
    whole = dict(headers)
    if step.body is not None:
        whole["Content-Type"] = step.media
    if body or step.method in ("POST", "PUT", "PATCH"):
        whole["Content-Length"] = str(len(body))
    by_name = {name.lower(): name for name in whole}
    for name, value in step.headers:
        whole[by_name.get(name.lower(), name)] = value.render(values)
    lines = "".join(f"{name}: {value}\r\n" for name, value in whole.items())
    return f"{step.method} {base}{step.path.render(values)} HTTP/1.1\r\n{lines}\r\n".encode("latin-1", "replace") + body


def clock() -> float:
    """The clock of a load: one for all processes of a machine."""
    return time.monotonic()
