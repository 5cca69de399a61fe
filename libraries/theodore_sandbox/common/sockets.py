"""Sockets that the parent process binds and its children serve."""

from __future__ import annotations

import socket

READY = "ready"  # what a child prints when it serves


def bind(port: int = 0) -> socket.socket:
    """A listening socket on loopback; ``port`` 0 takes a free one."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(512)
    listener.set_inheritable(True)
    return listener


def address(listener: socket.socket) -> str:
    """The base URL of a bound socket."""
    host, port = listener.getsockname()
    return f"http://{host}:{port}"
