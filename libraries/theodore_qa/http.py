"""Requests to the system under test: to its own hosts only, counted, timed, with errors that a tester understands."""

from __future__ import annotations

import datetime as dt
import json
import logging
import time
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from theodore_qa import safety
from theodore_qa.errors import QaError, UnreachableError
from theodore_qa.observations import recorder, Verdict
from theodore_qa.redaction.secrets import shortened
from theodore_qa.timing import show

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from http.cookiejar import CookieJar

    import httpx

    from theodore_qa.environment import Environment


OK = 200
EVERY_ANSWER = "api.every_answer"
# What looks at every answer, whatever it was asked for, and says what is wrong with it.
watchers: list[Callable[[Answer], list[str]]] = []


def no_cookies() -> CookieJar:
    """A jar that keeps nothing: one client serves many people, and none may be known by the cookie of another."""
    from http.cookiejar import CookieJar, DefaultCookiePolicy

    return CookieJar(DefaultCookiePolicy(allowed_domains=()))


@dataclass(frozen=True, eq=False, repr=False)  # generated methods cost import time
class Answer:
    """One answer of the system under test, with when it was asked for and how long it took."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    text: str
    sent: dt.datetime
    duration: float

    @property
    def body(self) -> Any:
        """The answer's JSON, or None where there is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    def object(self) -> dict[str, Any]:
        """The answer's JSON object; anything else is an error that shows what came."""
        body = self.body
        if isinstance(body, dict):
            return body
        raise QaError(f"{self.method} {self.path} answered {self.status} with {self.excerpt()}, expected a JSON object.")

    def excerpt(self, length: int = 120) -> str:
        """The beginning of the answer's text."""
        return f"'{shortened(self.text, length)}'" if self.text else "an empty body"


@dataclass(eq=False, repr=False)  # generated methods cost import time
class Stream:
    """What came over a stream of server-sent events, and whether the other side ended it."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    events: list[tuple[str, str]] = field(default_factory=list)
    ended: bool = False
    broken: str = ""


class Http:
    """A client of the system under test."""

    def __init__(self, environment: Environment, url: str, *, verify: Any = True) -> None:
        self.environment = environment
        self.verify = verify
        self.url = url
        self._client: httpx.Client | None = None

    def request(
        self,
        method: str,
        path: str,
        *,
        json_body: Any = None,
        token: str | None = None,
        api_key: str | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        entry: str = "theodore.url",
    ) -> Answer:
        """Send a request and return the answer, whatever its status; no answer at all is an error naming URL and entry."""
        import httpx

        client = self._opened(method, path)
        sent_headers = _credentials(token, api_key) | dict(headers or {})
        sent, started = dt.datetime.now(dt.UTC), time.monotonic()
        try:
            reply = client.request(method, path, json=json_body, content=content, headers=sent_headers)
            text = reply.text
        except httpx.TimeoutException:
            waited = show(self.environment.timeout)
            raise UnreachableError(
                f"The environment entry {entry} names {self.url}, and {method} {path} was not answered there within {waited}: "
                f"check that the system is up, or raise theodore.timeout in {self.environment.path.name}."
            ) from None
        except httpx.HTTPError as error:
            raise UnreachableError(
                f"The environment entry {entry} names {self.url}, and {method} {path} was not answered there "
                f"({_reason(error)}): start the system, or correct the entry in {self.environment.path.name}."
            ) from None
        recorder.exchanged(text)
        answer = Answer(method, path, reply.status_code, reply.headers, text, sent, time.monotonic() - started)
        for problem in dict.fromkeys(problem for watch in watchers for problem in watch(answer)):
            recorder.record(EVERY_ANSWER, "as the system has promised", problem, Verdict.FAIL, subject=f"{method} {path}")
        return answer

    def events(self, path: str, *, token: str | None, within: float) -> Stream:
        """Read a stream of server-sent events to its end, or until ``within`` seconds have passed."""
        import httpx
        import httpx_sse

        client = self._opened("GET", path)
        stream = Stream()
        deadline = time.monotonic() + within
        try:
            with httpx_sse.connect_sse(
                client,
                "GET",
                path,
                headers=_credentials(token, None),
                timeout=httpx.Timeout(self.environment.timeout, read=within),
            ) as source:
                recorder.exchanged()
                stream.status, stream.headers = source.response.status_code, source.response.headers
                if stream.status != OK:
                    source.response.read()
                    return stream
                for event in source.iter_sse():
                    stream.events.append((event.event, event.data))
                    if time.monotonic() > deadline:
                        return stream
                stream.ended = True
        except httpx_sse.SSEError:
            return stream
        except httpx.ReadTimeout:
            return stream
        except httpx.HTTPError as error:
            stream.broken = _reason(error)
        return stream

    def _opened(self, method: str, path: str) -> httpx.Client:
        import httpx

        self.refuse_foreign(self.url)
        safety.refuse_changes(self.environment, method, path)
        if self._client is None:
            logging.getLogger("httpx").setLevel(logging.WARNING)  # a poll would fill the log with its tries
            self._client = httpx.Client(
                base_url=self.url,
                timeout=self.environment.timeout,
                trust_env=False,
                verify=self.verify,
                cookies=no_cookies(),
            )
        return self._client

    def refuse_foreign(self, url: str) -> None:
        """Refuse a URL whose host the environment does not list."""
        host = urlsplit(url).hostname or ""
        if host not in self.environment.hosts:
            raise QaError(
                f"The host {host} is not among the hosts of {self.environment.path.name} "
                f"({', '.join(self.environment.hosts)}): nothing was sent there."
            )

    def close(self) -> None:
        """Close the connections."""
        if self._client:
            self._client.close()
            self._client = None


def _credentials(token: str | None, api_key: str | None) -> dict[str, str]:
    bearer = {"Authorization": f"Bearer {token}"} if token else {}
    return bearer | ({"X-API-Key": api_key} if api_key else {})


def _reason(error: Exception) -> str:
    text = str(error)
    if "refused" in text:
        return "connection refused"
    return text.splitlines()[0].strip().rstrip(".").lower() if text else "the connection broke"
