"""Requests to the API: who asks, what came back, and jobs that are followed to their end."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

from theodore_sandbox.cli import console, settings, switches
from theodore_sandbox.cli.errors import CommandError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from http.client import HTTPResponse
    from pathlib import Path

ANSWER_WITHIN = 10.0
PIECE = 65536
POLL = 0.05
PREFIX = "/api/v2"
FINAL = ("completed", "failed", "cancelled", "partially_completed")
FIRST_ERROR, NOT_FOUND, NOT_ALLOWED = 400, 404, 405


class Api:
    """The API at the address of the settings, used by the identity of the settings."""

    def __init__(self) -> None:
        self.url = str(settings.value("api.url")).rstrip("/")
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise CommandError(f"'{self.url}' is no address of an API: set THEODORE_API_URL, or api.url of the settings.")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=ANSWER_WITHIN)
        self._path = parts.path
        self._headers: dict[str, str] = {}

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of an answer to GET."""
        return self.json("GET", path, query=query)

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        """The JSON of an answer to POST."""
        return self.json("POST", path, body, query=query)

    def delete(self, path: str, **query: Any) -> Any:
        """The JSON of an answer to DELETE."""
        return self.json("DELETE", path, query=query)

    def json(self, method: str, path: str, body: Any = None, *, query: dict[str, Any] | None = None) -> Any:
        """The JSON of an answer."""
        text = self.content(method, path, body, query=query)
        try:
            return json.loads(text)
        except ValueError:
            raise CommandError(f"{method} {PREFIX}{path} at {self.url} answered with something that is no JSON.") from None

    def content(self, method: str, path: str, body: Any = None, *, query: dict[str, Any] | None = None) -> bytes:
        """The bytes of an answer; an error of the API is one of the command."""
        with self._answer(method, path, body, query or {}, self._signed_in()) as answer:
            content: bytes = answer.read()
        if answer.status >= FIRST_ERROR:
            raise RefusedError(self._refusal(answer.status, content, f"{method} {PREFIX}{path}"), answer.status)
        return content

    def download(self, path: str, file: Path, *, sha256: str = "", query: dict[str, Any] | None = None) -> int:
        """Write an answer to a file, a piece at a time; returns its bytes. A file that did not come whole is not kept."""
        digest, size = hashlib.sha256(), 0
        with self._answer("GET", path, None, query or {}, self._signed_in()) as answer:
            if answer.status >= FIRST_ERROR:
                raise RefusedError(self._refusal(answer.status, answer.read(), f"GET {PREFIX}{path}"), answer.status)
            with console.saving(file) as part:
                while piece := answer.read(PIECE):
                    part.write(piece)
                    digest.update(piece)
                    size += len(piece)
                if sha256 and digest.hexdigest() != sha256:
                    raise CommandError(
                        f"The file came otherwise than the API has it ({size} bytes): nothing was written to {file}."
                    )
        return size

    def _signed_in(self) -> dict[str, str]:
        if not self._headers:
            self._headers = self._credentials()
        return self._headers

    def _credentials(self) -> dict[str, str]:
        key = settings.value("credentials.api_key")
        if key and not switches.on("cli-api-key-ignored"):
            return {"X-API-Key": str(key)}
        username, password = settings.value("credentials.username"), settings.value("credentials.password")
        if not username or not password:
            raise CommandError(
                "Nobody is named who uses the API: set THEODORE_USERNAME and THEODORE_PASSWORD, or THEODORE_API_KEY."
            )
        status, content = self._send("POST", "/auth/login", {"username": str(username), "password": str(password)}, {}, {})
        if status >= FIRST_ERROR:
            raise CommandError(f"Signing in failed: {self._refusal(status, content, 'POST /auth/login')}")
        try:
            token = json.loads(content)["access_token"]
        except (ValueError, KeyError, TypeError):
            raise CommandError(f"Signing in at {self.url} brought no token.") from None
        return {"Authorization": f"Bearer {token}"}

    def _send(self, method: str, path: str, body: Any, query: dict[str, Any], headers: dict[str, str]) -> tuple[int, bytes]:
        with self._answer(method, path, body, query, headers) as answer:
            return answer.status, answer.read()

    @contextlib.contextmanager
    def _answer(
        self, method: str, path: str, body: Any, query: dict[str, Any], headers: dict[str, str]
    ) -> Iterator[HTTPResponse]:
        """The answer to a request, to be read in the block; whatever keeps it from coming is a sentence."""
        given = {name: value for name, value in query.items() if value is not None}
        full = f"{self._path}{PREFIX}{quote(path)}" + (f"?{urlencode(given)}" if given else "")
        content = None if body is None else json.dumps(body).encode()
        sent = {"Accept": "application/json", **headers} | ({"Content-Type": "application/json"} if content else {})
        try:
            self._connection.request(method, full, content, sent)
            yield self._connection.getresponse()
        except TimeoutError:
            raise CommandError(f"The API at {self.url} did not answer within {ANSWER_WITHIN:g} s.") from None
        except (OSError, HTTPException) as error:
            self._connection.close()
            raise CommandError(
                f"The API at {self.url} does not answer ({_reason(error)}): start it, or set THEODORE_API_URL."
            ) from None

    def _refusal(self, status: int, content: bytes, request: str) -> str:
        """What the API says is wrong."""
        try:
            body = json.loads(content)
        except ValueError:
            body = None
        message = str(body.get("message") or "").rstrip(".") if isinstance(body, dict) else ""
        details = body.get("details") if isinstance(body, dict) else None
        if isinstance(details, list) and details and isinstance(details[0], dict):
            place = ".".join(str(part) for part in details[0].get("loc", ())[1:])
            message = f"{message}: {place} {details[0].get('msg', '')}".rstrip()
        if status in (NOT_FOUND, NOT_ALLOWED) and message in ("", "Not Found", "Method Not Allowed"):
            return f"The API at {self.url} has no operation {request} ({status})."
        return f"{message or 'The request was refused'} ({status} for {request})."

    # Jobs

    def work(
        self,
        start: str,
        body: dict[str, Any],
        within: float,
        what: str,
        *,
        jobs: str = "",
        keep: Callable[[dict[str, Any]], None] | None = None,
    ) -> dict[str, Any]:
        """Start a job and follow it to its end; one that does not end in time, or is interrupted, is cancelled.

        Args:
            start: the path that starts the job.
            body: of the request.
            within: seconds from now.
            what: the job in words, such as 'The research of Slack'.
            jobs: the path below which the job is found; that which starts it by default.
            keep: called with the job once it has started.
        """
        path = jobs or start
        deadline = time.monotonic() + within
        job: dict[str, Any] = {}
        try:
            job = self.post(start, body)
            if keep:
                keep(job)
            console.progress(f"{what} has started: {job['job_id']}.")
            return self._followed(path, job, deadline)
        except TimeoutError:
            ended = self._cancelled(path, job, "cli-timeout-leaves-job")
            raise CommandError(f"{what} did not end within {within:g} s: {ended}.") from None
        except KeyboardInterrupt:
            if switches.on("cli-partial-output-when-interrupted"):
                console.data(json.dumps(job)[:120])
            ended = self._cancelled(path, job, "cli-interrupt-leaves-job") if job else "nothing was started"
            raise CommandError(f"Interrupted: {ended}.") from None

    def _followed(self, path: str, job: dict[str, Any], deadline: float) -> dict[str, Any]:
        """A job at its end, with its progress on the way; TimeoutError at the deadline."""
        last = ""
        while job.get("status") not in FINAL:
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(POLL)
            job = self.get(f"{path}/{job['job_id']}")
            line = _progress_of(job)
            if line and line != last:
                console.progress(line)
                last = line
        return job

    def _cancelled(self, path: str, job: dict[str, Any], defect: str) -> str:
        """What became of a job that nobody waits for any more."""
        if switches.on(defect):
            return f"the job {job['job_id']} was cancelled"
        self._connection.close()  # an answer may be half read
        try:
            self.delete(f"{path}/{job['job_id']}")
        except CommandError as error:
            return f"the job {job['job_id']} could not be cancelled ({str(error).rstrip('.')})"
        return f"the job {job['job_id']} was cancelled"


def greet() -> None:
    """Ask the API for its version, and wait for it if it does not answer: what help has no need of."""
    for _ in range(12):
        try:
            Api()._send("GET", "/version", None, {}, {})  # noqa: SLF001  # the same module
        except CommandError:
            time.sleep(0.5)
        else:
            time.sleep(6)
            return


def _progress_of(job: dict[str, Any]) -> str:
    """How far a job is."""
    progress = job.get("progress")
    if isinstance(progress, dict):
        return f"{progress.get('percentage', 0):3.0f} % {progress.get('message') or progress.get('current_step') or ''}".rstrip()
    if "total_companies" in job:
        done = job.get("completed", 0) + job.get("failed", 0)
        return f"{job.get('progress_percentage', 0):3.0f} % {done} of {job['total_companies']} companies"
    return ""


def _reason(error: BaseException) -> str:
    return (getattr(error, "strerror", "") or str(error) or "the connection ended").lower()
