"""The way of requests to a system: httpx over httpcore, with a deadline for the whole answer, head and body.

httpx knows time-outs for single reads only: a server that sends one byte a second never meets them. Here each read gets what is
left until the deadline of the request that its thread sends.
"""

from __future__ import annotations

import threading
import time
from typing import Any, TYPE_CHECKING

import httpcore
import httpx

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Iterator

MOST_CONNECTIONS = 20
# Less than after which usual servers close an idle connection (gunicorn 2 s, uvicorn and Node 5 s): a request that goes out at
# that moment is reset, and would count against a system that is well.
IDLE = 1.0


class Deadline(threading.local):
    """When the answer has to be complete, for the request that the running thread sends."""

    at: float = float("inf")

    def left(self, usual: float | None) -> float:
        """The seconds that are left, at most the ``usual`` ones; none is a time-out."""
        rest = self.at - time.monotonic()
        if rest <= 0:
            raise httpcore.ReadTimeout("the deadline of the whole answer has passed")
        return rest if usual is None else min(rest, usual)


deadline = Deadline()


class _Stream(httpcore.NetworkStream):
    """A connection whose reads and writes keep to the deadline."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, deadline.left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Network(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(self._network.connect_tcp(host, port, deadline.left(timeout), local_address, socket_options))


class Transport(httpx.BaseTransport):
    """httpx's transport with our network below; ``source`` is the address to send from, ``proxy`` an HTTP proxy's URL."""

    def __init__(self, trusted: ssl.SSLContext | None, *, source: str = "", proxy: str = "") -> None:
        options: dict[str, Any] = {
            "ssl_context": trusted,
            "max_connections": MOST_CONNECTIONS,
            "max_keepalive_connections": MOST_CONNECTIONS,
            "keepalive_expiry": IDLE,
            "local_address": source or None,
            "network_backend": _Network(),
        }
        self._pool = httpcore.HTTPProxy(proxy_url=proxy, **options) if proxy else httpcore.ConnectionPool(**options)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; what goes wrong is raised as httpcore says it."""
        url = request.url
        reply = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return _Reply(status_code=reply.status, headers=reply.headers, stream=_Body(reply), extensions=reply.extensions)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class _Reply(httpx.Response):
    """An answer of which httpx prepares no redirect, on which it would break off where the location is no URL."""

    @property
    def has_redirect_location(self) -> bool:
        """Never: whoever sends follows no redirect."""
        return False


class _Body(httpx.SyncByteStream):
    def __init__(self, reply: httpcore.Response) -> None:
        self._reply = reply

    def __iter__(self) -> Iterator[bytes]:
        yield from self._reply.iter_stream()

    def close(self) -> None:
        self._reply.close()
