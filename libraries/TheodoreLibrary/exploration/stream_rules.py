"""The model of streams: events of a job that has ended, for those who may see it and for nobody else."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from TheodoreLibrary.exploration.actions import OK
from TheodoreLibrary.exploration.job_rules import found, ReadJob, ROUTES
from TheodoreLibrary.exploration.steps import Request

if TYPE_CHECKING:
    import random

    from TheodoreLibrary.exploration.judging import Judge
    from TheodoreLibrary.exploration.steps import Answer, Step
    from TheodoreLibrary.exploration.world import World

STREAM, SOCKET = "STREAM", "SOCKET"
LAST = {"completed": ("complete", "job_completed"), "failed": ("error", "job_failed"), "cancelled": ("error", "job_failed")}


class ReadStream(ReadJob):
    """The server-sent events of a research that has ended: the last one holds the job as its own route does."""

    name, area, weight = "read a job's event stream", "streams", 3
    method = STREAM

    def values(self, world: World, source: random.Random) -> dict[str, Any] | None:
        ended = [label for label, job in world.jobs.items() if job.body is not None and job.kind == "research"]
        return {"job": source.choice(ended)} if ended else None


    def request(self, world: World, step: Step) -> Request:
        return Request(self.method, f"{ROUTES['research']}/{world.jobs[step.values['job']].id}/stream")

    def statuses(self, world: World, step: Step) -> tuple[int, ...]:
        return found(world, step) or (OK,)

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        job = world.jobs[step.values["job"]]
        kind, data = answer.body[-1] if answer.body else ("no event", {})
        fields = data if isinstance(data, dict) else {}
        body = job.body or {}
        judge.equal("explore.streams.last_event", LAST[job.status][0], kind)
        judge.equal("explore.streams.job", job.id, fields.get("job_id"))
        judge.equal("explore.streams.ended_as", job.status, fields.get("status"))
        same = fields.get("result") == body.get("result")
        judge.that("explore.streams.result", same, "the result of the job's own route", "the same" if same else "another")


ACTIONS = (ReadStream(),)
