"""Jobs: each runs as a task of its own through its phases, and everything that changes is stored and can be followed."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from datetime import timedelta
from types import MappingProxyType
from typing import Any, ClassVar, TYPE_CHECKING

import httpx

from theodore_sandbox import defects
from theodore_sandbox.theodore.models import JobStatus
from theodore_sandbox.theodore.pipeline.dependency import Dependency, UnusableDependencyError
from theodore_sandbox.theodore.pipeline.fallback import AllProvidersFailedError, Chain
from theodore_sandbox.theodore.pipeline.providers import PROVIDERS
from theodore_sandbox.theodore.pipeline.scraper import SiteUnavailableError
from theodore_sandbox.theodore.store import now

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from pydantic import BaseModel

    from theodore_sandbox.common.settings import Settings
    from theodore_sandbox.theodore.store import Store

USUAL_DURATION = timedelta(seconds=2)
FAILURES = (httpx.HTTPError, UnusableDependencyError, SiteUnavailableError, AllProvidersFailedError)


class CompanyNotFoundError(Exception):
    """Neither the web nor a directory knows the company."""


class Jobs:
    """The jobs that run, and what they share: clients of the dependencies, AI providers, the store."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store
        self.jobs: dict[str, PipelineJob] = {}
        self.memory: dict[str, Any] = {}
        self.turn = asyncio.Lock()
        urls = settings.dependencies
        self.clients = {name: Dependency(name, urls[name]) for name in ("search", "web", "vectors")}
        self.chain = Chain([PROVIDERS[name](urls[name], settings.provider_keys[name]) for name in settings.providers])

    def reroute(self, urls: dict[str, str]) -> None:
        """Reach dependencies at other addresses from now on."""
        for provider in self.chain.providers:
            if provider.name in urls:
                provider.client.base_url = httpx.URL(urls[provider.name])
        for name, dependency in self.clients.items():
            if name in urls:
                dependency.reroute(urls[name])

    def start(self, job: PipelineJob) -> dict[str, Any]:
        """Let a job run; returns its first state."""
        job.save()
        self.jobs[job.id] = job
        job.task = asyncio.create_task(job.work())
        return job.body

    async def cancel(self, job_id: str) -> None:
        """Stop a job's work and mark it as cancelled."""
        job = self.jobs[job_id]
        job.finish(JobStatus.CANCELLED, error="Cancelled by the user")
        if job.task and not defects.on("cancel-ignored"):
            job.task.cancel()
            await asyncio.wait([job.task])

    def active(self) -> int:
        """How many jobs are at work."""
        if defects.on("ended-jobs-counted"):
            return len(self.jobs)
        return sum(job.task is not None and not job.task.done() for job in self.jobs.values())

    async def dependencies_answer(self) -> dict[str, bool]:
        """For each dependency, whether it answers a harmless request."""
        paths = {"search": "/search?q=health", "web": "/robots.txt", "vectors": "/describe_index_stats"}
        names = [*paths, *(provider.name for provider in self.chain.providers)]
        if defects.on("health-says-ok"):
            return dict.fromkeys(names, True)
        probes = [self.clients[name].answers(path) for name, path in paths.items()]
        probes += [provider.answers() for provider in self.chain.providers]
        return dict(zip(names, await asyncio.gather(*probes), strict=True))

    async def reset(self) -> None:
        """Stop all jobs, clear the caches and close the circuit breakers."""
        tasks = [job.task for job in self.jobs.values() if job.task]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self.jobs.clear()
        self.memory.clear()
        self.clients["web"].permitted.clear()
        self.chain.reset()

    async def close(self) -> None:
        """Stop all jobs and close the connections."""
        await self.reset()
        clients = [service.client for service in self.clients.values()]
        for client in (*clients, *(provider.client for provider in self.chain.providers)):
            await client.aclose()


def reason(error: Exception) -> str:
    """Why a part of a job failed; the client's time-outs have no text of their own."""
    return str(error) or "no answer in time"


class PipelineJob:
    """A job that goes through its phases; subclasses define them."""

    kind: str
    prefix: str
    weights: ClassVar[dict[str, int]]
    hints: Mapping[str, str] = MappingProxyType({})  # industry and location, which distinguish companies of one name

    def __init__(self, jobs: Jobs, tenant: str, owner: str, fields: dict[str, Any], timeout: int | None) -> None:
        moment = now().isoformat()
        self.jobs = jobs
        self.tenant = tenant
        self.owner = owner
        self.timeout = timeout
        self.task: asyncio.Task[None] | None = None
        self.done_weight = 0
        self.events: list[dict[str, Any]] = []
        self.changed = asyncio.Event()
        self.body: dict[str, Any] = {
            "job_id": self.prefix + secrets.token_hex(10),
            "status": JobStatus.PENDING,
            **fields,
            "created_at": moment,
            "updated_at": moment,
            "estimated_completion": (now() + USUAL_DURATION).isoformat(),
            "retry_count": 0,
            "progress": {
                "current_step": "queued",
                "step_number": 0,
                "total_steps": len(self.weights),
                "percentage": 0.0,
                "message": "Waiting to start",
                "details": {"phases": []},
                "started_at": moment,
                "updated_at": moment,
            },
        }

    @property
    def id(self) -> str:
        """The job's identifier."""
        return str(self.body["job_id"])

    @property
    def details(self) -> dict[str, Any]:
        """The details of the progress, beyond its numbers."""
        details: dict[str, Any] = self.body["progress"]["details"]
        return details

    @property
    def final(self) -> bool:
        """Whether the job has ended."""
        return JobStatus(self.body["status"]).final

    def resume(self, body: dict[str, Any]) -> None:
        """Resume, from its beginning, a job that a restart has interrupted."""
        self.body |= {name: body[name] for name in ("job_id", "created_at")} | {"retry_count": body["retry_count"] + 1}

    def original_request(self) -> BaseModel:
        """The request of the job."""
        raise NotImplementedError

    async def phases(self) -> dict[str, Any]:
        """Do the work; returns the fields that the completed job has."""
        raise NotImplementedError

    def save(self) -> None:
        """Store the present state and notify the followers of the job."""
        progress = self.body["progress"]
        self.body["updated_at"] = progress["updated_at"] = now().isoformat()
        self.jobs.store.save_job(
            self.id, self.kind, self.tenant, self.owner, self.body, self.original_request().model_dump_json()
        )
        self.events.append({name: value for name, value in progress.items() if name != "details"})
        self.changed.set()
        self.changed = asyncio.Event()

    async def follow(self) -> AsyncIterator[dict[str, Any]]:
        """Each state of the progress in order, from the first on, until the job has ended."""
        sent = 0
        while True:
            changed = self.changed
            for event in self.events[sent:]:
                sent += 1
                yield event
            if self.final and sent == len(self.events) and not defects.on("stream-without-end"):
                return
            await changed.wait()

    def finish(self, status: JobStatus, *, error: str | None = None, **fields: Any) -> None:
        """End the job, unless it has ended already."""
        if self.final:
            return
        self.body |= {"status": status, "error": error, "completed_at": now().isoformat()} | fields
        self.body["estimated_completion"] = None
        if status is JobStatus.COMPLETED:
            self.body["progress"] |= {"percentage": 100.0, "message": f"{self.kind.capitalize()} completed"}
        else:
            self.body["progress"]["message"] = error
        self.save()

    async def work(self) -> None:
        """Run the phases and end the job by how they went."""
        self.body |= {"status": JobStatus.RUNNING, "started_at": now().isoformat()}
        try:
            async with asyncio.timeout(self.timeout):
                if defects.on("researches-serialised"):
                    async with self.jobs.turn:
                        fields = await self.phases()
                else:
                    fields = await self.phases()
        except CompanyNotFoundError as error:
            self.finish(JobStatus.FAILED, error=str(error))
        except TimeoutError:
            self.finish(JobStatus.FAILED, error=f"Not finished within {self.timeout} s")
        except FAILURES as error:
            self.finish(JobStatus.FAILED, error=f"The phase {self.body['progress']['current_step']} failed: {reason(error)}")
        except Exception:  # a job that died unreported would seem to run for ever
            self.finish(JobStatus.FAILED, error=f"The phase {self.body['progress']['current_step']} failed unexpectedly")
            raise
        else:
            self.finish(JobStatus.COMPLETED, **fields)
            if defects.on("job-lost"):
                await asyncio.sleep(0.5)
                self.jobs.store.drop_job(self.id)

    def not_found(self, name: str, suggestions: list[str]) -> CompanyNotFoundError:
        """The error for an unknown company; the details suggest what the user can do next."""
        advice = "Check the spelling, or give the company's website."
        similar = f" Similar names: {', '.join(suggestions)}." if suggestions else ""
        self.details["suggestions"] = [*suggestions, advice]
        return CompanyNotFoundError(f"No company named '{name}' was found.{similar} {advice}")

    @contextlib.asynccontextmanager
    async def phase(self, name: str) -> AsyncIterator[dict[str, Any]]:
        """Report a phase while it runs, and its duration and output when it has ended."""
        started = time.monotonic()
        entry: dict[str, Any] = {
            "phase_name": name,
            "success": False,
            "started_at": now().isoformat(),
            "output_data": {},
        }
        self.body["progress"] |= {"current_step": name, "step_number": list(self.weights).index(name) + 1}
        self.advance(name, 0.0, f"Phase {name.replace('_', ' ')}")
        try:
            yield entry["output_data"]
            entry["success"] = True
            self.done_weight += self.weights[name]
        finally:
            entry["completed_at"] = now().isoformat()
            took = (time.monotonic() - started) / (100 if defects.on("analysis-time-shortened") and name == "ai_analysis" else 1)
            entry["duration_ms"] = round(took * 1000, 1)
            if defects.on("analysis-time-shortened"):
                entry["started_at"] = (now() - timedelta(seconds=took)).isoformat()
            self.details["phases"].append(entry)

    def advance(self, phase: str, share: float, message: str) -> None:
        """Report the progress of a phase; ``share`` is from 0 to 1."""
        if self.final:
            return
        base = self.done_weight
        if defects.on("progress-backwards") and phase != "domain_discovery":
            base = max(0, base - 60)
        self.body["progress"] |= {"percentage": round(base + self.weights[phase] * share, 1), "message": message}
        self.save()
