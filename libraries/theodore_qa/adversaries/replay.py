"""A replay: a recording of exchanges, and a server that plays it back."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from theodore_qa.adversaries.proxy import RawExchange, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_NOTHING = RawExchange("", "", b"", 404, (("Content-Type", "application/json"),), b"{}")
_JOB = re.compile(r"/(research/|discover/dis_)[^/?]+")


def template(path: str) -> str:
    """A path with its identifiers generalised."""
    return _JOB.sub(lambda found: f"/{found[1].partition('/')[0]}/{{id}}", path.partition("?")[0])


class ExchangeRecorder:
    """An interceptor that keeps all exchanges, in memory alone, because they hold credentials."""

    def __init__(self) -> None:
        self.exchanges: list[RawExchange] = []
        self._lock = threading.Lock()

    def __call__(self, exchange: RawExchange) -> RawExchange:
        """Keep an exchange and change nothing."""
        with self._lock:
            self.exchanges.append(exchange)
        return exchange


class Replay(Server):
    """Answers each request with the best match of a recording that was not used yet; the last match repeats."""

    def __init__(self, recording: Sequence[RawExchange]) -> None:
        super().__init__()
        self._recording = list(recording)
        self._used: set[int] = set()
        self._lock = threading.Lock()

    def answer(self, method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> RawExchange:  # noqa: ARG002  # Server's signature
        """The recorded exchange that comes nearest."""
        nearness: tuple[Callable[[RawExchange], bool], ...] = (
            lambda exchange: exchange.path == path and exchange.request_body == body,
            lambda exchange: exchange.path == path,
            lambda exchange: template(exchange.path) == template(path),
        )
        with self._lock:
            for near in nearness:
                indexes = [
                    index for index, exchange in enumerate(self._recording) if exchange.method == method and near(exchange)
                ]
                if indexes:
                    index = next((index for index in indexes if index not in self._used), indexes[-1])
                    self._used.add(index)
                    return self._recording[index]
        return _NOTHING
