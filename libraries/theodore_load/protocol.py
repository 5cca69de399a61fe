"""HTTP/1.1 over one connection: one request at a time, the answer parsed as it comes and kept only as far as it is looked at.

Most answers of a load have a head that came before, byte for byte. The parser reads such a head once, and what it means is known
from then on; whatever else comes goes through the parser.
"""

from __future__ import annotations

import asyncio
import time
import zlib
from typing import ClassVar, TYPE_CHECKING
from weakref import WeakKeyDictionary

import httptools

if TYPE_CHECKING:
    from asyncio import Transport
    from collections.abc import Callable, Generator, Sequence
    from contextvars import Context

REFUSED, RESET, TIMEOUT, TLS, PROTOCOL = "refused", "reset", "timeout", "tls", "protocol"
UNREACHABLE, CLIENT = "unreachable", "client"
STALE = "stale"  # the server closed an idle connection just as it was to be used again
FINAL = 200
MATTER = (b"content-length", b"transfer-encoding", b"content-encoding", b"set-cookie", b"location")
LENGTHS = frozenset(map(len, MATTER))
MOST_HEADERS = 1_000_000
SWITCHING = 101
END_OF_HEAD = b"\r\n\r\n"
clock = time.monotonic  # of a load: one for all processes of a machine
TOGETHER = 64  # tasks that go on in one turn of the loop
MOST_KNOWN, LONGEST_KNOWN = 256, 4096  # heads, and bytes of a head


class Answer:
    """What came back: the status, so much of the body as is kept, the bytes that were counted, or what went wrong."""

    status = 0
    body: bytes | bytearray = b""
    received = 0
    connecting = 0.0  # seconds before the request was sent
    came = 0.0  # when it was complete, by `clock`
    cookies: Sequence[bytes] = ()
    location = b""
    messages: list[bytes] | None = None  # of a session
    cut = False  # whether the body went on beyond what is kept
    kind = text = ""

    def __init__(self, kind: str = "", text: str = "") -> None:
        if kind:
            self.kind, self.text = kind, text


class Heads:
    """What heads of answers mean: the status, and the length of the body after which the connection is free again."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[int, int]] = {}
        self.meaning = self._known.get

    def __len__(self) -> int:
        """How many are known."""
        return len(self._known)

    def learn(self, head: bytes, status: int, length: int) -> None:
        """Know a head from now on; those of earlier dates are forgotten now and then."""
        if len(head) > LONGEST_KNOWN:
            return
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[head] = status, length


HEADS = Heads()  # one for all systems: HTTP alone gives heads their meaning


class Round:
    """The connections of a loop whose answers are there: the tasks that wait for them go on one after the other.

    Answers that come together are read together, judged together, and the next requests sent together, which keeps the caches of
    the processor warm; and one callback of the loop serves them all. They are not too many at once: the loop sends and reads
    again only after them.
    """

    of: ClassVar[WeakKeyDictionary[asyncio.AbstractEventLoop, Round]] = WeakKeyDictionary()

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._ready: list[HttpProtocol] = []

    def add(self, connection: HttpProtocol) -> None:
        """Have the task that waits for a connection go on soon."""
        self._ready.append(connection)
        if len(self._ready) == 1:
            self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        ready, self._ready = self._ready[:TOGETHER], self._ready[TOGETHER:]
        if self._ready:
            self._loop.call_soon(self._go_on)
        for connection in ready:
            connection.go_on()


class HttpProtocol(asyncio.Protocol):
    """A keep-alive connection, which is awaited for the answer to the request that it sent last.

    To asyncio it is the future for which a task waits, since one for each request would cost more than all that it waits for.
    """

    _asyncio_future_blocking = False  # by which asyncio recognises what a task can wait for

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._round = Round.of.setdefault(loop, Round(loop))
        self._transport: Transport | None = None
        self._answer: Answer | None = None  # that is to come
        self._settled: Answer | None = None  # that has come
        self._waiting: tuple[Callable[[HttpProtocol], object], Context] | None = None
        self._cancelled = False
        self._timer: asyncio.TimerHandle | None = None
        self._rings = 0.0  # when the timer does
        self._parser: httptools.HttpResponseParser | None = None
        self._unpack: zlib._Decompress | None = None
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
    ) -> HttpProtocol:
        """Send a request; what is returned is to be awaited for its answer, and raises nothing.

        Args:
            request: All bytes of it.
            timeout: The most seconds for the whole answer.
            keep: The most bytes of the body that are kept; all are counted.
            head: Whether the answer has no body whatever its headers say.
            enough: Asked as parts of the body come; the answer is complete, and the connection over, once it says so.
        """
        self._answer, self._settled = Answer(), None
        self._keep, self._head, self._enough = keep, head, enough
        self._plain = not head and enough is None
        self._timeout, self._deadline = timeout, self._loop.time() + timeout
        if self._timer is None or self._rings > self._deadline:  # one timer serves many requests: it looks at the deadline
            self._ring(timeout)
        if self._transport is not None:
            self._transport.write(request)
        return self

    def close(self) -> None:
        """End the connection."""
        self.usable = False
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()

    # What makes it a future

    def __await__(self) -> Generator[HttpProtocol, None, Answer]:
        """Wait for the answer."""
        while self._settled is None:
            self._asyncio_future_blocking = True
            yield self
        return self._settled

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """The loop of the connection."""
        return self._loop

    def add_done_callback(self, callback: Callable[[HttpProtocol], object], *, context: Context) -> None:
        """Have the task that waits go on once the answer is there."""
        self._waiting = callback, context

    def result(self) -> None:
        """Nothing, or the cancellation of the task."""
        if self._cancelled:
            raise asyncio.CancelledError

    def cancel(self, msg: object = None) -> bool:  # noqa: ARG002  # as a future has it
        """Wait no longer; the connection is over, since an answer may still come."""
        if self._waiting is None or self._cancelled:
            return False
        self._cancelled, self._answer = True, None
        self.close()
        self._round.add(self)
        return True

    def go_on(self) -> None:
        """Let the task that waits go on."""
        if self._waiting is not None:
            (callback, context), self._waiting = self._waiting, None
            context.run(callback, self)

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
        first = not answer.received
        answer.received += len(data)
        if first:
            end = data.find(END_OF_HEAD) + len(END_OF_HEAD)
            known = HEADS.meaning(data[:end]) if self._plain else None
            if known is not None and end + known[1] == len(data) and known[1] <= self._keep:
                answer.status, answer.body, answer.came = known[0], data[end:], clock()
                self._settled, self._answer = answer, None
                self._fresh = False
                self._round.add(self)
                return
            self._begin()
        self._parse(answer, data)
        if first and self._answer is None:
            self._learn(answer, data, end)

    def eof_received(self) -> bool:
        """The server sends no more."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self.usable = False
        answer = self._answer
        if answer is None:
            return
        if exc is None and answer.received and self._headers_done and not self._length_known:
            self._complete()  # a body that ends with its connection
        elif not answer.received and not self._fresh:
            self._fail(STALE, "the server closed the connection")
        elif exc is None and answer.received:
            self._fail(PROTOCOL, "the answer ended before it was whole")
        else:
            self._fail(RESET, "the connection was reset" if exc else "the connection was closed without an answer")

    # How an answer is parsed

    def _begin(self) -> None:
        """Be ready for the first bytes of an answer."""
        self._unpack, self._length, self._body = None, -1, bytearray()
        self._length_known = self._headers_done = self._special = False
        if self._parser is None:
            self._parser = httptools.HttpResponseParser(self)

    def _parse(self, answer: Answer, data: bytes) -> None:
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

    def _learn(self, answer: Answer, data: bytes, end: int) -> None:
        """Know the head of an answer that was complete in its first bytes, where its length alone says how it is to be read."""
        whole = 0 <= self._length == len(data) - end == len(answer.body)
        if whole and self._plain and self.usable and not self._special and not answer.kind:
            HEADS.learn(data[:end], answer.status, self._length)

    def on_message_begin(self) -> None:
        """An answer begins; one that nobody asked for would be taken for that of the next request."""
        if self._answer is None:
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header."""
        if len(name) not in LENGTHS:
            return
        lower = name.lower()
        if lower not in MATTER:
            return
        answer = self._answer
        if lower == b"content-length":
            self._length_known, self._length = True, int(value) if value.isdigit() else -1
            return
        self._special = True
        if lower == b"transfer-encoding":
            self._length_known = True
        elif lower == b"set-cookie" and answer is not None:
            answer.cookies = (*answer.cookies, value)
        elif lower == b"location" and answer is not None:
            answer.location = value
        elif lower == b"content-encoding" and self._keep and value.strip().lower() in (b"gzip", b"x-gzip", b"deflate"):
            self._unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def on_headers_complete(self) -> None:
        """All headers."""
        status = self._parser.get_status_code() if self._parser is not None else 0
        if status < FINAL and status != SWITCHING:  # 100 Continue and its like come before the answer
            self._length_known, self._length = False, -1
            return
        self._headers_done = True
        if self._answer is not None:
            self._answer.status = status
            self._answer.body = self._body
        if self._head:
            self._complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        answer = self._answer
        kept = self._body
        if answer is None or not self._keep or answer.cut:
            return
        if self._unpack is not None:
            try:
                body = self._unpack.decompress(body, self._keep + 1 - len(kept))
            except zlib.error:
                self._fail(PROTOCOL, "the body cannot be decoded by its content encoding")
                return
        kept += body
        if len(kept) > self._keep:
            del kept[self._keep :]
            answer.cut = True
        if self._enough is not None and self._enough(kept):
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

    def _ring(self, seconds: float) -> None:
        """Look at the deadline after so many seconds."""
        if self._timer is not None:
            self._timer.cancel()
        self._rings = self._loop.time() + seconds
        self._timer = self._loop.call_later(seconds, self._look_at_deadline)

    def _look_at_deadline(self) -> None:
        self._timer = None
        left = self._deadline - self._loop.time()
        if self._answer is None:
            return
        if left > 0:
            self._ring(left)
        else:
            self._fail(TIMEOUT, f"not complete within {self._timeout:g} s")

    def _fail(self, kind: str, text: str) -> None:
        if self._answer is not None:
            self._answer.kind, self._answer.text = kind, text
        self.close()
        self._settle()

    def _settle(self) -> None:
        self._fresh = False
        if self._answer is not None:
            self._answer.came = clock()  # not when the task goes on, before which other answers may be looked at
            self._settled, self._answer = self._answer, None
            self._round.add(self)


def _reason(error: Exception) -> str:
    text = str(error).strip() or "it cannot be parsed"
    return f"the answer is no HTTP: {text}"
