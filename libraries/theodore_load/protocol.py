"""HTTP/1.1 over one connection: one request at a time, the answer parsed as it comes and kept only as far as it is looked at."""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING

import httptools

if TYPE_CHECKING:
    from asyncio import Future, Transport
    from collections.abc import Callable

REFUSED, RESET, TIMEOUT, TLS, PROTOCOL = "refused", "reset", "timeout", "tls", "protocol"
UNREACHABLE, CLIENT = "unreachable", "client"
STALE = "stale"  # the server closed an idle connection just as it was to be used again
FINAL = 200
MATTER = (b"content-length", b"transfer-encoding", b"content-encoding", b"set-cookie", b"location")
LENGTHS = frozenset(map(len, MATTER))
MOST_HEADERS = 1_000_000
SWITCHING = 101


class Answer:
    """What came back: the status, so much of the body as is kept, the bytes that were counted, or what went wrong."""

    __slots__ = ("body", "cookies", "cut", "kind", "location", "messages", "received", "status", "text")

    def __init__(self, kind: str = "", text: str = "") -> None:
        self.status = 0
        self.body = bytearray()
        self.received = 0
        self.cookies: list[bytes] = []
        self.location = b""
        self.messages: list[bytes] | None = None  # of a session
        self.cut = False  # whether the body went on beyond what is kept
        self.kind, self.text = kind, text


class HttpProtocol(asyncio.Protocol):
    """A keep-alive connection."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: Transport | None = None
        self._answer: Answer | None = None
        self._waiting: Future[Answer] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._fresh = True
        self.usable = False

    # What the user of a connection calls

    def send(
        self,
        request: bytes,
        *,
        timeout: float,
        keep: int,
        head: bool = False,
        enough: Callable[[bytearray], bool] | None = None,
    ) -> Future[Answer]:
        """Send a request; the future has its answer, and never an exception.

        Args:
            request: All bytes of it.
            timeout: The most seconds for the whole answer.
            keep: The most bytes of the body that are kept; all are counted.
            head: Whether the answer has no body whatever its headers say.
            enough: Asked as parts of the body come; the answer is complete, and the connection over, once it says so.
        """
        self._answer, self._waiting = Answer(), self._loop.create_future()
        self._keep, self._head, self._enough = keep, head, enough
        self._unpack: zlib._Decompress | None = None
        self._length_known = self._headers_done = False
        if self._parser is None:
            self._parser = httptools.HttpResponseParser(self)
        self._timeout, self._deadline = timeout, self._loop.time() + timeout
        if self._timer is None:  # one timer serves many requests: it looks at the deadline of the present one
            self._timer = self._loop.call_later(timeout, self._look_at_deadline)
        elif self._timer.when() > self._deadline:
            self._timer.cancel()
            self._timer = self._loop.call_later(timeout, self._look_at_deadline)
        if self._transport is not None:
            self._transport.write(request)
        return self._waiting

    def close(self) -> None:
        """End the connection."""
        self.usable = False
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there."""
        self._transport = transport  # type: ignore[assignment]  # that of a stream
        self.usable = True

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        answer = self._answer
        if answer is None:  # nobody asked for them
            self.close()
            return
        answer.received += len(data)
        if not self._headers_done and answer.received > MOST_HEADERS:
            self._fail(PROTOCOL, f"the headers have more than {MOST_HEADERS} bytes")
            return
        parser = self._parser
        try:
            if parser is not None:
                parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(PROTOCOL, "the server switched to another protocol, which was not asked for")
        except httptools.HttpParserError as error:
            if self._answer is answer:
                self._fail(PROTOCOL, _reason(error))

    def eof_received(self) -> bool:
        """The server sends no more."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self.usable = False
        answer = self._answer
        if answer is None:
            return
        if exc is None and self._headers_done and not self._length_known:
            self._complete()  # a body that ends with its connection
        elif not answer.received and not self._fresh:
            self._fail(STALE, "the server closed the connection")
        elif exc is None and answer.received:
            self._fail(PROTOCOL, "the answer ended before it was whole")
        else:
            self._fail(RESET, "the connection was reset" if exc else "the connection was closed without an answer")

    # What the parser calls

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header."""
        if len(name) not in LENGTHS:
            return
        lower = name.lower()
        if lower in (b"content-length", b"transfer-encoding"):
            self._length_known = True
        elif lower == b"set-cookie" and self._answer is not None:
            self._answer.cookies.append(value)
        elif lower == b"location" and self._answer is not None:
            self._answer.location = value
        elif lower == b"content-encoding" and self._keep and value.strip().lower() in (b"gzip", b"x-gzip", b"deflate"):
            self._unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def on_headers_complete(self) -> None:
        """All headers."""
        status = self._parser.get_status_code() if self._parser is not None else 0
        if status < FINAL and status != SWITCHING:  # 100 Continue and its like come before the answer
            self._length_known = False
            return
        self._headers_done = True
        if self._answer is not None:
            self._answer.status = status
        if self._head:
            self._complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        answer = self._answer
        if answer is None or not self._keep or answer.cut:
            return
        if self._unpack is not None:
            try:
                body = self._unpack.decompress(body, self._keep + 1 - len(answer.body))
            except zlib.error:
                self._fail(PROTOCOL, "the body cannot be decoded by its content encoding")
                return
        answer.body += body
        if len(answer.body) > self._keep:
            del answer.body[self._keep :]
            answer.cut = True
        if self._enough is not None and self._enough(answer.body):
            self.close()
            self._settle()

    def on_message_complete(self) -> None:
        """The end of an answer."""
        if not self._headers_done:
            return
        answer = self._answer
        if answer is not None and answer.body and not answer.cut and self._unpack is not None and not self._unpack.eof:
            self._fail(PROTOCOL, "the body ends in the middle of its compressed data")
        else:
            self._complete()

    # How an exchange ends

    def _complete(self) -> None:
        if self._parser is None or not self._parser.should_keep_alive():
            self.usable = False
            if self._transport is not None:
                self._transport.close()
        if self._head:
            self._parser = None  # it still waits for a body
        self._settle()

    def _look_at_deadline(self) -> None:
        self._timer = None
        left = self._deadline - self._loop.time()
        if self._answer is None:
            return
        if left > 0:
            self._timer = self._loop.call_later(left, self._look_at_deadline)
        else:
            self._fail(TIMEOUT, f"not complete within {self._timeout:g} s")

    def _fail(self, kind: str, text: str) -> None:
        if self._answer is not None:
            self._answer.kind, self._answer.text = kind, text
        self.close()
        self._settle()

    def _settle(self) -> None:
        answer, waiting = self._answer, self._waiting
        self._answer = self._waiting = None
        self._fresh = False
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)  # type: ignore[arg-type]  # both are there or neither


def _reason(error: Exception) -> str:
    text = str(error).strip() or "it cannot be parsed"
    return f"the answer is no HTTP: {text}"
