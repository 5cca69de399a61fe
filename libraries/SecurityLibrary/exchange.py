"""The client of a scan: every exchange is kept to a budget and a rate, to the hosts that are allowed, and can be shown."""

from __future__ import annotations

import itertools
import json
import logging
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING
from urllib.parse import quote, urlsplit

from theodore_qa.errors import NotEvaluatedError, UnreachableError, UsageError
from theodore_qa.http import no_cookies
from theodore_qa.redaction.secrets import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

NO_ANSWER = 0
LONGEST = 2_000_000
SHOWN = 1500
TOO_MANY = 429
INVALID = (400, 422)
PAUSES = (1.0, 2.0, 4.0)  # where a limit does not say when there is room again
LONGEST_PAUSE = 30.0
SLOWEST = 5.0  # requests a second
TOGETHER = 0.5  # seconds within which several threads are told of the same limit
QUIET = 5.0  # seconds without a limit, after which a scan goes on a little faster
FASTER, BELOW = 1.5, 0.75
WINDOW = 10.0  # seconds over which it is seen how many requests were really sent
SECRET_HEADERS = ("authorization", "x-api-key", "cookie", "set-cookie", "proxy-authorization")


class BudgetError(NotEvaluatedError):
    """The scan has used up its requests."""


@dataclass(frozen=True)
class Exchange:
    """A request and what came back; status 0 says that nothing did."""

    method: str
    url: str
    path: str
    sent_headers: dict[str, str]
    sent_body: bytes
    status: int
    headers: Mapping[str, str]
    text: str
    seconds: float
    cookies: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the status says that what was asked for was done; a GraphQL query is answered with data too."""
        return 200 <= self.status < 300 and not self._without_data  # noqa: PLR2004  # HTTP's successes

    @property
    def _without_data(self) -> bool:
        """Whether a GraphQL query has brought errors and nothing else, for which GraphQL has no status."""
        body = self.body if b'"query"' in self.sent_body and '"errors"' in self.text else None
        return isinstance(body, dict) and isinstance(body.get("errors"), list) and not _holds_any(body.get("data"))

    @property
    def led_to(self) -> str:
        """Where a redirect leads; empty if it is none."""
        return self.headers.get("location", "") if 300 <= self.status < 400 else ""  # noqa: PLR2004  # HTTP's redirects

    @property
    def media(self) -> str:
        """The media type of the answer."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def body(self) -> Any:
        """The answer's JSON, or None where there is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    def evidence(self) -> dict[str, str]:
        """Request and response as texts for people, redacted and cut."""
        shown = {name: "***" if name.lower() in SECRET_HEADERS else value for name, value in self.sent_headers.items()}
        head = "\n".join([f"{self.method} {self.path}", *(f"{name}: {value}" for name, value in shown.items())])
        came = "\n".join(f"{name}: {'***' if name.lower() in SECRET_HEADERS else value}" for name, value in self.headers.items())
        return {
            "request": _cut(f"{head}\n\n{self.sent_body.decode('utf-8', 'replace')}"),
            "response": _cut(f"{self.status or 'no answer'} after {self.seconds:.3f} s\n{came}\n\n{self.text}"),
        }


def unlimited(answer: Exchange) -> Exchange:
    """An answer that tells something: one too many requests tells nothing of what was asked."""
    if answer.status == TOO_MANY:
        raise NotEvaluatedError("the requests were limited (429)")
    return answer


def _holds_any(data: Any) -> bool:
    return any(map(_holds_any, data.values())) if isinstance(data, dict) else data is not None


def _cut(text: str) -> str:
    return shortened(text.strip(), SHOWN)


@dataclass
class Client:
    """Sends requests to one base URL; safe to use from several threads."""

    url: str
    hosts: tuple[str, ...]
    budget: int = 60_000
    rate: float = 500.0
    timeout: float = 10.0
    verify: Any = True
    patience: float = 120.0  # seconds that are waited for limits in all
    sent: int = 0
    answered: int = 0
    silent: int = 0
    _next: float = 0.0
    _most: float = 0.0  # the rate that is gone back to when no limit is met for a while
    _slowed: float = 0.0
    _moments: deque[float] = field(default_factory=lambda: deque(maxlen=20_000))  # when requests were sent
    _limited: str = ""  # the path that was limited last, unless another was answered since
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _clients: dict[str, httpx.Client] = field(default_factory=dict)  # by the address that they send from
    _others: Iterator[int] = field(default_factory=lambda: itertools.cycle(range(2, 255)))

    def __post_init__(self) -> None:
        host = urlsplit(self.url).hostname or ""
        if host not in self.hosts:
            raise UsageError(
                f"The host {host or '(none)'} of {self.url} is not among the environment's hosts ({', '.join(self.hosts)}): "
                f"nothing was sent to it."
            )
        self.url = self.url.rstrip("/")
        self._most = self.rate

    def close(self) -> None:
        """Close the connections."""
        while self._clients:
            self._clients.popitem()[1].close()

    def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        patient: bool = True,
        source: str = "",
    ) -> Exchange:
        """Send one request; ``path`` goes out as it is, dots and all. No answer is an exchange with status 0.

        One too many (429) is sent again when there is room, and the scan goes on more slowly, unless it is not ``patient``.
        ``source`` is the address to send from, the usual one by default.
        """
        answer = self._once(method, path, headers, body, source)
        for usual in PAUSES if patient else ():
            if answer.status != TOO_MANY or not self._wait(answer, usual):
                break
            answer = self._once(method, path, headers, body, source)
        return answer

    def elsewhere(self) -> str:
        """Another address to send from, where this machine has one by which it reaches the target (loopback); else empty.

        Limits count by address: what strangers try must not keep people out, nor one attack another. Servers that believe what a
        proxy on their own machine says believe 127.0.0.1 alone.
        """
        host = urlsplit(self.url).hostname or ""
        address = f"127.0.0.{next(self._others)}"
        if host != "localhost" and not host.startswith("127."):
            return ""
        try:
            with socket.socket() as one:
                one.bind((address, 0))
        except OSError:  # systems that have no more than 127.0.0.1
            return ""
        return address

    def _wait(self, answer: Exchange, usual: float) -> bool:
        """Wait until a limit has room again; returns whether that was worth it."""
        told = answer.headers.get("retry-after", "")
        pause = float(told) if told.replace(".", "", 1).isdigit() else usual
        with self._turn:
            moment = time.monotonic()
            more = max(0.0, moment + pause - max(moment, self._slowed))  # others may be waiting already
            if pause > LONGEST_PAUSE or more > self.patience:
                return False
            self.patience -= more
            if moment - self._slowed > TOGETHER:
                self._most, self.rate = max(SLOWEST, self.rate * BELOW), max(SLOWEST, self.rate / 2)
            path = answer.path.partition("?")[0]
            if self._limited not in ("", path):  # nothing was answered since another path was limited: it is one limit of all
                sent = sum(moment - one < WINDOW for one in self._moments) / WINDOW
                self._most = max(SLOWEST, min(self._most, sent * BELOW * BELOW))
                self.rate = min(self.rate, self._most)
            self._limited = path
            self._slowed = max(self._slowed, moment + pause)
        time.sleep(pause)
        return True

    def _once(self, method: str, path: str, headers: Mapping[str, str] | None, body: bytes, source: str) -> Exchange:
        import httpx

        client = self._opened(source)
        target = quote(path, safe="/%?&=+:;,@!$'()*~.-_[]{}|\\^`\"<>#").replace(" ", "%20")
        raw = "".join(char if char not in '{}|\\^`"<>#' else quote(char) for char in target)
        given = [(name.encode("latin-1", "ignore"), value.encode("latin-1", "ignore")) for name, value in (headers or {}).items()]
        if body:  # a server that refuses a request without having read its body takes the body for the next request
            given.append((b"Connection", b"close"))
        request = client.build_request(method, self.url + "/", headers=given, content=body or None)
        request.extensions = {**request.extensions, "target": (urlsplit(self.url).path + raw).encode()}
        started = time.monotonic()
        status, came, text = NO_ANSWER, {}, ""
        cookies: tuple[str, ...] = ()
        sendable = True
        try:
            try:
                reply = client.send(request, stream=True)
            except httpx.RemoteProtocolError:  # the server has just closed the connection that was to be used again
                reply = client.send(request, stream=True)
            try:
                status, came = reply.status_code, dict(reply.headers)
                cookies = tuple(reply.headers.get_list("set-cookie"))
                text = _read(reply, started + self.timeout)
            finally:
                reply.close()
        except (httpx.LocalProtocolError, ValueError):
            sendable = False  # HTTP itself does not allow it: that says nothing of the system
        except (httpx.HTTPError, OSError, RuntimeError):
            pass
        seconds = time.monotonic() - started
        with self._turn:
            self.answered += status != NO_ANSWER
            self._limited = self._limited if status in (TOO_MANY, NO_ANSWER) else ""
            self.silent = 0 if status else self.silent + sendable
        return Exchange(method, self.url, path, dict(headers or {}), body, status, came, text, seconds, cookies)

    def reach(self, path: str = "/") -> Exchange:
        """Make sure that somebody answers at all; nobody is an error that says where."""
        answer = self.send("GET", path)
        if answer.status == NO_ANSWER:
            raise UnreachableError(f"Nobody answers at {self.url}: start the system, or correct its address.")
        return answer

    def _opened(self, source: str) -> httpx.Client:
        import httpx

        with self._turn:
            if self.sent >= self.budget:
                raise BudgetError(f"the scan has used up its {self.budget} requests")
            self.sent += 1
            moment = time.monotonic()
            self._moments.append(moment)
            if self.rate < self._most and moment - self._slowed > QUIET:
                self.rate, self._slowed = min(self._most, self.rate * FASTER), moment
            wait = max(0.0, self._next - moment)
            self._next = max(moment, self._next) + 1 / self.rate
            if source not in self._clients:
                limits = httpx.Limits(max_connections=20, max_keepalive_connections=20)
                trusted = self.verify if self.url.startswith("https") else False  # to read the authorities takes its time
                way = httpx.HTTPTransport(verify=trusted, limits=limits, trust_env=False, local_address=source or None)
                client = httpx.Client(transport=way, timeout=self.timeout, trust_env=False, cookies=no_cookies())
                logging.getLogger("httpx").setLevel(logging.WARNING)  # Robot would log a line for each request
                client.headers.clear()
                client.headers.update({"Accept": "*/*", "User-Agent": "robotframework-theodore security scan"})
                self._clients[source] = client
            client = self._clients[source]
        time.sleep(wait)
        return client


def _read(reply: httpx.Response, deadline: float) -> str:
    """The body, up to a size and a moment: an event stream has no end of its own."""
    import httpx

    parts, size = [], 0
    try:
        for part in reply.iter_bytes():
            parts.append(part)
            size += len(part)
            if size > LONGEST or time.monotonic() > deadline:
                break
    except httpx.HTTPError:
        pass
    return b"".join(parts).decode(reply.encoding or "utf-8", "replace")
