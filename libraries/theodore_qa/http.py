"""Requests to the system under test: to its own hosts only, counted, timed, with errors that a tester understands."""

from __future__ import annotations

import datetime as dt
import json
import logging
import time
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from theodore_qa import safety
from theodore_qa.errors import QaError, UnreachableError
from theodore_qa.observations import recorder
from theodore_qa.timing import show

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from theodore_qa.environment import Environment


@dataclass(frozen=True)
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
        if not self.text:
            return "an empty body"
        return f"'{self.text[:length]}{'…' if len(self.text) > length else ''}'"


class Http:
    """A client of the system under test."""

    def __init__(self, environment: Environment, url: str) -> None:
        self.environment = environment
        self.url = url
        self._client: httpx.Client | None = None

    def request(
        self,
        method: str,
        path: str,
        *,
        json_body: Any = None,
        token: str | None = None,
        entry: str = "theodore.url",
    ) -> Answer:
        """Send a request and return the answer, whatever its status; no answer at all is an error naming URL and entry."""
        import httpx

        self.refuse_foreign(self.url)
        safety.refuse_changes(self.environment, method, path)
        if self._client is None:
            logging.getLogger("httpx").setLevel(logging.WARNING)  # a poll would fill the log with its tries
            self._client = httpx.Client(base_url=self.url, timeout=self.environment.timeout, trust_env=False)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        sent, started = dt.datetime.now(dt.UTC), time.monotonic()
        try:
            reply = self._client.request(method, path, json=json_body, headers=headers)
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
        recorder.exchanged()
        return Answer(method, path, reply.status_code, reply.headers, text, sent, time.monotonic() - started)

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


def _reason(error: Exception) -> str:
    text = str(error)
    if "refused" in text:
        return "connection refused"
    return text.splitlines()[0].strip().rstrip(".").lower() if text else "the connection broke"
