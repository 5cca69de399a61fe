"""The model of streams: the events of a research that has ended, for those who may see it and for nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from TheodoreLibrary.exploration.model.jobs import ReadJob, ROUTES
from TheodoreLibrary.exploration.steps import Request, STREAM

if TYPE_CHECKING:
    from TheodoreLibrary.exploration.model.actions import Turn

LAST = {"completed": "complete"}  # the last event by how the job has ended; error for all others


class ReadStream(ReadJob):
    """The server-sent events of a research that has ended: the last one holds the job as its own route does."""

    name, area = "read a job's event stream", "streams"

    def request(self, turn: Turn) -> Request:
        return Request(STREAM, f"{ROUTES['research']}/{turn.job.id}/stream")

    def learn(self, turn: Turn) -> None:
        job, judge = turn.job, turn.judge
        if not job.ended:
            return
        kind, data = turn.answer.body[-1] if turn.answer.body else ("no event", {})
        last = data if isinstance(data, dict) else {}
        judge.equal("explore.streams.last_event", LAST.get(job.status, "error"), kind)
        judge.equal("explore.streams.job", job.id, last.get("job_id"))
        judge.equal("explore.streams.ended_as", job.status, last.get("status"))
        same = last.get("result") == (job.body or {}).get("result")
        judge.that(
            "explore.streams.result", same, "the result of the job's own route", "the same result" if same else "another result"
        )


ACTIONS = (ReadStream(),)
