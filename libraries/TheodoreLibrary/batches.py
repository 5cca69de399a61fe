"""Batches: started, followed to their end, paused, resumed and cancelled. Every answer about one is kept."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TYPE_CHECKING

from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, QaError, UsageError
from theodore_qa.observing.display import plural
from theodore_qa.timing import show
from TheodoreLibrary import jobs
from TheodoreLibrary.jobs import Accepted, OK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.system import System

FINAL = ("completed", "failed", "cancelled", "partially_completed")
POLL = 0.1
NOT_INSTALLED = 501
COMPLETED, FAILED, PENDING = "completed", "failed", "pending"
FIELDS = ("name", "website", "domain", "industry", "location", "custom_id", "metadata")


@dataclass(eq=False, repr=False)  # generated methods cost import time
class Batch(Accepted):
    """A batch that was started, with every answer about it since."""

    companies: list[dict[str, Any]]
    identity: str | None
    kind: str
    accepted: Exchange
    mark: int | None
    started: float
    answers: list[Exchange] = field(default_factory=list)
    finished_after: float | None = None
    last_call: int | None = None  # of the links' records when it had ended
    breaks: int = 0  # how often it was paused, or its system restarted
    concurrency: int = 5
    options: dict[str, Any] = field(default_factory=dict)
    system: System = field(default_factory=lambda: context.system)

    @property
    def names(self) -> list[str]:
        """The names of its companies, in order."""
        return [company["name"] for company in self.companies]

    def __str__(self) -> str:
        return f"{self.kind} batch {self.id} of {plural(len(self.companies), 'company')}"


def no_batch(value: object) -> Batch:
    """A batch, as `Start Batch Research` and `Start Batch Discovery` return it."""
    del value  # Robot's message has it
    raise ValueError("call Start Batch Research or Research Batch first, and pass what it returns.")


def as_companies(given: Sequence[Any]) -> list[dict[str, Any]]:
    """Companies as the contract takes them, from names or dictionaries; each gets a ``custom_id`` of its own."""
    if isinstance(given, str) or not given:
        raise UsageError("A batch needs a list of companies: names, or dictionaries with 'name'.")
    found = []
    for number, company in enumerate(given):
        entry = {"name": company} if isinstance(company, str) else dict(company)
        if not entry.get("name"):
            raise UsageError(f"Company {number + 1} of the batch has no name.")
        known = {name: entry[name] for name in FIELDS if entry.get(name) is not None}
        found.append({"custom_id": f"{number}-{secrets.token_hex(4)}"} | known)
    return found


def start(companies: list[dict[str, Any]], identity: str | None, kind: str, file: str | None = None, **options: Any) -> Batch:
    """Request a batch of ``companies``, or of the uploaded ``file`` that holds them."""
    system = context.system
    route = "/batch/research" if kind == "research" else "/batch/discover"
    body = {"input_data": file or companies} | {name: value for name, value in options.items() if value is not None}
    token = system.token(identity)
    mark = jobs.journal_mark(system) if system.entry.links else None
    began = time.monotonic()
    answer = system.request("POST", route, json_body=body, token=token)
    if answer.status != OK or not answer.object().get("job_id"):
        raise QaError(
            f"The batch of {plural(len(companies), 'company')} was not accepted: expected 200 with a job_id, "
            f"observed {answer.status} with {answer.excerpt(200)}."
        )
    batch = Batch(companies, identity, kind, answer, mark, began, system=system)
    batch.options = options
    batch.concurrency = int(options.get("concurrency") or (5 if kind == "research" else 3))
    context.at_test_end(f"the {batch} could not be cancelled", lambda: _cancel_if_running(batch))
    return batch


def ask(batch: Batch) -> Exchange:
    """Request the batch's present state."""
    answer = _send(batch, "GET", "")
    batch.answers.append(answer)
    return answer


def follow(batch: Batch, timeout: float, *, until: tuple[str, ...] = FINAL) -> Batch:
    """Poll the batch until it has ended, or has one of the statuses ``until``."""
    deadline = time.monotonic() + timeout
    while True:
        answer = ask(batch)
        if answer.status != OK:
            raise QaError(
                f"The {batch} could not be followed: expected 200 from GET {answer.path}, "
                f"observed {answer.status} with {answer.excerpt()}."
            )
        if batch.status in until:
            break
        if batch.status in FINAL:
            raise QaError(f"The {batch} ended as {batch.status} before it was {' or '.join(until)}.")
        if time.monotonic() > deadline:
            raise QaError(f"The {batch} did not end within {show(timeout)}: {progress(batch)}.")
        time.sleep(POLL)
    if batch.status in FINAL and batch.finished_after is None:
        batch.finished_after = time.monotonic() - batch.started
        batch.last_call = jobs.journal_mark(batch.system) if batch.mark is not None else None
    return batch


def progress(batch: Batch) -> str:
    """Where the batch is, in words."""
    state = batch.state
    return f"{batch.status}, {state.get(COMPLETED)} completed, {state.get(FAILED)} failed, {state.get(PENDING)} pending"


def wait_for_progress(batch: Batch, done: int, timeout: float) -> None:
    """Poll until at least ``done`` companies have an outcome while the batch is at work."""
    deadline = time.monotonic() + timeout
    while True:
        ask(batch)
        if _done(batch) >= done or batch.status in FINAL:
            return
        if time.monotonic() > deadline:
            raise QaError(f"The {batch} had fewer than {plural(done, 'outcome')} after {show(timeout)}: {progress(batch)}.")
        time.sleep(POLL / 4)


def _done(batch: Batch) -> int:
    return sum(int(batch.state.get(name) or 0) for name in (COMPLETED, FAILED))


def pause(batch: Batch) -> Exchange:
    """Request that the batch pauses."""
    answer = _send(batch, "POST", "/pause")
    batch.breaks += answer.status == OK
    return answer


def resume(batch: Batch, *, by_new_request: bool = False) -> Exchange:
    """Request that the batch goes on, at its own address or by a request for a batch that names it."""
    if not by_new_request:
        return _send(batch, "POST", "/resume")
    body = {"input_data": [{"name": "Not Of This Batch"}], "resume_job_id": batch.id}
    return batch.system.request("POST", "/batch/research", json_body=body, token=batch.system.token(batch.identity))


def cancel(batch: Batch) -> Exchange:
    """Request that the batch ends."""
    return _send(batch, "DELETE", "")


def download(batch: Batch, format: str = "json") -> Exchange:  # noqa: A002  # the contract's name
    """Download the outcomes of a batch that has ended."""
    return evaluated(batch.system, _send(batch, "GET", f"/download?format={format}"))


def outcomes(batch: Batch) -> list[dict[str, Any]]:
    """What became of each company."""
    answer = download(batch)
    found = answer.body
    if answer.status != OK or not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise QaError(
            f"The outcomes of the {batch} could not be read: expected 200 with an array, "
            f"observed {answer.status} with {answer.excerpt()}."
        )
    return found


def upload(name: str, content: bytes, identity: str | None) -> Exchange:
    """Upload a file of companies under a name."""
    boundary = secrets.token_hex(16)
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{quoted}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    system = context.system
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    answer = system.request("POST", "/batch/upload", content=body, token=system.token(identity), headers=headers)
    return evaluated(system, answer)


def evaluated(system: System, answer: Exchange) -> Exchange:
    """The answer; that the embedded sandbox lacks an extra for a format is NOT EVALUATED, and no failure of a system."""
    if answer.status == NOT_INSTALLED and system.embedded:
        raise NotEvaluatedError(f"NOT EVALUATED: {answer.object().get('message')}")
    return answer


def read_file(path: str) -> bytes:
    """The bytes of a file of the tester."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"The file {path} cannot be read: {(error.strerror or 'unknown reason').lower()}.") from None


def companies_of(content: bytes, name: str) -> list[dict[str, Any]] | None:
    """The companies of a JSON or CSV file, as the tester wrote them; None for other formats."""
    import csv
    import io

    kind = name.rpartition(".")[2].lower()
    if kind not in ("json", "csv"):
        return None
    try:
        text = content.decode("utf-8-sig")
        if kind == "json":
            return [dict(entry) for entry in json.loads(text)]
        rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        return [found for row in rows if (found := {key: value for key, value in row.items() if value})]
    except (ValueError, TypeError, RecursionError, csv.Error):
        raise UsageError(f"The file {name} is not what its ending says.") from None


def _send(batch: Batch, method: str, suffix: str) -> Exchange:
    return batch.system.request(method, f"/batch/jobs/{batch.id}{suffix}", token=batch.system.token(batch.identity))


def _cancel_if_running(batch: Batch) -> None:
    if batch.status not in FINAL and ask(batch).status == OK and batch.status not in FINAL:
        cancel(batch)
