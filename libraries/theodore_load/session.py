"""A user's connection to the system: opened when it is needed, kept alive, opened anew when it broke."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from theodore_load.protocol import Answer, CLIENT, clock, HttpProtocol, REFUSED, RESET, STALE, TIMEOUT, TLS, UNREACHABLE
from theodore_qa.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

OWN_LIMITS = (errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM)
REPEATABLE = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE")  # RFC 9110, 9.2.2


@dataclass(frozen=True)
class Address:
    """Where a system listens, and by which certificates it is trusted."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None

    @classmethod
    def of(cls, url: str, authority: str = "", *, verify: bool = True) -> Address:
        """The address in a URL; ``authority`` is the file of a private certificate authority."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"'{url}' is no address of a system: write for example http://127.0.0.1:8080.")
        context = None
        if parts.scheme == "https":
            try:
                context = ssl.create_default_context(cafile=authority or None)
            except OSError as error:
                raise UsageError(f"The certificate authority in {authority} cannot be read: {error.strerror or error}.") from None
            if not verify:
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return cls(parts.hostname, parts.port or (443 if context else 80), context)

    @classmethod
    def declared(cls, url: str, entries: Mapping[str, Any]) -> Address:
        """The address in a URL, trusted as the entry ``tls`` of a scenario says."""
        tls = entries.get("tls") or {}
        return cls.of(url, str(tls.get("ca", "")), verify=tls.get("verify", True))


class Session:
    """The connection of one user."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._protocol: HttpProtocol | None = None
        self.connections = 0

    async def exchange(
        self, request: bytes, method: str, limit: float, keep: int, enough: Callable[[bytearray], bool] | None = None
    ) -> Answer:
        """Send a request within ``limit`` seconds, connecting included; what goes wrong is said in the answer.

        A request that may be repeated is sent once more where the server closed an idle connection just as it was to be used.
        """
        head, protocol = method == "HEAD", self._protocol
        if protocol is not None and protocol.usable:  # nearly all requests
            answer = await protocol.send(request, timeout=limit, keep=keep, head=head, enough=enough)
            if answer.kind != STALE:
                return answer
            if method not in REPEATABLE:
                return Answer(RESET, "the server closed the kept connection as the request was sent")
        return await self._first_exchange(request, limit, keep, enough, head=head)

    async def _first_exchange(
        self, request: bytes, limit: float, keep: int, enough: Callable[[bytearray], bool] | None, *, head: bool
    ) -> Answer:
        """Send a request over a new connection."""
        began = clock()
        problem = await self._connect(limit)
        if problem is not None or self._protocol is None:
            return problem or Answer(CLIENT, "no connection")
        connecting = clock() - began
        left = max(0.001, limit - connecting)
        answer = await self._protocol.send(request, timeout=left, keep=keep, head=head, enough=enough)
        answer.connecting = connecting
        if answer.kind == TIMEOUT:
            answer.text = f"not complete within {limit:g} s"
        return answer

    async def hold(self, talk: Callable[[Address], Awaitable[Answer]], limit: float) -> Answer:
        """Have a session of its own connection within ``limit`` seconds; what goes wrong is said in the answer."""
        self.connections += 1
        try:
            async with asyncio.timeout(limit):
                return await talk(self._address)
        except TimeoutError:
            return Answer(TIMEOUT, f"not complete within {limit:g} s")
        except OSError as error:
            return _unconnected(error, limit, tls=self._address.tls is not None)

    async def _connect(self, limit: float) -> Answer | None:
        address = self._address
        loop = asyncio.get_running_loop()
        self.connections += 1
        try:
            async with asyncio.timeout(limit):
                _, self._protocol = await loop.create_connection(
                    lambda: HttpProtocol(loop), address.host, address.port, ssl=address.tls
                )
        except (OSError, ssl.SSLError) as error:
            return _unconnected(error, limit, tls=address.tls is not None)
        return None

    def close(self) -> None:
        """End the connection."""
        if self._protocol is not None:
            self._protocol.close()


def _unconnected(error: OSError, limit: float, *, tls: bool) -> Answer:  # noqa: PLR0911  # one line a cause
    """Why there is no connection."""
    if isinstance(error, TimeoutError):
        return Answer(TIMEOUT, f"no connection within {limit:g} s")
    if isinstance(error, ssl.SSLCertVerificationError):
        return Answer(TLS, f"the certificate is not trusted: {error.verify_message}")
    if isinstance(error, ssl.SSLError):
        return Answer(TLS, f"TLS failed: {error.reason or error}")
    if isinstance(error, ConnectionRefusedError):
        return Answer(REFUSED, "connection refused")
    if isinstance(error, ConnectionError):
        return Answer(TLS, "the connection broke in the handshake") if tls else Answer(RESET, "the connection was reset")
    if isinstance(error, socket.gaierror):
        return Answer(UNREACHABLE, f"the host name is not known: {error.strerror}")
    if error.errno in OWN_LIMITS:
        return Answer(CLIENT, f"the client has no more of its own: {error.strerror}")
    return Answer(UNREACHABLE, error.strerror or str(error))
