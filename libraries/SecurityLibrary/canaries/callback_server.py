"""A server of our own for out-of-band callbacks: whoever calls it was made to by a value that we sent (SSRF, XXE, Log4Shell)."""

from __future__ import annotations

import contextlib
import secrets
import socket
import threading
import time
from urllib.parse import urlsplit

import psutil

FORWARDERS = ("docker-proxy", "ssh", "sshd", "kubectl", "socat")
PATIENCE = 3.0


class CallbackServer:
    """Takes connections on a port of loopback and remembers which tokens came over them.

    ``offered`` are texts that are answered to whoever asks for their paths; all else is answered ``ok``.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.host = host
        interface = "127.0.0.1" if host == "127.0.0.1" else "0.0.0.0"  # noqa: S104  # another host is called from elsewhere
        self._server = socket.create_server((interface, 0))
        self._server.settimeout(0.2)
        self._heard: list[str] = []
        self.offered: dict[str, bytes] = {}
        self._open = True
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Host and port at which it is called."""
        return f"{self.host}:{self._server.getsockname()[1]}"

    def token(self) -> str:
        """A new text that is never sent twice."""
        return "qa" + secrets.token_hex(8)

    def called(self, token: str, within: float = PATIENCE) -> bool:
        """Whether a call with ``token`` came, waiting up to ``within`` seconds for it."""
        deadline = time.monotonic() + within
        while not any(token in text for text in self._heard):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def settle(self, seconds: float = 1.5) -> None:
        """Wait until no call has come for so long: what was sent may be worked on later."""
        called, since = len(self._heard), time.monotonic()
        while time.monotonic() - since < seconds:
            if len(self._heard) != called:
                called, since = len(self._heard), time.monotonic()
            time.sleep(0.05)

    def close(self) -> None:
        """Stop listening."""
        self._open = False
        self._thread.join()
        self._server.close()

    def _serve(self) -> None:
        while self._open:
            try:
                connection, _ = self._server.accept()
            except OSError:
                continue
            threading.Thread(target=self._take, args=(connection,), daemon=True).start()

    def _take(self, connection: socket.socket) -> None:
        """Read what comes; greet an LDAP client, which says what it wants only when its bind was accepted."""
        with connection, contextlib.suppress(OSError):
            connection.settimeout(2)
            first = connection.recv(4096)
            text = first.decode("latin-1")
            if first[:1] == b"\x30":
                connection.sendall(bytes.fromhex("300c02010161070a010004000400"))
                text += connection.recv(4096).decode("latin-1")
            else:
                path = next(iter(text.split(" ")[1:]), "").partition("?")[0]
                content = self.offered.get(path, b"ok")
                media = "application/json" if content[:1] == b"{" else "text/plain"
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\nContent-Type: {media}\r\nConnection: close\r\n\r\n"
                connection.sendall(head.encode() + content)
            self._heard.append(text)


def same_machine(url: str) -> bool:
    """Whether the process behind ``url`` shares our loopback: it listens in our network and is no forwarder to elsewhere."""
    parts = urlsplit(url)
    if parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        return False
    port = parts.port or (443 if parts.scheme == "https" else 80)
    owners = [
        connection.pid
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid
    ]
    with contextlib.suppress(psutil.Error):
        return bool(owners) and not {psutil.Process(pid).name() for pid in owners} & set(FORWARDERS)
    return False
