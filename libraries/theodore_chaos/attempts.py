"""Attempts to connect to a port of this machine, served or refused, counted by a raw socket; needs CAP_NET_RAW."""

from __future__ import annotations

import ctypes
import socket
import struct
from pathlib import Path

ATTACH_FILTER = 26
RECEIVE_BUFFER = 33
BUFFER = 4 << 20
LISTEN = "0A"
TABLES = ("/proc/net/tcp", "/proc/net/tcp6")


def listening(port: int) -> bool:
    """Whether something listens at a port of this machine."""
    for table in TABLES:
        path = Path(table)
        for line in path.read_text(encoding="ascii").splitlines()[1:] if path.exists() else ():
            _, local, _, state = line.split()[:4]
            if state == LISTEN and int(local.rpartition(":")[2], 16) == port:
                return True
    return False


def counter_of(port: int) -> Attempts | None:
    """A counter of the attempts from now on; None where that is not permitted."""
    try:
        return Attempts(port)
    except OSError:
        return None


class Attempts:
    """Counts the attempts (SYN) to reach a port, over IPv4, from when it is made."""

    def __init__(self, port: int) -> None:
        """Raises ``PermissionError`` without CAP_NET_RAW."""
        self._count = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
        self._socket.setblocking(False)
        _attach(self._socket, port)
        self._socket.setsockopt(socket.SOL_SOCKET, RECEIVE_BUFFER, BUFFER)
        self._drain()
        self._count = 0

    def count(self) -> int:
        """How many there have been."""
        self._drain()
        return self._count

    def close(self) -> None:
        """Stop counting."""
        self._socket.close()

    def _drain(self) -> None:
        while True:
            try:
                self._socket.recv(64)
            except BlockingIOError:
                return
            self._count += 1


def _attach(raw: socket.socket, port: int) -> None:
    """Let only SYN packets to the port through: the kernel throws all others away."""
    steps = [
        (0xB1, 0, 0, 0),  # X = the length of the IP header
        (0x48, 0, 0, 2),  # A = the port of destination
        (0x15, 0, 4, port),
        (0x50, 0, 0, 13),  # A = the flags
        (0x54, 0, 0, 0x12),
        (0x15, 0, 1, 0x02),  # SYN without ACK
        (0x06, 0, 0, 0xFFFF),
        (0x06, 0, 0, 0),
    ]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    buffer = ctypes.create_string_buffer(code, len(code))
    raw.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, struct.pack("HL", len(steps), ctypes.addressof(buffer)))
