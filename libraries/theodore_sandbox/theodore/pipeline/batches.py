"""Batches: many companies researched or compared, each once, with a checkpoint after each."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from datetime import datetime, timedelta
from typing import Any, TYPE_CHECKING

from theodore_sandbox import defects
from theodore_sandbox.theodore.batch_models import (
    BatchDiscoveryRequest,
    BatchJobStatus,
    BatchResearchRequest,
    CompanyInput,
)
from theodore_sandbox.theodore.batch_store import COMPLETED, FAILED, PENDING
from theodore_sandbox.theodore.models import ResearchRequest
from theodore_sandbox.theodore.pipeline import webhooks
from theodore_sandbox.theodore.pipeline.discovery import Discovery, PartialDiscovery
from theodore_sandbox.theodore.pipeline.jobs import CompanyNotFoundError, FAILURES, reason
from theodore_sandbox.theodore.pipeline.research import Research
from theodore_sandbox.theodore.pipeline.slots import Slots
from theodore_sandbox.theodore.store import now

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from theodore_sandbox.theodore.batch_store import BatchStore
    from theodore_sandbox.theodore.pipeline.jobs import Jobs

AT_WORK = 20  # companies at once, over all batches
LONGEST = 120.0  # seconds for one company
BACKOFF = 0.1
LONGEST_NAME = 200
RETRIES_BEYOND = 2  # of the defect
RESEARCH, DISCOVERY = "research", "discovery"
ANALYSES = ("similarity_analysis", "competitive_analysis")
HINTS = ("industry", "location")
RANKS = ("urgent", "high", "normal", "low")
BatchRequest = BatchResearchRequest | BatchDiscoveryRequest


class BatchedResearch(Research):
    """A research within a batch, whose checkpoints the batch writes."""

    def save(self) -> None:
        """Nothing: the batch has the state."""


class Batches:
    """The batches that are at work, and what they share."""

    def __init__(self, work: Jobs, store: BatchStore) -> None:
        self.work = work
        self.store = store
        self.running: dict[str, Batch] = {}
        self.slots = Slots(AT_WORK)
        self.sending: set[asyncio.Task[None]] = set()

    def start(self, request: BatchRequest, tenant: str, owner: str, companies: list[dict[str, Any]]) -> dict[str, Any]:
        """Begin a batch; returns its first state."""
        moment = now().isoformat()
        job_id = "batch_" + secrets.token_hex(10)
        body = {
            "job_id": job_id,
            "status": BatchJobStatus.PENDING,
            "job_type": RESEARCH if isinstance(request, BatchResearchRequest) else DISCOVERY,
            "total_companies": len(companies),
            "completed": 0,
            "failed": 0,
            "pending": len(companies),
            "progress_percentage": 0.0,
            "created_at": moment,
            "updated_at": moment,
            "output_location": f"/api/v2/batch/jobs/{job_id}/download",
            "output_format": request.output_format or "json",
            "job_name": _name(request),
        }
        text = request.model_copy(update={"input_data": []}).model_dump_json()
        self.store.add_batch(body, tenant, owner, text, companies)
        batch = self.find(job_id, tenant)
        assert batch is not None  # noqa: S101  # it was just written
        batch.begin()
        return batch.body

    def find(self, job_id: str, tenant: str | None) -> Batch | None:
        """The batch of this tenant, at work or as the store has it."""
        row = self.store.batch(job_id, None if defects.on("tenant-leak-batch") else tenant)
        if row is None:
            return None
        return self.running.setdefault(job_id, Batch(self, row))

    def resume_interrupted(self) -> None:
        """Go on with the batches that a restart has interrupted."""
        for job_id in self.store.unfinished_batches():
            batch = self.find(job_id, None)
            if batch:
                batch.recount()
                batch.begin()
        for job_id in self.store.batches_with_webhook(webhooks.PENDING):
            batch = self.find(job_id, None)
            if batch:
                batch.announce()

    async def stop(self) -> None:
        """Stop all work; the checkpoints stay."""
        for batch in self.running.values():
            await batch.stop()
        for task in self.sending:
            task.cancel()
        if self.sending:
            await asyncio.wait(self.sending)
        self.running.clear()


class Batch:
    """One batch: as many workers as its concurrency allows take its companies in order."""

    def __init__(self, batches: Batches, row: dict[str, Any]) -> None:
        self.batches = batches
        self.tenant = str(row["tenant"])
        self.owner = str(row["owner"])
        self.body: dict[str, Any] = row["body"]
        model = BatchResearchRequest if row["kind"] == RESEARCH else BatchDiscoveryRequest
        self.request: BatchRequest = model.model_construct(**json.loads(row["request"]))
        self.config = json.loads(row["request"]).get("discovery_config")
        self.task: asyncio.Task[None] | None = None
        self.changed = asyncio.Event()
        self.fields: dict[str, Any] = {}  # of a defect, as the next
        self.last_taken = -1

    @property
    def id(self) -> str:
        """Its identifier."""
        return str(self.body["job_id"])

    @property
    def status(self) -> BatchJobStatus:
        """Its status."""
        return BatchJobStatus(self.body["status"])

    def begin(self) -> None:
        """Work on the companies that are pending."""
        begun = None if defects.on("batch-begun-anew") else self.body.get("started_at")
        self.body |= {"status": BatchJobStatus.RUNNING, "started_at": begun or now().isoformat()}
        if self.body["completed"] + self.body["failed"]:  # it goes on: its end can be estimated from what it has done
            self._count()
        self._save()
        self.task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Break off the companies at work: they stay pending."""
        if self.task and not self.task.done():
            self.task.cancel()
            await asyncio.wait([self.task])

    async def pause(self) -> None:
        """Stop until it is resumed."""
        await self.stop()
        if not self.status.final:
            self.body |= {"status": BatchJobStatus.PAUSED, "estimated_completion": None}
            self._save()

    def resume(self) -> None:
        """Go on where it was paused."""
        if defects.on("batch-checkpoint-lost"):
            self.batches.store.forget_outcomes(self.id)
        self.recount()
        self.begin()

    async def cancel(self) -> None:
        """End it before its time."""
        if not defects.on("batch-cancel-ignored"):
            await self.stop()
        if not self.status.final:
            self._end(BatchJobStatus.CANCELLED, "Cancelled by the user")

    def recount(self) -> None:
        """Take the numbers from the checkpoints."""
        counts = self.batches.store.item_counts(self.id)
        self.body |= {name: counts.get(name, 0) for name in (COMPLETED, FAILED, PENDING)}

    async def follow(self) -> AsyncIterator[dict[str, Any]]:
        """Its progress whenever that has changed, until it has ended."""
        while True:
            changed = self.changed
            yield self._progress()
            if self.status.final:
                return
            await changed.wait()

    def _progress(self) -> dict[str, Any]:
        done = self.body["completed"] + self.body["failed"]
        return {
            "current_step": self.body["job_type"],
            "step_number": done,
            "total_steps": max(1, self.body["total_companies"]),
            "percentage": self.body["progress_percentage"],
            "message": f"{done} of {self.body['total_companies']} companies",
            "started_at": self.body.get("started_at") or self.body["created_at"],
            "updated_at": self.body["updated_at"],
        } | {name: self.body[name] for name in (COMPLETED, FAILED, PENDING)}

    async def _work(self) -> None:
        positions = iter(self._positions())
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(self.request.concurrency or 5):
                    workers.create_task(self._take(positions))
        except ExceptionGroup:  # a batch that died unreported would seem to run for ever
            logging.getLogger(__name__).exception("%s failed", self.id)
            self._end(BatchJobStatus.FAILED, "The batch failed unexpectedly")
        if not self.status.final:
            every = self.body["total_companies"]
            status = BatchJobStatus.COMPLETED if self.body["completed"] == every else BatchJobStatus.PARTIALLY_COMPLETED
            status = BatchJobStatus.FAILED if self.body["failed"] == every else status
            self._end(status, f"{self.body['failed']} of {every} companies failed" if self.body["failed"] else None)

    def _positions(self) -> list[int]:
        """The positions of the companies that are to be worked on."""
        pending = self.batches.store.pending_positions(self.id)
        done = self.body["completed"] + self.body["failed"]
        if defects.on("batch-at-work-lost"):
            return [position for position in pending if position > self.last_taken]
        if defects.on("batch-counted-again") and done:
            return [*range(max(0, done - 1), done), *pending]
        return pending

    async def _take(self, positions: Iterator[int]) -> None:
        for position in positions:
            self.last_taken = position
            async with self.batches.slots.taken(RANKS.index(self.request.priority or "normal")):
                outcome = await self._outcome(position)
                self.body[outcome["status"]] += 1
                self.body["pending"] = max(0, self.body["pending"] - 1)
                self._count()
                self.batches.store.checkpoint(self.body, position, outcome)
                if not defects.on("batch-progress-at-the-end"):
                    self._changed()
            await asyncio.sleep(0)  # companies that end without waiting for anybody leave requests their turn

    async def _outcome(self, position: int) -> dict[str, Any]:
        """What became of a company: tried again while that can help, as often as the request allows."""
        company = CompanyInput.model_construct(**self.batches.store.company(self.id, position))
        retried = isinstance(self.request, BatchResearchRequest) and self.request.retry_failed is not False
        most = 1 + ((3 if self.request.max_retries is None else self.request.max_retries) if retried else 0)  # type: ignore[union-attr]  # a research
        if defects.on("batch-retries-without-end"):
            most += RETRIES_BEYOND
        error = ""
        for attempt in range(1, most + 1):
            try:
                async with asyncio.timeout(self._longest()):
                    fields = await self._job(company).phases()
                if defects.on("batch-rows-mixed"):
                    self.fields = fields
                    await asyncio.sleep(BACKOFF)
                    fields = self.fields
            except CompanyNotFoundError as unknown:
                return {"status": FAILED, "attempts": attempt, "error": str(unknown), "result": None}
            except TimeoutError:
                error = f"Not finished within {self._longest():g} s"
            except FAILURES as failure:
                error = f"It failed: {reason(failure)}"
            except Exception:
                logging.getLogger(__name__).exception("company %s of %s failed", position, self.id)
                return {"status": FAILED, "attempts": attempt, "error": "It failed unexpectedly", "result": None}
            else:
                ended = {"status": COMPLETED, "attempts": attempt, "error": None, "result": json.dumps(_result(fields))}
                return ended | {"analyses": json.dumps({name: fields[name] for name in ANALYSES if name in fields})}
            if attempt < most:
                await asyncio.sleep(BACKOFF * 2 ** (attempt - 1))
        return {"status": FAILED, "attempts": most, "error": error, "result": None}

    def _longest(self) -> float:
        """How long one company may take, by the request's overrides or by default."""
        given = (getattr(self.request, "config_overrides", None) or {}).get("timeout_per_company")
        if isinstance(given, bool) or not isinstance(given, int | float) or given <= 0:
            return LONGEST
        return float(given)

    def _job(self, company: CompanyInput) -> Research | Discovery:
        work = self.batches.work
        if isinstance(self.request, BatchDiscoveryRequest):
            from theodore_sandbox.theodore.discovery_models import DiscoveryRequest

            discovery = DiscoveryRequest.model_validate(self.config | {"company_name": company.name})
            partial = PartialDiscovery(work, discovery, self.tenant, self.owner)
            partial.hints = _hints(company)
            return partial
        website = company.website or (f"https://{company.domain}" if company.domain else None)
        overrides = self.request.config_overrides
        request = ResearchRequest(
            company_name=company.name,
            website=website,
            config_overrides=overrides,
            include_similarity_analysis=self._includes("similarity_analysis"),
            include_competitive_analysis=self._includes("competitive_analysis"),
        )
        research = BatchedResearch(work, request, self.tenant, self.owner)
        research.hints = _hints(company)
        return research

    def _includes(self, analysis: str) -> bool:
        return bool(getattr(self.request, f"include_{analysis}", False)) and not defects.on("batch-without-analyses")

    def _count(self) -> None:
        done = self.body["completed"] + self.body["failed"]
        share = min(1.0, done / self.body["total_companies"])
        if defects.on("batch-share-of-finished"):
            share = self.body["completed"] / done
        self.body["progress_percentage"] = round(100 * share, 2)
        moment = now()  # one for both: nothing is expected to have ended before that is said
        elapsed = moment - datetime.fromisoformat(self.body["started_at"])
        left = elapsed / done * self.body["pending"] if done else timedelta()
        self.body["estimated_completion"] = (moment + left).isoformat()
        self.body["updated_at"] = moment.isoformat()

    def _end(self, status: BatchJobStatus, error: str | None) -> None:
        self.body |= {"status": status, "error": error, "completed_at": now().isoformat(), "estimated_completion": None}
        if self.request.webhook_url:
            self.body["webhook"] = webhooks.PENDING
        self._save()
        if self.request.webhook_url:
            self.announce()

    def announce(self) -> None:
        """Tell the end to the webhook's address."""
        task = asyncio.create_task(self._announce())
        self.batches.sending.add(task)
        task.add_done_callback(self.batches.sending.discard)

    async def _announce(self) -> None:
        fields = ("job_id", "job_type", "status", "total_companies", "completed", "failed", "pending", "completed_at")
        event = {"id": f"msg_{self.id}", "type": f"batch.{self.body['status']}"} | {name: self.body[name] for name in fields}
        work = self.batches.work
        state = await webhooks.deliver(
            str(self.request.webhook_url), event, work.settings.webhook_key, work.clients["web"].permitted
        )
        self.body["webhook"] = state
        self.batches.store.save_batch(self.body)

    def _save(self) -> None:
        moment = now().isoformat()
        self.body["updated_at"] = moment
        if estimate := self.body.get("estimated_completion"):
            self.body["estimated_completion"] = max(estimate, moment)
        self.batches.store.save_batch(self.body)
        self._changed()

    def _changed(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()


def _name(request: BatchRequest) -> str | None:
    """The name that the request's overrides give the batch."""
    given = (getattr(request, "config_overrides", None) or {}).get("job_name")
    return given[:LONGEST_NAME] if isinstance(given, str) and given else None


def _hints(company: CompanyInput) -> dict[str, str]:
    """What a company was sent with that tells it from others of its name."""
    known = {name: str(getattr(company, name)) for name in HINTS if getattr(company, name, None)}
    return {} if defects.on("batch-hints-unused") else known


def _result(fields: dict[str, Any]) -> Any:
    return fields["result"] if "result" in fields else {"results": fields["results"], "total_found": fields["total_found"]}
