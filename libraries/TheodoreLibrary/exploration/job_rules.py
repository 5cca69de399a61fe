"""The model of researches and discoveries as jobs: who sees them, how they end, and what stays of them."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import written
from TheodoreLibrary.exploration.actions import Action, CONFLICT, INVALID, MISSING, OK, within
from TheodoreLibrary.exploration.discovery_results import ended_discovery
from TheodoreLibrary.exploration.steps import Request, RUN, Step
from TheodoreLibrary.exploration.world import ENDED, Job

if TYPE_CHECKING:
    import random

    from TheodoreLibrary.exploration.judging import Judge
    from TheodoreLibrary.exploration.steps import Answer
    from TheodoreLibrary.exploration.world import World

ROUTES = {"research": "/research", "discovery": "/discover"}
NAMES = {"research": "company_name", "discovery": "query_company"}
STATUSES = ("pending", "queued", "running", *ENDED)
PRIORITIES = ("low", "normal", "high", "urgent")
LONGEST_NAME, MOST_TAGS = 200, 10


class StartResearch(Action):
    """A research that is started; many of its requests are invalid, since valid ones cost work."""

    name, area, weight, scope, makes = "start a research", "jobs", 5, "research", "job"
    VALID = (
        {}, {"priority": "urgent"}, {"priority": "low"}, {"tags": [f"t{n}" for n in range(MOST_TAGS)]}, {"timeout_seconds": 30},
        {"timeout_seconds": 3600}, {"deep_analysis": True}, {"config_overrides": {}}, {"website": None, "tags": None},
    )  # fmt: skip
    INVALID = (
        {"priority": "highest"}, {"tags": [f"t{n}" for n in range(MOST_TAGS + 1)]}, {"timeout_seconds": 29}, {"timeout_seconds": 3601},
        {"timeout_seconds": "soon"}, {"tags": "none"}, {"config_overrides": []}, {"company_name": ""}, {"company_name": "   "},
        {"company_name": "n" * (LONGEST_NAME + 1)}, {"company_name": 7}, {"company_name": None},
    )  # fmt: skip

    def values(self, world: World, source: random.Random) -> dict[str, Any]:
        few = len(world.jobs) < 2 + world.most_jobs  # valid ones cost work
        if few and source.random() < 0.5:  # noqa: PLR2004  # half of them
            invented = f"Explored {RUN} {source.randrange(1000)}"
            names = (source.choice(world.companies), source.choice(world.companies), invented, (invented + " " + "n" * LONGEST_NAME)[:LONGEST_NAME])
            return {"body": {"company_name": source.choice(names)} | source.choice(self.VALID)}
        return {"body": {"company_name": source.choice(world.companies)} | source.choice(self.INVALID)}

    def request(self, world: World, step: Step) -> Request:
        del world
        return Request("POST", "/research", step.values["body"])

    def statuses(self, world: World, step: Step) -> tuple[int, ...]:
        del world
        body = step.values["body"]
        tags, overrides = body.get("tags"), body.get("config_overrides")
        valid = (
            valid_name(body.get("company_name"))
            and within(body.get("timeout_seconds"), 30, 3600)
            and body.get("priority", "normal") in PRIORITIES
            and (tags is None or (isinstance(tags, list) and len(tags) <= MOST_TAGS))
            and (overrides is None or isinstance(overrides, dict))
        )
        return (OK,) if valid else (INVALID,)

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        started(world, "research", step, answer, judge)


class ReadJob(Action):
    """A look at a job, by its own route or that of its progress, by whoever: other tenants do not find it."""

    name, area, weight = "read a job", "jobs", 14

    def values(self, world: World, source: random.Random) -> dict[str, Any] | None:
        if not world.jobs:
            return None
        values: dict[str, Any] = {"job": source.choice(list(world.jobs)), "route": source.choice(("", "", "/progress"))}
        dice = source.random()
        if dice < 0.12:  # noqa: PLR2004  # now and then
            values["identifier"] = source.choice(("unknown", "of another kind"))
        return values

    def request(self, world: World, step: Step) -> Request:
        return Request("GET", path_of(world, step))

    def statuses(self, world: World, step: Step) -> tuple[int, ...]:
        return found(world, step) or (OK,)

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        job = world.jobs[step.values["job"]]
        if step.values["route"]:
            same_progress(judge, job, answer.fields)
        else:
            same_job(judge, job, answer.fields)

    def scope_needed(self, world: World, step: Step) -> str:
        other = step.values.get("identifier") == "of another kind"
        return "discovery" if (world.jobs[step.values["job"]].kind == "discovery") != other else "research"

    def refused(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        if answer.status == MISSING:
            silent(judge, world.jobs[step.values["job"]], answer)


class FollowJob(ReadJob):
    """A job that is asked for until it has ended."""

    name, weight = "follow a job to its end", 3

    def caller(self, world: World, source: random.Random, values: dict[str, Any]) -> str:
        del source
        owner = world.jobs[values["job"]].owner
        alive = [label for label, session in world.sessions.items() if session.person is owner and session.alive]
        return alive[0] if alive else owner.name

    def values(self, world: World, source: random.Random) -> dict[str, Any] | None:
        open_jobs = [label for label, job in world.jobs.items() if not job.ended]
        return {"job": source.choice(open_jobs), "route": "", "until": "ended"} if open_jobs else None


class CancelJob(ReadJob):
    """A cancel of a job: it ends one that runs, and is refused where it has ended."""

    name, weight = "cancel a job", 5

    def values(self, world: World, source: random.Random) -> dict[str, Any] | None:
        values = super().values(world, source)
        return values and values | {"route": ""}

    def caller(self, world: World, source: random.Random, values: dict[str, Any]) -> str:
        owner = world.jobs[values["job"]].owner
        strangers = [label for label, session in world.sessions.items() if session.alive and session.person.tenant != owner.tenant]
        if strangers and source.random() < 0.35:  # noqa: PLR2004  # a third
            return source.choice(strangers)
        return world.some_caller(source, own=owner)

    def request(self, world: World, step: Step) -> Request:
        return Request("DELETE", path_of(world, step))

    def statuses(self, world: World, step: Step) -> tuple[int, ...]:
        job = world.jobs[step.values["job"]]
        own = world.caller(step.caller)
        colleague = own is not None and own.person is not job.owner  # the contract does not say whether a colleague may
        open_statuses = (OK, CONFLICT, 403) if colleague else (OK, CONFLICT)
        return found(world, step) or ((CONFLICT,) if job.ended else open_statuses)

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        job = world.jobs[step.values["job"]]
        judge.equal("explore.jobs.cancelled_id", job.id, answer.fields.get("job_id"))
        job.cancelled = True

    def refused(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        super().refused(world, step, answer, judge)
        job = world.jobs[step.values["job"]]
        job.over = job.over or answer.status == CONFLICT


def valid_name(name: Any) -> bool:
    """Whether the contract allows the name of a company."""
    return isinstance(name, str) and 1 <= len(name) <= LONGEST_NAME and bool(name.strip())


def path_of(world: World, step: Step) -> str:
    """The path of a job, or of one that does not exist."""
    job = world.jobs[step.values["job"]]
    kind, identifier = job.kind, job.id
    if step.values.get("identifier") == "unknown":
        identifier = f"{identifier[:-6]}{'0' * 6}"
    elif step.values.get("identifier") == "of another kind":
        kind = "discovery" if kind == "research" else "research"
    return f"{ROUTES[kind]}/{identifier}{step.values.get('route', '')}"


def found(world: World, step: Step) -> tuple[int, ...]:
    """404 where the caller is not to find the job; empty where it is."""
    caller, job = world.caller(step.caller), world.jobs[step.values["job"]]
    hidden = "identifier" in step.values or (caller is not None and not world.sees(caller.person, job))
    return (MISSING,) if hidden else ()


def started(world: World, kind: str, step: Step, answer: Answer, judge: Judge) -> None:
    """A job was accepted: keep it under its label."""
    body, request = answer.fields, step.values["body"]
    caller = world.caller(step.caller)
    identifier = body.get("job_id")
    judge.that("explore.jobs.id_unique", world.new_identifier(identifier), "a job_id that was never given out", identifier)
    judge.equal("explore.jobs.company", request["company_name"], body.get(NAMES[kind]))
    early = body.get("status") in STATUSES[:3] or body.get("status") in ENDED[:2]
    judge.that("explore.jobs.first_status", early, "status pending, queued or running", f"status {body.get('status')}")
    if caller and step.label:
        job = Job(str(identifier), kind, caller.person, request["company_name"], request, body.get("created_at"))
        world.jobs[step.label] = job
        world.started[caller.person.tenant] = world.started.get(caller.person.tenant, 0) + 1


def same_job(judge: Judge, job: Job, body: dict[str, Any]) -> None:
    """A job is what it was started as, its state follows from the last one, and what has ended stays as it is."""
    kind, status = f"explore.{job.kind}", str(body.get("status"))
    judge.equal(f"{kind}.id", job.id, body.get("job_id"))
    judge.equal(f"{kind}.company", job.company, body.get(NAMES[job.kind]))
    judge.equal(f"{kind}.created", job.created, body.get("created_at"))
    judge.that(f"{kind}.status", may_follow(job, status), _next(job), f"status {status}")
    if status not in ENDED:
        job.status = status
        judge.that(f"{kind}.not_ended", not body.get("completed_at"), "no completed_at while it runs", body.get("completed_at"))
        judge.that(f"{kind}.no_result_yet", not body.get("result"), "no result while it runs", "a result")
        return
    if job.body is not None:
        changed = [name for name in {*job.body, *body} if job.body.get(name) != body.get(name)]
        judge.that(f"{kind}.stays", not changed, "an unchanged job", f"changed: {written(sorted(changed)) if changed else 'none'}")
        return
    job.status, job.body = status, body
    judge.that(f"{kind}.completed_at", bool(body.get("completed_at")), f"completed_at of a job that is {status}", body.get("completed_at"))
    if status != "cancelled":  # the contract does not say whether a cancelled job has an error
        judge.that(f"{kind}.error", bool(body.get("error")) == (status == "failed"), "an error if and only if it failed", _state(status, body))
    if job.kind == "research":
        judge.that("explore.research.result", bool(body.get("result")) == (status == "completed"), "a result if and only if it completed", _state(status, body))
    elif status == "completed":
        ended_discovery(judge, job.request, body)
    progress = body.get("progress") or {}
    if status == "completed" and progress:
        judge.equal(f"{kind}.done_percentage", 100.0, float(progress.get("percentage") or 0))


def same_progress(judge: Judge, job: Job, body: dict[str, Any]) -> None:
    """The progress of a job never goes back, and agrees with how it ended."""
    check, share = f"explore.{job.kind}", body.get("percentage")
    number = share if isinstance(share, int | float) else -1.0
    judge.that(f"{check}.progress", job.percentage <= number <= 100, f"{job.percentage:g} % to 100 %", f"{written(share)} %")  # noqa: PLR2004
    job.percentage = max(job.percentage, number)
    if job.status == "completed":
        judge.equal(f"{check}.progress_done", 100.0, float(number))
    last = (job.body or {}).get("progress")
    if isinstance(last, dict):
        judge.equal(f"{check}.progress_agrees", last, body)


def may_follow(job: Job, status: str) -> bool:
    """Whether a status may come after the last one that was seen."""
    if job.ended:
        return status == job.status
    if job.cancelled:
        return status == "cancelled"
    if job.over:
        return status in ENDED[:2]
    return status in STATUSES[STATUSES.index(job.status) : -1]  # nobody has cancelled it


def _next(job: Job) -> str:
    if job.ended or job.cancelled:
        return f"status {job.status if job.ended else 'cancelled'}"
    return f"status {' or '.join(ENDED[:2] if job.over else STATUSES[STATUSES.index(job.status) : -1])}"


def _state(status: str, body: dict[str, Any]) -> str:
    return f"status {status}, error {written(body.get('error'))}, {'a result' if body.get('result') else 'no result'}"


def silent(judge: Judge, job: Job, answer: Answer) -> None:
    """A refusal says nothing of the job."""
    leaked = job.company.casefold() in answer.text.casefold() and len(job.company) > 3  # noqa: PLR2004  # shorter ones may be words
    judge.that("explore.jobs.silent", not leaked, "a refusal without the company's name", f"'{job.company}' in the refusal" if leaked else "no name")


ACTIONS = (StartResearch(), ReadJob(), FollowJob(), CancelJob())
