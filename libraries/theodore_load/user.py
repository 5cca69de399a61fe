"""A user: goes through journeys step by step, with an identity, a connection and a row of data of its own."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol, TYPE_CHECKING
from urllib.parse import urljoin, urlsplit, urlunsplit

from theodore_load import answers, streaming
from theodore_load.answers import BadAnswerError, CHECK
from theodore_load.cookies import Cookies, END_OF_HEADERS
from theodore_load.protocol import Answer, clock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from theodore_load.phases import Phases
    from theodore_load.recording import Figures, Recorder
    from theodore_load.scenario import Journey, Scenario, Step
    from theodore_load.session import Session
    from theodore_load.streaming import Stream

SAMPLE = 2000
REDIRECT = "redirect"
REDIRECTS = frozenset({301, 302, 303, 307, 308})
SEE_OTHER, MAY_CHANGE = 303, frozenset({301, 302})
UNDER_WAY = "under way when the load was stopped"
DEFAULT_HEADERS = {"User-Agent": "robotframework-theodore", "Accept": "*/*", "Accept-Encoding": "gzip"}


class Pace(Protocol):
    """What says when a request may go, and whether the load goes on."""

    stopped: str
    origin: float  # when the load began, by `clock`

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
        self._served = recorder.serving(str(identity.get("name", "nobody")))
        self._values = {"user": number} | row | identity.get("values", {})
        self._headers = {"Host": urlsplit(scenario.url).netloc} | DEFAULT_HEADERS | identity.get("headers", {})
        self._base = urlsplit(scenario.url).path
        steps = [step for journey in scenario.journeys for step in journey.steps]
        self._ready = {step.name: self._prepared(step) for step in steps}

    def _prepared(self, step: Step) -> tuple[bytes, Figures, int]:
        """What a step takes each time: its request where that is always the same, its figures, and how much of a body is kept."""
        same = step.own_names <= self._values.keys()
        data = request(step, self._base, self._headers, self._values) if same else b""
        return data, self._recorder.steps[step.name], self._scenario.limits["body"] if step.reads_body else SAMPLE

    async def go(self, journey: Journey, iteration: int, intended: float) -> None:
        """Go through a journey once; it ends at its first step that fails.

        Args:
            journey: The steps.
            iteration: How many journeys this user made before.
            intended: When it was meant to start, in seconds since the load began.
        """
        values = self._values | {"iteration": iteration} if journey.needs_values else self._values
        pace, last = self._pace, intended
        for number, step in enumerate(journey.steps):
            if number:
                pause = pace.think()
                last = pace.now() + pause
                if pause:
                    await asyncio.sleep(pause)
            done = None if step.repeats or not pace.ready() else await self._exchange(step, values, last)
            if not (await self._step(step, values, last) if done is None else done):
                if journey.long and not pace.stopped:
                    self._recorder.journeys[journey.name].bad(CHECK, f"its step '{step.name}' failed")
                return
        if journey.long:
            took = pace.now() - intended
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

    def _take_phases(self, phases: Phases, answer: Answer) -> None:
        """Record where the system says that its time went."""
        for name, seconds in phases.found(answers.tree_of(answer)):
            self._recorder.phase(name, seconds)

    async def _answer(self, step: Step, data: bytes, values: Mapping[str, Any], keep: int) -> Answer:
        """What comes back for a request, redirects followed as far as the step says."""
        stream = step.stream
        if stream is not None and stream.kind == streaming.WEB_SOCKET:
            return await self._web_socket(step, stream, values)
        enough = streaming.enough_of(stream) if stream is not None else None
        sent = self._cookies.sent_with(data) if self._cookies else data
        answer = await self.session.exchange(sent, step.method, step.timeout, keep, enough)
        if step.redirects and answer.status in REDIRECTS and answer.location:
            answer = await self._redirected(step, data, answer, keep)
        if stream is not None and not answer.kind and answer.status in step.expect.statuses:
            self._fill(answer, stream)
        return answer

    def _fill(self, answer: Answer, stream: Stream) -> None:
        streaming.filled(answer, streaming.events(answer.body))
        if text := stream.lacking(answer.messages or []):
            answer.kind, answer.text = CHECK, text

    async def _redirected(self, step: Step, data: bytes, answer: Answer, keep: int) -> Answer:
        """The answer at the end of redirects; one that leads to another host is not followed."""
        deadline, received = self._pace.now() + step.timeout, 0
        url, method = self._scenario.url, step.method
        at = urljoin(url, data.split(b" ", 2)[1].decode("latin-1"))
        for _ in range(step.redirects):
            if answer.status not in REDIRECTS or not answer.location or answer.kind:
                break
            received += answer.received
            self._cookies.take(answer.cookies)
            at = urljoin(at, answer.location.decode("latin-1"))
            if urlsplit(at)[:2] != urlsplit(url)[:2]:
                return Answer(REDIRECT, f"it leads to another host: {at}")
            target = urlunsplit(("", "", *urlsplit(at)[2:4], "")) or "/"
            data, method = _followed(data, method, answer.status, target)
            if not self._pace.ready() and not await self._pace.turn():
                raise asyncio.CancelledError  # the load was stopped, which is no fault of the system
            self._recorder.requests += 1
            sent = self._cookies.sent_with(data) if self._cookies else data
            answer = await self.session.exchange(sent, method, max(0.001, deadline - self._pace.now()), keep)
        answer.received += received
        if answer.status in REDIRECTS and answer.location and answer.status not in step.expect.statuses:
            answer.kind, answer.text = REDIRECT, f"it leads on after {step.redirects} redirects"
        return answer

    async def _web_socket(self, step: Step, stream: Stream, values: Mapping[str, Any]) -> Answer:
        headers = headers_of(step, dict(self._headers), values)
        if self._cookies:
            headers["Cookie"] = self._cookies.header(headers.pop("Cookie", ""))
        target, send = self._base + step.path.render(values), [text.render(values) for text in stream.send]
        keep = self._scenario.limits["body"]
        answer = await self.session.hold(
            lambda address: streaming.web_socket(stream, address, target, headers, send, keep), step.timeout
        )
        if not answer.kind and answer.status in step.expect.statuses and (text := stream.lacking(answer.messages or [])):
            answer.kind, answer.text = CHECK, text
        return answer

    async def _exchange(self, step: Step, values: dict[str, Any], intended: float) -> bool | None:
        """Send a step once; whether it succeeded, None where it has to be repeated."""
        recorder, pace = self._recorder, self._pace
        data, figures, keep = self._ready[step.name]
        data = data or request(step, self._base, self._headers, values)
        recorder.requests += 1
        began = clock()
        try:
            if step.plain and not self._cookies.values:  # nearly all requests
                answer = await self.session.exchange(data, step.method, step.timeout, keep)
            else:
                answer = await self._answer(step, data, values, keep)
        except asyncio.CancelledError:
            recorder.unsent[UNDER_WAY] += 1
            raise
        came = answer.came or clock()
        ended = came - pace.origin
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
                if step.phases is not None and done:
                    self._take_phases(step.phases, answer)
            except BadAnswerError as error:
                kind, text = error.kind, str(error)
            else:
                values |= taken
        if kind:
            self._failed(figures, kind, text, ended, answer.received)
            return False
        # A journey's later steps are meant to start when they can, so that only the first counts from its arrival.
        checked = step.expect.checked or not answer.body
        recorder.answered(figures, ended, ended - intended, came - began - answer.connecting, answer.received, checked=checked)
        self._served[0] += 1
        self._served[2] += ended - intended
        if not figures.sample:
            figures.sample = bytes(answer.body[:SAMPLE]).decode("utf-8", "replace")
        return True if done else None

    def _failed(self, figures: Figures, kind: str, text: str, ended: float, received: int) -> None:
        figures.bad(kind, text)
        self._recorder.failed += 1
        self._served[1] += 1
        self._recorder.series.count(ended, None, received)


def _followed(data: bytes, method: str, status: int, target: str) -> tuple[bytes, str]:
    """The request to which a redirect leads, and its method (RFC 9110, 15.4)."""
    head, _, body = data.partition(END_OF_HEADERS)
    _, *lines = head.split(b"\r\n")
    if status == SEE_OTHER or (status in MAY_CHANGE and method == "POST"):
        method, body = "GET" if method != "HEAD" else method, b""
        lines = [line for line in lines if not line.lower().startswith((b"content-length:", b"content-type:"))]
    first = f"{method} {target} HTTP/1.1".encode("latin-1", "replace")
    return b"\r\n".join((first, *lines)) + END_OF_HEADERS + body, method


def request(step: Step, base: str, headers: Mapping[str, str], values: Mapping[str, Any]) -> bytes:
    """All bytes of a request; the headers of the step stand before those of the identity."""
    body = step.body.render(values).encode(step.encoding) if step.body else b""
    whole = dict(headers)
    if step.body is not None:
        whole["Content-Type"] = step.media
    if body or step.method in ("POST", "PUT", "PATCH"):
        whole["Content-Length"] = str(len(body))
    if step.stream is not None:
        whole["Accept"] = "text/event-stream"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers_of(step, whole, values).items())
    return f"{step.method} {base}{step.path.render(values)} HTTP/1.1\r\n{lines}\r\n".encode("latin-1", "replace") + body


def headers_of(step: Step, headers: dict[str, str], values: Mapping[str, Any]) -> dict[str, str]:
    """Headers with those of a step in place of others of their names."""
    by_name = {name.lower(): name for name in headers}
    for name, value in step.headers:
        headers[by_name.get(name.lower(), name)] = value.render(values)
    return headers
