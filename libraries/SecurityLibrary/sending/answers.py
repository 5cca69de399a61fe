"""What was answered to the requests of a scan, and what was answered with nothing."""

from __future__ import annotations

import threading
from collections import Counter, deque
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING

from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.display import plural
from theodore_qa.systems.client import UNSENDABLE
from theodore_qa.systems.exchange import NO_ANSWER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from theodore_qa.systems.exchange import Exchange

SERVER_ERROR = 500
GATEWAY_ERRORS = (502, 503, 504)  # what the system calls has failed or is busy, such as an address that it was to fetch
MOST_UNANSWERED = 6  # requests with a value in one place of an operation, after which that place is left alone
MOST_SILENT = 4 * MOST_UNANSWERED  # requests for one operation, after which it is not sent any more
SAMPLES = 3  # of what a probe sent
MOST_KEPT = 1 << 16  # bytes of a sent body: a scan sends some of many megabytes

# The last requests of the attack that sends: attacks that go side by side keep theirs apart.
LAST: ContextVar[deque[Exchange] | None] = ContextVar("last", default=None)


class Answers:
    """The answers that a scan keeps; safe to use from several threads."""

    def __init__(self) -> None:
        self.exchanges: list[tuple[str, Exchange]] = []  # each kind of answer once, by operation
        self.server_errors: dict[str, Exchange] = {}  # the first one of each operation
        self._unanswered: Counter[str] = Counter()  # requests that brought no answer, by operation and by place in it
        self._known: set[tuple[str, int, int, int, str]] = set()
        self._lock = threading.RLock()
        self._counting = threading.local()

    @property
    def samples(self) -> deque[Exchange]:
        """The last requests of the attack that sends in this thread, but for controls."""
        kept = LAST.get()
        return kept if kept is not None else self.begin_samples()

    def begin_samples(self) -> deque[Exchange]:
        """Keep the requests of an attack that begins in this thread apart from those of others."""
        kept: deque[Exchange] = deque(maxlen=SAMPLES)
        LAST.set(kept)
        return kept

    def refuse_unanswered(self, operation: ScanOperation, place: str) -> None:
        """Raise NotEvaluatedError where neither an operation nor a value in a place of it was answered often enough."""
        for counted, most in ((place, MOST_UNANSWERED), (str(operation), MOST_SILENT)):
            if self._unanswered[counted] >= most:
                raise NotEvaluatedError(f"it was not answered: {plural(most, 'request')} brought nothing")

    @contextmanager
    def counting(self) -> Iterator[Counter[bool]]:
        """Count the requests of this thread by whether they were answered."""
        counted: Counter[bool] = Counter()
        self._counting.answers = counted
        try:
            yield counted
        finally:
            self._counting.answers = None

    def record(self, operation: ScanOperation, place: str, exchange: Exchange) -> None:
        """Count an answer to an operation with a value in a place of it, and keep it if it is the first of its kind."""
        silent = exchange.status == NO_ANSWER and not exchange.problem.startswith(UNSENDABLE)
        if (counted := getattr(self._counting, "answers", None)) is not None:
            counted[not silent] += 1
        kind = (str(operation), exchange.status, hash(exchange.text), hash(exchange.sent_body), exchange.path)
        with self._lock:
            if silent:
                self._unanswered.update((place, str(operation)))
            if kind not in self._known:
                self._known.add(kind)
                small = len(exchange.sent_body) <= MOST_KEPT
                kept = exchange if small else replace(exchange, sent_body=exchange.sent_body[:MOST_KEPT])
                self.exchanges.append((str(operation), kept))
            if exchange.status >= SERVER_ERROR and exchange.status not in GATEWAY_ERRORS:
                self.server_errors.setdefault(str(operation), exchange)
