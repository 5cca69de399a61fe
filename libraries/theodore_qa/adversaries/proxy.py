"""A reverse proxy before a system, whose interceptor sees each exchange and may change its answer."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol, Self, TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from types import TracebackType

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-connection"}
NO_BODY = (204, 304)
TIMEOUT = 30


@dataclass(frozen=True)
class RawExchange:
    """A request and its answer."""

    method: str
    path: str
    request_body: bytes
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    request_headers: tuple[tuple[str, str], ...] = field(default=(), compare=False)


class Interceptor(Protocol):
    """Sees each exchange; what it returns is sent to the client."""

    def __call__(self, exchange: RawExchange) -> RawExchange:
        """The answer to send."""


class Server:
    """An HTTP server on loopback for the time of a ``with`` block; ``answer`` says what each request gets."""

    def __init__(self) -> None:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = TIMEOUT

            def handle_any(self) -> None:
                if self.headers.get("Upgrade", "").lower() == "websocket" and server.tunnel(self):
                    self.close_connection = True
                    return
                length = int(self.headers.get("Content-Length") or 0)
                exchange = server.answer(self.command, self.path, self.headers.items(), self.rfile.read(length))
                self.send_response_only(exchange.status)
                for name, value in exchange.headers:
                    if name.lower() not in HOP_BY_HOP | {"content-length"}:
                        self.send_header(name, value)
                if exchange.status not in NO_BODY:
                    self.send_header("Content-Length", str(len(exchange.body)))
                self.end_headers()
                if exchange.status not in NO_BODY and self.command != "HEAD":
                    self.wfile.write(exchange.body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = handle_any  # noqa: N815  # names of http.server

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # name of http.server
                """Keep quiet."""

        class Listener(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, request: object, client_address: object) -> None:
                """A client that hung up is no error of ours."""

        self._listener = Listener(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._listener.server_port}"
        self._thread = threading.Thread(target=self._listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def answer(self, method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> RawExchange:
        """The exchange that a request leads to."""
        raise NotImplementedError

    def tunnel(self, handler: BaseHTTPRequestHandler) -> bool:  # noqa: ARG002  # for those that pass connections on
        """Pass a connection on as it is, which no interceptor sees; returns whether that was done."""
        return False

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop serving and free the port."""
        self._listener.shutdown()
        self._listener.server_close()
        self._thread.join(timeout=5)


class InterceptingProxy(Server):
    """Passes requests on to ``upstream`` and answers through ``interceptor``, both of which may be changed at any time."""

    def __init__(self, upstream: str, interceptor: Interceptor | None = None) -> None:
        super().__init__()
        self.upstream = upstream
        self.interceptor = interceptor

    def tunnel(self, handler: BaseHTTPRequestHandler) -> bool:
        """Connect the client with the upstream until one of them closes."""
        target = urlsplit(self.upstream)
        try:
            upstream = socket.create_connection((target.hostname or "", target.port or 80), timeout=TIMEOUT)
        except OSError:
            return False
        with upstream:
            lines = [
                f"{handler.command} {handler.path} HTTP/1.1",
                *(f"{name}: {value}" for name, value in handler.headers.items()),
            ]
            upstream.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
            back = threading.Thread(target=_relay, args=(upstream, handler.connection), daemon=True)
            back.start()
            _relay(handler.connection, upstream)
            back.join(timeout=TIMEOUT)
        return True

    def answer(self, method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> RawExchange:
        """Ask the upstream, and the interceptor what to make of its answer."""
        target = urlsplit(self.upstream)
        connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=TIMEOUT)
        passed = {name: value for name, value in headers if name.lower() not in HOP_BY_HOP | {"host", "accept-encoding"}}
        meant = next((value for name, value in headers if name.lower() == "host"), "")
        host = target.netloc if meant == urlsplit(self.url).netloc else meant  # another one was sent on purpose
        try:
            connection.request(method, path, body or None, passed | {"Host": host, "Accept-Encoding": "identity"})
            reply = connection.getresponse()
            exchange = RawExchange(method, path, body, reply.status, tuple(reply.getheaders()), reply.read(), tuple(headers))
        except OSError:
            exchange = RawExchange(
                method, path, body, 502, (("Content-Type", "text/plain"),), b"upstream does not answer", tuple(headers)
            )
        finally:
            connection.close()
        return self.interceptor(exchange) if self.interceptor else exchange


def _relay(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
