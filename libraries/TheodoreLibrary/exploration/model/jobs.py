"""The model of researches and discoveries as jobs: who sees them, how they end, and what stays of them."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import written
from TheodoreLibrary.exploration.model.actions import Action, CONFLICT, done_or_invalid, FORBIDDEN, MISSING, OK, within
from TheodoreLibrary.exploration.model.results import ended_discovery, ended_research
from TheodoreLibrary.exploration.model.world import ENDED, Job
from TheodoreLibrary.exploration.steps import Request

if TYPE_CHECKING:
    from TheodoreLibrary.exploration.judging import Judge
    from TheodoreLibrary.exploration.model.actions import Turn

ROUTES = {"research": "/research", "discovery": "/discover"}
NAMES = {"research": "company_name", "discovery": "query_company"}
STATUSES = ("pending", "queued", "running", *ENDED)
PRIORITIES = ("low", "normal", "high", "urgent")
LONGEST_NAME, MOST_TAGS, SHORTEST_TIMEOUT, LONGEST_TIMEOUT = 200, 10, 30, 3600


class StartResearch(Action):
    """A research that is started."""

    name, area, scope, makes = "start a research", "jobs", "research", "job"

    def request(self, turn: Turn) -> Request:
        return Request("POST", "/research", turn.values["body"])

    def statuses(self, turn: Turn) -> tuple[int, ...]:
        body = turn.values["body"]
        tags, overrides = body.get("tags"), body.get("config_overrides")
        valid = (
            valid_name(body.get("company_name"))
            and within(body.get("timeout_seconds"), SHORTEST_TIMEOUT, LONGEST_TIMEOUT)
            and body.get("priority", "normal") in PRIORITIES
            and (tags is None or (isinstance(tags, list) and len(tags) <= MOST_TAGS))
            and (overrides is None or isinstance(overrides, dict))
        )
        return done_or_invalid(valid=valid)

    def learn(self, turn: Turn) -> None:
        started(turn, "research")


class ReadJob(Action):
    """A look at a job, by its own route or that of its progress, by whoever: other tenants do not find it."""

    name, area = "read a job", "jobs"

    def request(self, turn: Turn) -> Request:
        return Request("GET", path_of(turn))

    def scope_needed(self, turn: Turn) -> str:
        return kind_of(turn)

    def statuses(self, turn: Turn) -> tuple[int, ...]:
        return hidden(turn) or (OK,)

    def learn(self, turn: Turn) -> None:
        (same_progress if turn.values["route"] else same_job)(turn)

    def refused(self, turn: Turn) -> None:
        """Who does not find a job learns nothing of it."""
        company = turn.job.company
        if turn.answer.status == MISSING and len(company) > 3:  # noqa: PLR2004  # shorter ones may be words
            leaked = company.casefold() in turn.answer.text.casefold()
            observed = f"'{company}' in the refusal" if leaked else "no name"
            turn.judge.that("explore.tenants.silent", not leaked, "a refusal without the company's name", observed)


class FollowJob(ReadJob):
    """A job that is asked for until it has ended."""

    name = "follow a job to its end"


class CancelJob(ReadJob):
    """A cancel of a job: it ends one that runs, and is refused where it has ended."""

    name = "cancel a job"

    def request(self, turn: Turn) -> Request:
        return Request("DELETE", path_of(turn))

    def statuses(self, turn: Turn) -> tuple[int, ...]:
        if turn.job.ended or turn.job.cancelled:
            return hidden(turn) or (CONFLICT,)
        colleague = (
            turn.caller is not None and turn.caller.identity is not turn.job.owner
        )  # the contract leaves open if a colleague may
        return hidden(turn) or ((OK, CONFLICT, FORBIDDEN) if colleague else (OK, CONFLICT))

    def learn(self, turn: Turn) -> None:
        turn.equal("explore.jobs.cancelled_id", turn.job.id, "job_id")
        turn.job.cancelled = True

    def refused(self, turn: Turn) -> None:
        super().refused(turn)
        turn.job.over |= turn.answer.status == CONFLICT


def valid_name(name: Any) -> bool:
    """Whether the contract allows the name of a company."""
    return isinstance(name, str) and 1 <= len(name) <= LONGEST_NAME and bool(name.strip())


def kind_of(turn: Turn) -> str:
    """The kind of job that a step asks for, which may not be the job's own."""
    kinds = ("research", "discovery")
    return kinds[(turn.job.kind == "discovery") != (turn.values.get("identifier") == "of another kind")]


def path_of(turn: Turn) -> str:
    """The path of a job, or of one that does not exist."""
    identifier = turn.job.id
    if turn.values.get("identifier") == "unknown":
        identifier = f"{identifier[:-6]}{'0' * 6}"
    return f"{ROUTES[kind_of(turn)]}/{identifier}{turn.values.get('route', '')}"


def hidden(turn: Turn) -> tuple[int, ...]:
    """404 where the caller is not to find the job; empty where it is."""
    foreign = turn.caller is not None and not turn.world.sees(turn.caller.identity, turn.job)
    return (MISSING,) if foreign or "identifier" in turn.values else ()


def started(turn: Turn, kind: str) -> None:
    """A job was accepted: keep it under its label."""
    body, request, caller = turn.body, turn.values["body"], turn.caller
    identifier, status = body.get("job_id"), body.get("status")
    fresh = turn.world.new_identifier(identifier)
    turn.judge.that("explore.jobs.id_unique", fresh, "a job_id that was never given out", identifier)
    turn.equal(f"explore.{kind}.company", request["company_name"], NAMES[kind])
    early = status in STATUSES[:3] or status in ENDED[:2]
    turn.judge.that("explore.jobs.first_status", early, "status pending, queued or running", f"status {status}")
    if caller:
        world, label = turn.world, turn.step.label
        company = request["company_name"]
        job = Job(
            str(identifier),
            kind,
            caller.identity,
            company,
            request,
            body.get("created_at"),
            domain=world.domains.get(company, ""),
        )
        world.jobs[label] = job
        world.started[caller.identity.tenant] = world.started.get(caller.identity.tenant, 0) + 1


def same_job(turn: Turn) -> None:
    """A job is what it was started as, its state follows from the last one, and what has ended stays as it is."""
    job, body, judge = turn.job, turn.body, turn.judge
    kind, status = f"explore.{job.kind}", str(body.get("status"))
    turn.equal(f"{kind}.id", job.id, "job_id")
    turn.equal(f"{kind}.company", job.company, NAMES[job.kind])
    turn.equal(f"{kind}.created", job.created, "created_at")
    if isinstance(body.get("progress"), dict) and status != "cancelled":
        _not_back(turn, body["progress"])
    allowed = next_statuses(job)
    judge.that(f"{kind}.status", status in allowed, f"status {' or '.join(allowed)}", f"status {status}")
    if job.body is not None:
        changed = sorted(name for name in {*job.body, *body} if job.body.get(name) != body.get(name))
        judge.that(f"{kind}.stays", not changed, "an unchanged job", f"changed: {written(changed)}")
    elif status in ENDED:
        job.status, job.body = status, body
        _ended(judge, job, status, body)
    else:
        job.status = status if status in STATUSES else job.status
        early = [name for name in ("completed_at", "result") if body.get(name)]
        judge.that(f"{kind}.not_ended", not early, "neither completed_at nor result while it runs", written(early))


def _ended(judge: Judge, job: Job, status: str, body: dict[str, Any]) -> None:
    """What a job has to hold once it has ended."""
    kind = f"explore.{job.kind}"
    observed = f"status {status}, completed_at {written(body.get('completed_at'))}, error {written(body.get('error'))}"
    judge.that(f"{kind}.completed_at", bool(body.get("completed_at")), f"completed_at of a job that is {status}", observed)
    if status != "cancelled":  # the contract does not say whether a cancelled job has an error
        judge.that(
            f"{kind}.error", bool(body.get("error")) == (status == "failed"), "an error if and only if it failed", observed
        )
    if job.kind == "research":
        ended_research(judge, job, body)
    elif status == "completed":
        ended_discovery(judge, job.request, body)
    progress = body.get("progress")
    if status == "completed" and isinstance(progress, dict):
        judge.equal(f"{kind}.done_percentage", 100.0, float(progress.get("percentage") or 0))


def same_progress(turn: Turn) -> None:
    """The progress of a job never goes back, and agrees with how it ended."""
    job = turn.job
    _not_back(turn, turn.body)
    last = (job.body or {}).get("progress")
    if isinstance(last, dict):
        turn.judge.equal(f"explore.{job.kind}.progress_agrees", last, turn.body)


def _not_back(turn: Turn, progress: dict[str, Any]) -> None:
    job, share = turn.job, progress.get("percentage")
    number = float(share) if isinstance(share, int | float) else -1.0
    least = 100.0 if job.status == "completed" else job.percentage
    turn.judge.that(f"explore.{job.kind}.progress", least <= number <= 100.0, f"{least:g} % to 100 %", f"{written(share)} %")  # noqa: PLR2004
    job.percentage = max(job.percentage, number)


def next_statuses(job: Job) -> tuple[str, ...]:
    """The statuses that may come after the last one that was seen."""
    if job.ended:
        return (job.status,)
    if job.cancelled:
        return ("cancelled",)
    possible = STATUSES[STATUSES.index(job.status) : -1]  # nobody has cancelled it
    possible = ENDED[:2] if job.over else possible
    return tuple(status for status in possible if status != "completed" or not job.invented)


ACTIONS = (StartResearch(), ReadJob(), FollowJob(), CancelJob())
