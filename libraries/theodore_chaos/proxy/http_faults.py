"""HTTP faults: the responses of a proxied HTTP/1.1 service are replaced, broken or delayed."""

from __future__ import annotations

import json
import re
import zlib
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Protocol, TYPE_CHECKING

import httptools

if TYPE_CHECKING:
    from theodore_chaos.proxy.toxics import Toxic

TYPE = "http"
ATTRIBUTES: dict[str, Any] = {
    "fault": "status",
    "rate": 1.0,
    "status": 500,
    "retry_after": 1,
    "delay": 100,
    "path": "",
    "seed": None,
}
HANG = "hang"
SUBSTITUTED = ("status", "rate_limit", "empty")
FAULTS = (*SUBSTITUTED, HANG, "slow_body", "malformed_json", "truncated_json", "wrong_schema", "stale")
PIECES = 10
LARGEST = 16 * 1024 * 1024
REMEMBERED = 64
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
INFORMATION = re.compile(rb"HTTP/1\.[01] 1(?!01)\d\d ")  # a head alone, before the answer; 101 switches to another protocol
END_OF_HEAD = b"\r\n\r\n"
REQUEST_LINE = re.compile(rb"[A-Z]+ \S+ HTTP/1\.[01]\r?\n")
REASONS = {429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable"}


class Outlet(Protocol):
    """One direction of a connection, as far as it is written to here."""

    def schedule(self, data: bytes, delay: float = 0.0) -> None:
        """Deliver data after ``delay`` seconds."""


class HttpEffect:
    """A toxic of type ``http`` on one connection."""

    def __init__(self, toxic: Toxic) -> None:
        self.toxic = toxic
        self.counted = False
        self.remembered = toxic.remembered

    @property
    def kind(self) -> str:
        """The kind of HTTP fault."""
        return str(self.toxic.attributes["fault"])

    def applies_to(self, path: str) -> bool:
        """Whether the next request to ``path`` is affected: by its path, and by the configured share of the requests."""
        attributes = self.toxic.attributes
        return path.startswith(str(attributes["path"] or "")) and self.toxic.chance.random() < float(attributes["rate"])

    def hit(self, size: int) -> None:
        """Count an affected request."""
        self.toxic.exposure.touch(size=size, requests=1, connections=int(not self.counted))
        self.counted = True


@dataclass
class PendingRequest:
    """A request that waits for its response."""

    method: str
    path: str
    effect: HttpEffect | None
    raw: bytes = b""


@dataclass
class Reply:
    """A response that is being read."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    raw: bytearray = field(default_factory=bytearray)
    streams: bool = False
    complete: bool = False


class HttpInterceptor:
    """Parses the requests and responses of one connection for the HTTP faults.

    It begins with the first request after the toxic was added; bytes that are no request pass unchanged.
    """

    def __init__(self, upstream: Outlet, downstream: Outlet) -> None:
        self.upstream = upstream
        self.downstream = downstream
        self.effects: list[HttpEffect] = []
        self.waiting: deque[PendingRequest] = deque()
        self._request: _Request | None = None
        self._reply: _Response | None = None
        self._head = b""  # of an answer that has begun
        self._unparsable = False

    def feed(self, pipe: Outlet, data: bytes) -> None:
        """Take data from either direction."""
        if self._unparsable:
            pipe.schedule(data)
        elif pipe is self.upstream:
            self._requested(data)
        else:
            self._replied(data)

    def end(self, pipe: Outlet) -> None:
        """Take the end of either direction: an answer may be complete by it, and what is held back is let go."""
        if pipe is self.upstream:
            if self._request:
                self._pass_through(bytes(self._request.raw))
            return
        response, self._reply = self._reply, None
        head, self._head = self._head, b""
        if head:
            self.downstream.schedule(head)
        elif response and self.waiting and response.ends_with_the_connection:
            self._answer(self.waiting.popleft(), response.reply)
        elif response:
            self.downstream.schedule(bytes(response.reply.raw))

    def remove(self, toxic: Toxic) -> None:
        """Remove a toxic; pending requests that it had chosen pass unchanged."""
        self.effects = [effect for effect in self.effects if effect.toxic is not toxic]
        for pending in self.waiting:
            if pending.effect and pending.effect.toxic is toxic:
                pending.effect = None

    def _requested(self, data: bytes) -> None:
        if self._request is None:
            if not self.effects or not REQUEST_LINE.match(data):
                self.upstream.schedule(data)
                return
            self._request = _Request()
        request = self._request
        try:
            done = request.feed(data)
        except httptools.HttpParserError:
            self._pass_through(bytes(request.raw))
            return
        if not done:
            self._hold_back(request)
            return
        self._request = None
        effect = next((effect for effect in self.effects if effect.applies_to(request.path)), None)
        if effect and effect.kind == HANG:
            effect.hit(len(request.raw))  # it is not forwarded, so nothing answers
        elif effect and effect.kind in SUBSTITUTED:
            effect.hit(len(request.raw))
            answer = _substitute(effect, request.method)
            if self.waiting:
                self.waiting.append(PendingRequest(request.method, request.path, effect, answer))
            else:
                self.downstream.schedule(answer)
        elif request.upgrades:
            self._pass_through(bytes(request.raw))  # what follows is no HTTP
        else:
            self.waiting.append(PendingRequest(request.method, request.path, effect))
            self.upstream.schedule(bytes(request.raw))

    def _hold_back(self, request: _Request) -> None:
        """Wait for the rest of a request, unless it is too large; a client that waits for leave to send it gets that."""
        if len(request.raw) > LARGEST:
            self._pass_through(bytes(request.raw))
        elif request.waits and not self.waiting:
            request.waits = False
            self.downstream.schedule(CONTINUE)

    def _replied(self, data: bytes) -> None:
        if not self.waiting:
            self.downstream.schedule(data)
            return
        if self._reply is None:
            self._begin_reply(data)
        else:
            self._go_on(self._reply, data)

    def _begin_reply(self, data: bytes) -> None:
        """Wait for the head of an answer; one that is a head alone passes at once."""
        self._head += data
        head, end, rest = self._head.partition(END_OF_HEAD)
        if not end and len(head) <= LARGEST:
            return
        data, self._head = self._head, b""
        informs, pending = INFORMATION.match(head), self.waiting[0]
        if informs or pending.method == "HEAD":
            if not informs:
                self.waiting.popleft()
            self.downstream.schedule(head + end)
            if rest:
                self._replied(rest)
            return
        self._reply = _Response()
        self._go_on(self._reply, data)

    def _go_on(self, response: _Response, data: bytes) -> None:
        try:
            response.feed(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            response.reply.streams = True
        reply = response.reply
        if reply.streams or len(reply.raw) > LARGEST:
            self._unparsable, self._reply = True, None
            self.downstream.schedule(bytes(reply.raw))
            return
        if not reply.complete:
            return
        self._reply = None
        self._answer(self.waiting.popleft(), reply)
        while self.waiting and self.waiting[0].raw:
            self.downstream.schedule(self.waiting.popleft().raw)

    def _answer(self, pending: PendingRequest, reply: Reply) -> None:
        effect, pipe = pending.effect, self.downstream
        if effect is None:
            pipe.schedule(bytes(reply.raw))
            return
        if effect.kind == "slow_body":
            effect.hit(len(reply.body))
            head, _, body = bytes(reply.raw).partition(b"\r\n\r\n")
            pipe.schedule(head + b"\r\n\r\n")
            size = max(1, -(-len(body) // PIECES))
            for number, start in enumerate(range(0, len(body), size), start=1):
                pipe.schedule(body[start : start + size], number * float(effect.toxic.attributes["delay"]) / 1000)
            return
        changed = _changed(effect, pending.path, _unpacked(reply))
        if changed is None:
            pipe.schedule(bytes(reply.raw))
            return
        effect.hit(len(changed))
        pipe.schedule(_message(reply.status, reply.headers, changed))

    def _pass_through(self, raw: bytes) -> None:
        self._unparsable = True
        self._request = None
        self.upstream.schedule(raw)


class _Request:
    def __init__(self) -> None:
        self.raw = bytearray()
        self.path = self.method = ""
        self.upgrades = False  # to another protocol, such as WebSocket
        self.waits = False  # for 100 Continue, before it sends its body
        self._done = False
        self._parser = httptools.HttpRequestParser(self)

    def feed(self, data: bytes) -> bool:
        """Parse data; returns whether the request is complete."""
        self.raw += data
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._done = self.upgrades = True
        return self._done

    def on_url(self, url: bytes) -> None:
        self.path += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"expect" and value.lower() == b"100-continue":
            self.waits = True

    def on_headers_complete(self) -> None:
        self.method = self._parser.get_method().decode()

    def on_message_complete(self) -> None:
        self._done = True


class _Response:
    def __init__(self) -> None:
        self.reply = Reply()
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Parse data."""
        self.reply.raw += data
        self._parser.feed_data(data)

    @property
    def ends_with_the_connection(self) -> bool:
        """Whether its head says nothing of the body's length."""
        named = {name.lower() for name, _ in self.reply.headers}
        return self.reply.status > 0 and not named & {b"content-length", b"transfer-encoding"}

    def on_header(self, name: bytes, value: bytes) -> None:
        self.reply.headers.append((name, value))
        if name.lower() == b"content-type" and value.startswith(b"text/event-stream"):
            self.reply.streams = True

    def on_headers_complete(self) -> None:
        self.reply.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self.reply.body += body

    def on_message_complete(self) -> None:
        self.reply.complete = True


def _substitute(effect: HttpEffect, method: str) -> bytes:
    """The whole answer that stands for the service's; one to HEAD is a head alone."""
    attributes = effect.toxic.attributes
    if effect.kind == "empty":
        return _message(200, [(b"Content-Type", b"application/json")], b"")
    status = 429 if effect.kind == "rate_limit" else int(attributes["status"])
    headers = [(b"Content-Type", b"application/json")]
    if effect.kind == "rate_limit":
        headers.append((b"Retry-After", str(attributes["retry_after"]).encode()))
    body = json.dumps({"error": {"message": "injected by the fault proxy", "code": status}}).encode()
    message = _message(status, headers, body)
    return message.removesuffix(body) if method == "HEAD" else message


def _unpacked(reply: Reply) -> bytes:
    """The body without its compression; as it is where that is not understood."""
    encodings = [value.lower() for name, value in reply.headers if name.lower() == b"content-encoding"]
    if encodings not in ([b"gzip"], [b"deflate"]):
        return bytes(reply.body)
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        body = inflater.decompress(bytes(reply.body), LARGEST)
    except zlib.error:
        return bytes(reply.body)
    return bytes(reply.body) if inflater.unconsumed_tail else body


def _changed(effect: HttpEffect, path: str, body: bytes) -> bytes | None:
    """The body as the fault changes it; None where it has nothing to break."""
    try:
        data = json.loads(body)
    except ValueError:
        return None
    if effect.kind == "malformed_json":
        middle = len(body) // 2
        return body[:middle] + b'"{' + body[middle:]
    if effect.kind == "truncated_json":
        return body[: len(body) // 2]
    if effect.kind == "wrong_schema":
        return json.dumps({f"unexpected_{key}": value for key, value in data.items()} if isinstance(data, dict) else {}).encode()
    if effect.kind == "stale":
        if path in effect.remembered:
            return effect.remembered[path]
        if len(effect.remembered) < REMEMBERED:
            effect.remembered[path] = body
    return None


def _message(status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> bytes:
    kept = [
        (name, value)
        for name, value in headers
        if name.lower() not in (b"content-length", b"transfer-encoding", b"content-encoding")
    ]
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Injected')}".encode()]
    lines += [name + b": " + value for name, value in kept]
    lines.append(b"Content-Length: " + str(len(body)).encode())
    return b"\r\n".join([*lines, b"", b""]) + body
