"""A receiver of webhooks on this machine: it answers as it is told and keeps what came."""

from __future__ import annotations

import base64
import hmac
import threading
import time
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING

from theodore_qa.systems import exchange

if TYPE_CHECKING:
    from http.server import ThreadingHTTPServer

OK = 200
LONGEST = 1_000_000  # bytes of a body
POLL = 0.05


@dataclass(frozen=True)
class Delivery:
    """One request: when it came, its headers and body, and the status that it got."""

    at: float
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def event(self) -> dict[str, Any]:
        """The JSON object of the body; empty where there is none."""
        value = exchange.parsed(self.body.decode("utf-8", "replace"))
        return value if isinstance(value, dict) else {}

    def signed_by(self, key: str) -> bool:
        """Whether it is signed with a key, as standardwebhooks.com has it."""
        message, moment = self.headers.get("webhook-id", ""), self.headers.get("webhook-timestamp", "")
        digest = hmac.digest(key.encode(), f"{message}.{moment}.".encode() + self.body, "sha256")
        expected = f"v1,{base64.b64encode(digest).decode()}"
        given = self.headers.get("webhook-signature", "").split()
        return any(hmac.compare_digest(expected.encode(), signature.encode()) for signature in given)


@dataclass(eq=False, repr=False)  # generated methods cost import time
class Receiver:
    """A server on a free port of this machine; ``statuses`` are its first answers, 200 all others."""

    statuses: list[int]
    deliveries: list[Delivery] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._server = self._bound()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def __str__(self) -> str:
        return f"receiver at {self.address}"

    def close(self) -> None:
        """Stop receiving."""
        self._server.shutdown()
        self._server.server_close()

    def of(self, job_id: str) -> list[Delivery]:
        """What came about a job, in order."""
        with self._lock:
            return [delivery for delivery in self.deliveries if delivery.event.get("job_id") == job_id]

    def wait(self, job_id: str, seconds: float) -> list[Delivery]:
        """What came about a job, once a delivery was taken or ``seconds`` have passed."""
        deadline = time.monotonic() + seconds
        while not any(delivery.status == OK for delivery in self.of(job_id)) and time.monotonic() < deadline:
            time.sleep(POLL)
        return self.of(job_id)

    def reached(self) -> bool:
        """Whether a delivery of our own is taken."""
        from http.client import HTTPConnection

        connection = HTTPConnection("127.0.0.1", self._server.server_address[1], timeout=5)
        try:
            connection.request("POST", "/hook", b"{}")
            return connection.getresponse().status in (OK, *self.statuses)
        except OSError:
            return False
        finally:
            connection.close()

    def _take(self, headers: dict[str, str], body: bytes) -> int:
        with self._lock:
            number = len(self.deliveries)
            status = self.statuses[number] if number < len(self.statuses) else OK
            self.deliveries.append(Delivery(time.time(), headers, body, status))
            return status

    def _bound(self) -> ThreadingHTTPServer:
        """A server on a free port, which hands over what comes."""
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer  # few tests receive webhooks

        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = min(int(self.headers.get("content-length") or 0), LONGEST)
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = receiver._take(headers, self.rfile.read(length))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  # the base class's name
                """Nothing is written to standard error."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        return server


def no_receiver(value: object) -> Receiver:
    """A receiver, as `Open Webhook Receiver` returns it."""
    del value  # Robot's message has it
    raise ValueError("call Open Webhook Receiver first, and pass what it returns.")
