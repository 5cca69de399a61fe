"""Jobs of research and discovery: started, followed to their end, cancelled. Every answer is kept."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TYPE_CHECKING

from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, QaError
from theodore_qa.observing.display import written
from theodore_qa.observing.observations import recorder
from theodore_qa.systems import links
from theodore_qa.timing import show

if TYPE_CHECKING:
    from collections.abc import Callable

    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.system import System

FINAL = ("completed", "failed", "cancelled")
POLL = 0.05  # seconds between two requests for a state
OK = 200


class Accepted:
    """What the system accepted under a job_id and answers questions about from then on: a job, or a batch of them."""

    accepted: Exchange
    answers: list[Exchange]

    @property
    def id(self) -> str:
        """The identifier that the system gave it."""
        return str(self.accepted.object().get("job_id"))

    @property
    def state(self) -> dict[str, Any]:
        """The document of the last answer about it."""
        return (self.answers or [self.accepted])[-1].object()

    @property
    def status(self) -> str | None:
        """Its status by the last answer."""
        return self.state.get("status")


@dataclass(eq=False, repr=False)  # generated methods cost import time
class Job(Accepted):
    """A research or discovery that was started, with every answer about it since."""

    company: str
    identity: str | None
    request: dict[str, Any]
    accepted: Exchange
    mark: int | None  # where the journal of calls stood when it was requested; None without links
    started: float
    answers: list[Exchange] = field(default_factory=list)
    progress: list[Exchange] = field(default_factory=list)
    last_progress: Exchange | None = None
    finished_after: float | None = None
    calls: dict[str, list[dict[str, Any]]] | None = None
    system: System = field(default_factory=lambda: context.system)
    kind: str = "research"
    route: str = "/research"
    name_field: str = "company_name"

    @property
    def results(self) -> list[dict[str, Any]]:
        """The similar companies that a discovery found."""
        return list(self.state.get("results") or [])

    @property
    def record(self) -> dict[str, Any] | None:
        """The record that the research produced."""
        return self.state.get("result")

    @property
    def error(self) -> str | None:
        """The error of a failed job, as the system reports it."""
        return self.state.get("error")

    @property
    def phases(self) -> dict[str, dict[str, Any]]:
        """The phases by name, as the system reports them."""
        details = (self.state.get("progress") or {}).get("details") or {}
        return {str(phase.get("phase_name")): phase for phase in details.get("phases") or []}

    def __str__(self) -> str:
        return f"{self.kind} {self.id} of '{self.company}'"


def no_job(value: object) -> Job:
    """A research or a discovery, as `Research Company` and `Discover Similar Companies` return it."""
    del value  # Robot's message has it
    raise ValueError("call Research Company or Discover Similar Companies first, and pass what it returns.")


class JobKind(NamedTuple):
    """A kind of job: its name, its route, and the field of its answers that names the company."""

    name: str
    route: str
    name_field: str


RESEARCH = JobKind("research", "/research", "company_name")
DISCOVERY = JobKind("discovery", "/discover", "query_company")


def start(company: str, identity: str | None, kind: JobKind = RESEARCH, **options: Any) -> Job:
    """Request the research of a company, or the discovery of similar ones.

    ``options`` are further fields of the request; those that are None are left out. An answer other than 200 with a job is an
    error.
    """
    system = context.system
    body = {"company_name": company} | {name: value for name, value in options.items() if value is not None}
    token = system.token(identity)
    mark = journal_mark(system) if system.entry.links else None
    began = time.monotonic()
    answer = system.request("POST", kind.route, json_body=body, token=token)
    if answer.status != OK or not answer.object().get("job_id"):
        raise QaError(
            f"The {kind.name} of '{company}' was not accepted: expected 200 with a job_id, "
            f"observed {answer.status} with {answer.excerpt(200)}."
        )
    if found := _not_as_accepted(answer, company, kind):
        raise QaError(
            f"The {kind.name} of '{company}' was accepted with an answer that is not as it should be: {'; '.join(found)}."
        )
    job = Job(
        company, identity, body, answer, mark, began, system=system, kind=kind.name, route=kind.route, name_field=kind.name_field
    )
    context.at_test_end(f"{job} could not be cancelled", lambda: _cancel_if_running(job))
    return job


def _not_as_accepted(answer: Exchange, company: str, kind: JobKind) -> list[str]:
    """What is wrong with the first answer about a job: its moment, the company that it names, and its progress."""
    body = answer.object()
    found = list(answer.stale)
    if body.get(kind.name_field) != company:
        found.append(f"{kind.name_field} is {written(body.get(kind.name_field))}")
    reported = body.get("progress")
    progress = reported if isinstance(reported, dict) else {}
    step, message = progress.get("current_step"), progress.get("message")
    if not isinstance(step, str) or not re.fullmatch(r"[a-z_]+", step):
        found.append(f"progress.current_step is {written(step)}, expected a name such as queued")
    if not isinstance(message, str) or not message:
        found.append(f"progress.message is {written(message)}, expected a text")
    if kind is RESEARCH and not body.get("estimated_completion"):
        found.append("there is no estimated_completion")
    return found


def ask(job: Job) -> Exchange:
    """Request the job's present state."""
    answer = job.system.request("GET", f"{job.route}/{job.id}", token=job.system.token(job.identity))
    job.answers.append(answer)
    return answer


def ask_progress(job: Job) -> Exchange:
    """Request the job's progress."""
    answer = job.system.request("GET", f"{job.route}/{job.id}/progress", token=job.system.token(job.identity))
    job.progress.append(answer)
    return answer


def follow(job: Job, timeout: float) -> Job:
    """Poll the job until it ends; one that does not end within ``timeout`` seconds from its start is an error."""
    deadline = job.started + timeout
    while True:
        for answer in (ask_progress(job), ask(job)):
            if answer.status != OK:
                raise QaError(
                    f"The {job} could not be followed: expected 200 from {answer.method} {answer.path}, "
                    f"observed {answer.status} with {answer.excerpt()}."
                )
        if job.status in FINAL:
            break
        if time.monotonic() > deadline:
            raise QaError(f"The {job} did not end within {show(timeout)}: its last status was {job.status}.")
        time.sleep(POLL)
    job.finished_after = time.monotonic() - job.started
    job.last_progress = ask_progress(job)
    job.progress.pop()
    job.calls = calls(job)
    return job


def leave_open(job: Job) -> None:
    """A job that did not complete has to be looked at by the test: it may be what the test expects, or not."""
    if job.status != "completed":
        recorder.leave_open(
            job,
            f"the {job} ended as {job.status}, and the test does not look at that: check it, for example by "
            f"Get Research Status    ${{{job.kind}}}    ==    {job.status}.",
        )


def cancel(job: Job) -> Exchange:
    """Request that the job is cancelled."""
    return job.system.request("DELETE", f"{job.route}/{job.id}", token=job.system.token(job.identity))


def calls(job: Job) -> dict[str, list[dict[str, Any]]] | None:
    """The calls that the system made to its dependencies since the job was started; None where they cannot be observed."""
    if job.mark is None:
        return None
    try:
        return {link: links.calls(job.system, link, job.mark) for link in job.system.entry.links}
    except NotEvaluatedError:
        return None


def counted(kind: str, identity: str | None) -> dict[str, int]:
    """How many jobs of a kind there are in each status by the metrics, which name jobs by their type and status."""
    answer = context.system.request("GET", "/metrics", token=context.system.token(identity))
    counts = answer.object().get("jobs")
    if not isinstance(counts, dict):
        raise QaError(f"The metrics count no jobs: expected a mapping in 'jobs' of GET /metrics, observed {answer.excerpt()}.")
    return {name: count for name, count in counts.items() if kind in name}


def journal_mark(system: System) -> int | None:
    """Where the links' records end now; None where they cannot be read."""
    try:
        return links.mark(system)
    except NotEvaluatedError:
        return None


def _cancel_if_running(job: Job) -> None:
    if job.status not in FINAL and ask(job).status == OK and job.status not in FINAL:
        cancel(job)


def watch(seconds: float, until: Callable[[], bool]) -> None:
    """Poll until ``until`` holds or ``seconds`` have passed."""
    deadline = time.monotonic() + seconds
    while not until() and time.monotonic() < deadline:
        time.sleep(POLL)
