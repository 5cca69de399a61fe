"""Null systems: six that do nothing, closed, hanging, or answering 200 with ``{}``, 401, 404 and 500."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self, TYPE_CHECKING

from theodore_qa.errors import unknown

if TYPE_CHECKING:
    from types import TracebackType

ENVELOPE = b'{"error":"HTTP_ERROR","message":"no","details":null}'
ANSWERS = {
    "ok": (b"200 OK", b"{}"),
    "401": (b"401 Unauthorized", ENVELOPE),
    "404": (b"404 Not Found", ENVELOPE),
    "500": (b"500 Error", ENVELOPE),
}
KINDS = ("closed", "hanging", *ANSWERS)


class NullSystem:
    """A null system on loopback for the time of a ``with`` block; ``url`` is where it is."""

    def __init__(self, kind: str) -> None:
        if kind not in KINDS:
            raise unknown("null system", kind, KINDS)
        self.kind = kind
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        """Begin to listen, unless the kind is ``closed``: then the port is only held, so that nobody else takes it."""
        if self.kind != "closed":
            self._socket.listen(64)
            self._begin(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close all connections and wait for the threads."""
        for connection in [self._socket, *self._open]:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for thread in self._threads:
            thread.join(timeout=5)

    def _begin(self, work: object, *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)  # type: ignore[arg-type]  # one of our methods
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._open.add(connection)
            if self.kind != "hanging":
                self._begin(self._answer, connection)

    def _answer(self, connection: socket.socket) -> None:
        status, body = ANSWERS[self.kind]
        head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
        pending = b""
        try:
            while data := connection.recv(65536):
                pending += data
                while (length := _request_length(pending)) is not None and len(pending) >= length:
                    pending = pending[length:]
                    connection.sendall(head + body)
        except OSError:
            pass
        finally:
            self._open.discard(connection)
            connection.close()


def _request_length(data: bytes) -> int | None:
    """How many bytes the first request in ``data`` has, once its head is complete."""
    head, end, _ = data.partition(b"\r\n\r\n")
    if not end:
        return None
    lengths = [line.partition(b":")[2] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return len(head) + 4 + (int(lengths[0]) if lengths else 0)
