"""The client of a scan: every exchange is kept to a budget and a rate, to the hosts that are allowed, and can be shown."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from theodore_qa.errors import NotEvaluatedError, UnreachableError
from theodore_qa.observing.display import plural
from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems.client import UNSENDABLE
from theodore_qa.systems.exchange import NO_ANSWER, retry_after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from SecurityLibrary.sending.never_sent import NeverSent
    from theodore_qa.systems.client import Certificate, Client
    from theodore_qa.systems.exchange import Exchange

LONGEST = 2_000_000  # bytes of an answer that are read
TOO_MANY = 429
INVALID = (400, 422)
PAUSES = (1.0, 2.0, 4.0)  # where a limit does not say when there is room again
LONGEST_PAUSE = 30.0
SLOWEST = 5.0  # requests a second
TOGETHER = 0.5  # seconds within which several threads are told of the same limit
BUSY, TWICE = 503, 2
MOST_AT_ONCE, SHORT = 16, 5.0  # requests that are under way, and seconds for which a busy system is waited for
QUIET = 5.0  # seconds without a limit, after which a scan goes on a little faster
FASTER, BELOW = 1.5, 0.75
MOST_SHOWN, MOST_READ = 120, 4096  # characters of a request in a message, and bytes that they are taken from
WINDOW = 10.0  # seconds over which it is seen how many requests were really sent


class BudgetError(NotEvaluatedError):
    """The scan has used up its requests."""


class TurnOverError(BudgetError):
    """An attack has used up its part of the time that the scan may take."""


@dataclass
class Turn:
    """The time of one attack; ``cut_short`` says that a request was not sent because it was over."""

    ends: float
    reason: str
    clock: Callable[[], float] = time.monotonic
    cut_short: bool = False

    def refuse_when_over(self) -> None:
        """Let nothing more be sent once the time is over.

        Raises:
            TurnOverError: It is.
        """
        if self.clock() >= self.ends:
            self.cut_short = True
            raise TurnOverError(self.reason)


def unlimited(answer: Exchange) -> Exchange:
    """An answer that tells something: one too many requests tells nothing of what was asked."""
    if answer.outcome == TOO_MANY:
        raise NotEvaluatedError("the requests were limited (429)")
    return answer


def _shortened(method: str, path: str, body: bytes) -> str:
    """A request in one line; secrets are left out."""
    sent = secrets.redact(body[:MOST_READ].decode(errors="replace"))[:MOST_SHOWN]
    return f"{method} {secrets.redact(path)[:MOST_SHOWN]}" + (f" with {sent!r}" if sent else "")


@dataclass
class PacedClient:
    """Sends the requests of a scan to one system; safe to use from several threads.

    Whatever a scan sends goes through here, so that nothing goes round the budget, the pace and what is ``never`` sent.
    """

    client: Client
    budget: int = 60_000
    rate: float = 500.0
    patience: float = 120.0  # seconds that are waited for limits in all
    never: NeverSent | None = None
    sent: int = 0
    answered: int = 0
    waited: float = 0.0  # seconds for answers, in all
    silent: int = 0
    first_silent: str = ""  # the request with which the silence began, shortened
    limited: dict[str, Exchange] = field(default_factory=dict)  # the first answer of 429 of each method and path
    _next: float = 0.0
    _most: float = 0.0  # the rate that is gone back to when no limit is met for a while
    _slowed: float = 0.0
    _moments: deque[float] = field(default_factory=lambda: deque(maxlen=20_000))  # when requests were sent
    _limited: str = ""  # the path that was limited last, unless another was answered since
    _lock: threading.Lock = field(default_factory=threading.Lock)
    at_once: int = MOST_AT_ONCE  # requests that may be under way: fewer where the system was busy, or did not answer
    _under_way: int = 0
    _crowd: int = 0  # requests that are meant to go at once
    _crowded: float = 0.0
    _room: threading.Condition = field(default_factory=threading.Condition)
    _others: Iterator[int] = field(default_factory=lambda: itertools.cycle(range(2, 255)))

    def __post_init__(self) -> None:
        self._most = self.rate

    @property
    def url(self) -> str:
        """The address of the system."""
        return self.client.url

    @property
    def after_what(self) -> str:
        """Which request was the first that brought no answer, for whoever looks why."""
        return f"; the first was {self.first_silent}" if self.first_silent else ""

    @property
    def latency(self) -> float:
        """How long an answer takes on average, in seconds; 0 before the first."""
        return self.waited / max(1, self.sent)

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        patient: bool = True,
        source: str = "",
        certificate: Certificate = None,
        beyond_budget: bool = False,
    ) -> Exchange:
        """Send one request; ``path`` goes out as it is, dots and all. No answer is an exchange with status 0.

        One too many (429) is sent again when there is room, and the scan goes on more slowly, unless it is not ``patient``.
        ``source`` is the address to send from, the usual one by default; ``beyond_budget`` is for what puts things back.

        Raises:
            NeverSentError: It is a request that no scan sends.
        """
        if self.never:
            self.never.refuse(method, path, headers, body)
        if beyond_budget:
            with self._lock:
                self.budget = max(self.budget, self.sent + 1)
        answer = self._once(method, path, headers, body, source, certificate)
        for usual in PAUSES if patient else ():
            if answer.status != TOO_MANY or not self._wait(answer, usual):
                break
            answer = self._once(method, path, headers, body, source, certificate)
        for _ in range(TWICE if patient else 0):
            pause = retry_after(answer.headers)
            if answer.status != BUSY or pause is None or pause > SHORT:
                break
            time.sleep(pause)  # it was refused before anything was done
            answer = self._once(method, path, headers, body, source, certificate)
        return answer

    @contextmanager
    def crowd(self, number: int) -> Iterator[None]:
        """As many requests may be under way meanwhile, whatever the system stands."""
        with self._room:
            self._crowd = number
        try:
            yield
        finally:
            with self._room:
                self._crowd = 0

    @contextmanager
    def _place(self) -> Iterator[None]:
        """One of the places for requests that are under way."""
        with self._room:
            self._room.wait_for(lambda: self._under_way < max(self.at_once, self._crowd))
            self._under_way += 1
        try:
            yield
        finally:
            with self._room:
                self._under_way -= 1
                self._room.notify()

    def _learn(self, answer: Exchange) -> None:
        """Let fewer requests be under way where the system was too busy for one, and one more after a while without that."""
        moment = time.monotonic()
        with self._room:
            busy = answer.status == BUSY and retry_after(answer.headers) is not None
            if (busy or answer.status == NO_ANSWER) and self._under_way > 1:
                self.at_once = max(1, min(self.at_once, self._under_way) // 2)
                self._crowded = moment
            elif self.at_once < MOST_AT_ONCE and moment - self._crowded > QUIET:
                self.at_once += 1
                self._crowded = moment

    def elsewhere(self) -> str:
        """Another address to send from, where this machine has one by which it reaches the target (loopback); else empty.

        Limits count by address: anonymous sign-in attempts must not lock identities out, nor one attack another. Servers that
        trust a proxy on their own machine trust 127.0.0.1 alone.
        """
        host = urlsplit(self.url).hostname or ""
        address = f"127.0.0.{next(self._others)}"
        if host != "localhost" and not host.startswith("127."):
            return ""
        try:
            with socket.socket() as probe:
                probe.bind((address, 0))
        except OSError:  # systems that have no more than 127.0.0.1
            return ""
        return address

    def _wait(self, answer: Exchange, usual: float) -> bool:
        """Wait until a limit has room again; returns whether that was worth it."""
        named = retry_after(answer.headers)
        pause = usual if named is None else named
        with self._lock:
            moment = time.monotonic()
            more = max(0.0, moment + pause - max(moment, self._slowed))  # others may be waiting already
            if pause > LONGEST_PAUSE or more > self.patience:
                return False
            self.patience -= more
            if moment - self._slowed > TOGETHER:
                self._most, self.rate = max(SLOWEST, self.rate * BELOW), max(SLOWEST, self.rate / 2)
            path = answer.path.partition("?")[0]
            if self._limited not in ("", path):  # nothing was answered since another path was limited: it is one limit of all
                sent = sum(moment - moment_sent < WINDOW for moment_sent in self._moments) / WINDOW
                self._most = max(SLOWEST, min(self._most, sent * BELOW * BELOW))
                self.rate = min(self.rate, self._most)
            self._limited = path
            self._slowed = max(self._slowed, moment + pause)
        time.sleep(pause)
        return True

    def _once(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None,
        body: bytes,
        source: str,
        certificate: Certificate,
    ) -> Exchange:
        self._take_turn()
        with self._place():
            answer = self.client.send(method, path, headers, body, source=source, certificate=certificate)
            self._learn(answer)
        with self._lock:
            self.answered += answer.status != NO_ANSWER
            self.waited += answer.duration
            if answer.status == TOO_MANY:
                self.limited.setdefault(f"{method} {path.partition('?')[0]}", answer)
            self._limited = self._limited if answer.status in (TOO_MANY, NO_ANSWER) else ""
            if answer.status:
                self.silent, self.first_silent = 0, ""
            elif not answer.problem.startswith(UNSENDABLE):
                self.silent += 1
                self.first_silent = self.first_silent or _shortened(method, path, body)
        return answer

    def reach(self, path: str = "/") -> Exchange:
        """Make sure that the system answers at all; if not, the error names its address."""
        answer = self.send("GET", path)
        if answer.status == NO_ANSWER:
            raise UnreachableError(f"Nobody answers at {self.url}: start the system, or correct its address.")
        return answer

    def _take_turn(self) -> None:
        """Wait until the budget and the rate allow the next request."""
        with self._lock:
            if self.sent >= self.budget:
                raise BudgetError(f"the scan has used up its {plural(self.budget, 'request')}")
            self.sent += 1
            moment = time.monotonic()
            self._moments.append(moment)
            if self.rate < self._most and moment - self._slowed > QUIET:
                self.rate, self._slowed = min(self._most, self.rate * FASTER), moment
            wait = max(0.0, self._next - moment)
            self._next = max(moment, self._next) + 1 / self.rate
        time.sleep(wait)
