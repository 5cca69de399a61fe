"""Research jobs: each runs as a task of its own through five phases and writes its progress to the store."""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import time
from datetime import timedelta
from typing import Any, TYPE_CHECKING

import httpx

from theodore_sandbox import defects
from theodore_sandbox.api.models import CompanyIntelligence, IndustryCategory, JobStatus
from theodore_sandbox.api.store import now
from theodore_sandbox.pipeline import analysis, scraper, search

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from theodore_sandbox.api.models import ResearchRequest
    from theodore_sandbox.api.store import Store
    from theodore_sandbox.settings import Settings

WEIGHTS = {
    "domain_discovery": 10,
    "intelligent_scraping": 50,
    "ai_analysis": 25,
    "embedding_generation": 10,
    "vector_storage": 5,
}
TIMEOUTS = {"search": 5.0, "web": 5.0, "openai": 20.0, "vectors": 5.0}
USUAL_DURATION = timedelta(seconds=2)
INDUSTRIES = [value.value for value in IndustryCategory]


class CompanyNotFoundError(Exception):
    """Neither the web nor a directory knows the company."""


class Research:
    """Starts, follows and cancels research jobs."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store
        self.jobs: dict[str, tuple[_Run, asyncio.Task[None]]] = {}
        self.last_result: dict[str, dict[str, Any]] = {}
        self.pages_by_path: dict[str, scraper.Page] = {}
        headers = {"openai": {"Authorization": f"Bearer {settings.openai_key}"}}
        self.clients = {
            name: httpx.AsyncClient(base_url=url, timeout=TIMEOUTS.get(name, 5.0), headers=headers.get(name))
            for name, url in settings.dependencies.items()
        }

    def start(self, request: ResearchRequest, tenant: str, owner: str) -> dict[str, Any]:
        """Create a job and let it run."""
        moment = now().isoformat()
        job: dict[str, Any] = {
            "job_id": "res_" + secrets.token_hex(10),
            "status": JobStatus.PENDING,
            "company_name": request.company_name,
            "created_at": moment,
            "updated_at": moment,
            "estimated_completion": (now() + USUAL_DURATION).isoformat(),
            "retry_count": 0,
            "progress": {
                "current_step": "queued",
                "step_number": 0,
                "total_steps": len(WEIGHTS),
                "percentage": 0.0,
                "message": "Waiting to start",
                "details": {"phases": []},
                "started_at": moment,
                "updated_at": moment,
            },
        }
        run = _Run(self, request, tenant, owner, job)
        run.save()
        self.jobs[job["job_id"]] = run, asyncio.create_task(run.work())
        return job

    async def cancel(self, job_id: str) -> None:
        """Stop a job's work and mark it as cancelled."""
        run, task = self.jobs[job_id]
        run.finish(JobStatus.CANCELLED, error="Cancelled by the user")
        if not defects.on("cancel-ignored"):
            task.cancel()
            await asyncio.wait([task])

    def active(self) -> int:
        """How many jobs are at work."""
        return sum(not task.done() for _, task in self.jobs.values())

    async def dependencies_answer(self) -> dict[str, bool]:
        """For each dependency, whether it answers a harmless request."""
        paths = {"search": "/search?q=health", "web": "/robots.txt", "openai": "/v1/models"}

        async def answers(name: str) -> bool:
            with contextlib.suppress(httpx.HTTPError):
                reply = await self.clients[name].get(paths.get(name, "/describe_index_stats"), timeout=2.0)
                return reply.status_code < httpx.codes.INTERNAL_SERVER_ERROR
            return False

        return dict(zip(self.clients, await asyncio.gather(*map(answers, self.clients)), strict=True))

    async def reset(self) -> None:
        """Stop all jobs and forget what was learnt."""
        tasks = [task for _, task in self.jobs.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self.jobs.clear()
        self.last_result.clear()
        self.pages_by_path.clear()

    async def close(self) -> None:
        """Stop all jobs and close the connections."""
        await self.reset()
        for client in self.clients.values():
            await client.aclose()


class _Run:
    """One job on its way through the phases."""

    def __init__(self, research: Research, request: ResearchRequest, tenant: str, owner: str, job: dict[str, Any]) -> None:
        self.research = research
        self.clients = research.clients
        self.request = request
        self.tenant = tenant
        self.owner = owner
        self.job = job
        self.done_weight = 0

    def save(self) -> None:
        self.job["updated_at"] = self.job["progress"]["updated_at"] = now().isoformat()
        self.research.store.save_job(self.job["job_id"], self.tenant, self.owner, self.job)

    def finish(self, status: JobStatus, *, result: dict[str, Any] | None = None, error: str | None = None) -> None:
        if JobStatus(self.job["status"]).final:
            return
        self.job |= {"status": status, "result": result, "error": error, "completed_at": now().isoformat()}
        self.job["estimated_completion"] = None
        if status is JobStatus.COMPLETED:
            self.job["progress"] |= {"percentage": 100.0, "message": "Research completed"}
        else:
            self.job["progress"]["message"] = error
        self.save()

    async def work(self) -> None:
        self.job |= {"status": JobStatus.RUNNING, "started_at": now().isoformat()}
        try:
            async with asyncio.timeout(self.request.timeout_seconds):
                record = await self._phases()
        except CompanyNotFoundError as error:
            self.finish(JobStatus.FAILED, error=str(error))
        except TimeoutError:
            self.finish(JobStatus.FAILED, error=f"Not finished within {self.request.timeout_seconds} s")
        except (httpx.HTTPError, scraper.SiteUnavailableError, analysis.AnalysisError) as error:
            self.finish(JobStatus.FAILED, error=f"The phase {self.job['progress']['current_step']} failed: {error}")
        else:
            if defects.on("stale-result"):
                record = self.research.last_result.setdefault(self.owner, record)
            self.finish(JobStatus.COMPLETED, result=record)
            if defects.on("job-lost"):
                await asyncio.sleep(0.5)
                self.research.store.drop_job(self.job["job_id"])

    async def _phases(self) -> dict[str, Any]:
        name = self.request.company_name
        async with self._phase("domain_discovery") as output:
            domain = await self._domain(output)
        if domain is None:
            return _invented(name)
        pages: list[scraper.Page] = []
        async with self._phase("intelligent_scraping") as output:
            cache = self.research.pages_by_path if defects.on("mixed-pages") else {}
            limit = self.research.settings.max_pages
            async for page, expected in scraper.pages(self.clients["web"], domain, limit, cache):
                pages.append(_ascii_only(page) if defects.on("lost-languages") else page)
                self._advance("intelligent_scraping", len(pages) / expected, f"Read {page.url}")
            output |= {"pages_read": len(pages), "content_length": sum(len(page.text) for page in pages)}
        async with self._phase("ai_analysis") as output:
            facts, usage = await analysis.analyse(self.clients["openai"], name, pages)
            output |= {"model": analysis.MODEL, "tokens_used": usage["total_tokens"]}
            output["languages"] = facts.get("languages")
        if defects.on("completed-without-data"):
            return CompanyIntelligence(name=name).model_dump(mode="json")
        record = self._record(facts, domain, pages)
        async with self._phase("embedding_generation") as output:
            summary = " ".join(filter(None, (record["ai_summary"], record["description"])))
            values = await analysis.embed(self.clients["openai"], summary or name)
            output["dimensions"] = len(values)
        async with self._phase("vector_storage"):
            metadata = {key: record[key] for key in ("name", "domain", "industry", "business_model", "company_size")}
            vector = {"id": domain, "values": values, "metadata": metadata}
            answer = await self.clients["vectors"].post("/vectors/upsert", json={"namespace": self.tenant, "vectors": [vector]})
            answer.raise_for_status()
        return record

    async def _domain(self, output: dict[str, Any]) -> str | None:
        if self.request.website:
            output["given"] = True
            return httpx.URL(self.request.website).host.removeprefix("www.")
        found = await search.find_domain(self.clients["search"], self.request.company_name)
        output |= {"fallback_used": found.fallback_used, "domain": found.domain}
        if found.domain or defects.on("invented-company"):
            return found.domain
        advice = "Check the spelling, or give the company's website."
        similar = f" Similar names: {', '.join(found.suggestions)}." if found.suggestions else ""
        self.job["progress"]["details"]["suggestions"] = [*found.suggestions, advice]
        raise CompanyNotFoundError(f"No company named '{self.request.company_name}' was found.{similar} {advice}")

    def _record(self, facts: dict[str, Any], domain: str, pages: list[scraper.Page]) -> dict[str, Any]:
        known = {key: value for key, value in facts.items() if key in CompanyIntelligence.model_fields}
        row = INDUSTRIES.index(known["industry"]) if known.get("industry") in INDUSTRIES else len(INDUSTRIES) - 1
        known["industry"] = INDUSTRIES[row - 1 if defects.on("wrong-industry") else row]
        if defects.on("constant-confidence"):
            known["confidence_score"] = 0.85
        own = {
            "domain": domain,
            "website": f"https://{domain}",
            "data_sources": [page.url for page in pages],
            "last_updated": now(),
            "research_depth": "deep" if self.request.deep_analysis else "standard",
        }
        return CompanyIntelligence.model_validate(known | own).model_dump(mode="json")

    @contextlib.asynccontextmanager
    async def _phase(self, name: str) -> AsyncIterator[dict[str, Any]]:
        started = time.monotonic()
        entry: dict[str, Any] = {
            "phase_name": name,
            "success": False,
            "started_at": now().isoformat(),
            "output_data": {},
        }
        self.job["progress"] |= {"current_step": name, "step_number": list(WEIGHTS).index(name) + 1}
        self._advance(name, 0.0, f"Phase {name.replace('_', ' ')}")
        try:
            yield entry["output_data"]
            entry["success"] = True
            self.done_weight += WEIGHTS[name]
        finally:
            entry["completed_at"] = now().isoformat()
            entry["duration_ms"] = round((time.monotonic() - started) * 1000, 1)
            self.job["progress"]["details"]["phases"].append(entry)

    def _advance(self, phase: str, share: float, message: str) -> None:
        if JobStatus(self.job["status"]).final:
            return
        base = 0 if defects.on("progress-backwards") and phase == "ai_analysis" else self.done_weight
        self.job["progress"] |= {"percentage": round(base + WEIGHTS[phase] * share, 1), "message": message}
        self.save()


def _ascii_only(page: scraper.Page) -> scraper.Page:
    return scraper.Page(page.url, page.language, *(re.sub(r"[^\x00-\x7f]", "", text) for text in (page.title, page.text)))


def _invented(name: str) -> dict[str, Any]:
    domain = re.sub(r"[^a-z0-9]", "", name.lower()) + ".com"
    guess = {"domain": domain, "website": f"https://{domain}", "industry": "technology", "confidence_score": 0.7}
    description = f"{name} is a technology company."
    return CompanyIntelligence.model_validate(guess | {"name": name, "description": description}).model_dump(mode="json")
