"""Addresses of proxies: HOST:PORT, [IPv6]:PORT, and :PORT for all interfaces."""

from __future__ import annotations

import asyncio
import functools
import socket

from theodore_chaos.proxy.requests import ApiError

HIGHEST_PORT = 65535
BACKLOG = 1024


@functools.lru_cache  # each connection through a proxy asks for the same
def split(address: str) -> tuple[str, int]:
    """Host and port of an address; raises ``ValueError`` for one that is none."""
    host, colon, port = address.rpartition(":")
    if not colon:
        raise ValueError("missing port in address")
    if not (port.isascii() and port.isdigit() and int(port) <= HIGHEST_PORT):
        raise ValueError("invalid port")
    return host.removeprefix("[").removesuffix("]"), int(port)


def text(bound: socket.socket) -> str:
    """The address of a socket."""
    host, port = bound.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def resolved(address: str) -> tuple[str, int]:
    """The numeric host, IPv4 before IPv6, and the port; as it stands where it cannot be resolved."""
    try:
        host, port = split(address)
        return (await _found(host, port))[1] if host else ("::", port)
    except (OSError, ValueError):
        return address, -1


async def listener(address: str) -> socket.socket:
    """A socket that listens at an address; ``:PORT`` listens on all interfaces.

    Raises:
        ApiError: the address is invalid or taken.
    """
    try:
        host, port = split(address)
        if not host and socket.has_dualstack_ipv6():
            return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=BACKLOG)
        family, where = await _found(host, port)
        return socket.create_server(where, family=family, backlog=BACKLOG)
    except (OSError, ValueError) as error:
        raise ApiError(500, f"listen {address}: {error}") from None


async def _found(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    loop = asyncio.get_running_loop()
    infos = await loop.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, where = min(infos, key=lambda info: info[0] != socket.AF_INET)
    return family, (str(where[0]), port)
