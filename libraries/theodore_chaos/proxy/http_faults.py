"""HTTP faults: the responses of a proxied HTTP/1.1 service are replaced, broken or delayed."""

from __future__ import annotations

import json
import re
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
        self._unparsable = False

    def feed(self, pipe: Outlet, data: bytes) -> None:
        """Take data from either direction."""
        if self._unparsable:
            pipe.schedule(data)
        elif pipe is self.upstream:
            self._requested(data)
        else:
            self._replied(data)

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
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._pass_through(bytes(request.raw))
            return
        if not done:
            if len(request.raw) > LARGEST:
                self._pass_through(bytes(request.raw))
            return
        self._request = None
        effect = next((effect for effect in self.effects if effect.applies_to(request.path)), None)
        pending = PendingRequest(request.method, request.path, effect)
        if effect and effect.kind == HANG:
            effect.hit(len(request.raw))  # it is not forwarded, so nothing answers
            return
        if effect and effect.kind in SUBSTITUTED:
            effect.hit(len(request.raw))
            if not self.waiting:
                self.downstream.schedule(_substitute(effect))
                return
            pending.raw = _substitute(effect)
            self.waiting.append(pending)
            return
        self.waiting.append(pending)
        self.upstream.schedule(bytes(request.raw))

    def _replied(self, data: bytes) -> None:
        if not self.waiting:
            self.downstream.schedule(data)
            return
        pending = self.waiting[0]
        if self._reply is None:
            self._reply = _Response()
        response = self._reply
        try:
            response.feed(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            response.reply.streams = True
        reply = response.reply
        if reply.streams or pending.method == "HEAD" or len(reply.raw) > LARGEST:
            self._unparsable = True
            self.downstream.schedule(bytes(reply.raw))
            return
        if not reply.complete:
            return
        self._reply = None
        self.waiting.popleft()
        self._answer(pending, reply)
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
        changed = _changed(effect, pending.path, bytes(reply.body))
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
        self._done = False
        self._parser = httptools.HttpRequestParser(self)

    def feed(self, data: bytes) -> bool:
        """Parse data; returns whether the request is complete."""
        self.raw += data
        self._parser.feed_data(data)
        return self._done

    def on_url(self, url: bytes) -> None:
        self.path += url.decode("latin-1")

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


def _substitute(effect: HttpEffect) -> bytes:
    attributes = effect.toxic.attributes
    if effect.kind == "empty":
        return _message(200, [(b"Content-Type", b"application/json")], b"")
    status = 429 if effect.kind == "rate_limit" else int(attributes["status"])
    headers = [(b"Content-Type", b"application/json")]
    if effect.kind == "rate_limit":
        headers.append((b"Retry-After", str(attributes["retry_after"]).encode()))
    return _message(status, headers, json.dumps({"error": {"message": "injected by the fault proxy", "code": status}}).encode())


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
