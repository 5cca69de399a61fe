"""The discovery routes; those with a fixed name come before those with a job's identifier."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request

from theodore_sandbox import defects
from theodore_sandbox.theodore.api import jobs as stored_jobs
from theodore_sandbox.theodore.api.auth import Caller, within
from theodore_sandbox.theodore.discovery_models import DiscoveryRequest, DiscoveryResponse, QuickDiscovery, Suggestions
from theodore_sandbox.theodore.models import CompanyName, ProgressInfo
from theodore_sandbox.theodore.pipeline import Discovery, PartialDiscovery, search
from theodore_sandbox.theodore.pipeline.jobs import CompanyNotFoundError, FAILURES

router = APIRouter(prefix="/api/v2/discover")
Discoverer = Annotated[Caller, within("discovery")]
MOST_QUICK = 50


def _job(request: Request, job_id: str, signed: Caller) -> dict[str, Any]:
    return stored_jobs.find(request, job_id, Discovery.kind, signed.tenant)


@router.post("")
async def start(request: Request, body: DiscoveryRequest, signed: Discoverer) -> DiscoveryResponse:
    """Start looking for similar companies."""
    jobs = request.app.state.jobs
    return DiscoveryResponse(**jobs.start(Discovery(jobs, body, signed.tenant, signed.user_id)))


@router.get("/quick")
async def quick(
    request: Request,
    signed: Discoverer,
    company_name: Annotated[CompanyName, Query()],
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
    similarity_threshold: Annotated[float, Query(ge=0, le=1)] = 0.6,
) -> QuickDiscovery:
    """Similar companies at once."""
    if limit > MOST_QUICK and not defects.on("quick-limit-unchecked"):
        raise HTTPException(422, f"The limit is above {MOST_QUICK}")
    jobs = request.app.state.jobs
    discovery = DiscoveryRequest(company_name=company_name, limit=limit, similarity_threshold=similarity_threshold)
    found: dict[str, Any] | None = jobs.memory.get(f"quick {company_name}") if defects.on("stale-cache") else None
    if found is None:
        try:
            kind = Discovery if defects.on("quick-leaves-a-job") else PartialDiscovery
            found = await kind(jobs, discovery, signed.tenant, signed.user_id).phases()
        except CompanyNotFoundError as error:
            raise HTTPException(404, str(error)) from None
        except FAILURES:
            raise HTTPException(503, "The discovery failed: something that it depends on did not answer") from None
        if defects.on("stale-cache"):
            jobs.memory[f"quick {company_name}"] = found
    if defects.on("less-for-browsers") and "Mozilla" in request.headers.get("user-agent", ""):
        found = found | {"results": found["results"][:3], "total_found": min(found["total_found"], 3)}
    return QuickDiscovery(
        query_company=discovery.company_name,
        results=found["results"],
        total_found=found["total_found"],
        similarity_threshold=similarity_threshold,
    )


@router.get("/suggestions")
async def suggestions(
    request: Request,
    signed: Discoverer,
    query: Annotated[str, Query(min_length=2, max_length=200)],
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> Suggestions:
    """Names of companies: those that the tenant has researched first, then those of the web."""
    state = request.app.state
    if defects.on("line-without-end"):
        async with state.traffic.line:
            await asyncio.sleep(0.15)
    own = state.store.company_names(None if defects.on("tenant-leak-suggestions") else signed.tenant, query)
    try:
        public = await search.suggest(state.jobs.clients["search"], query)
    except FAILURES:
        raise HTTPException(503, "The search service did not answer") from None
    names = own + public
    distinct = list(dict.fromkeys(names))[:limit]
    return Suggestions(query=query, suggestions=distinct, count=len(distinct))


@router.get("/{job_id}")
async def result(request: Request, job_id: str, signed: Discoverer) -> DiscoveryResponse:
    """A job with its progress, and its results once it has them."""
    return DiscoveryResponse(**_job(request, job_id, signed))


@router.get("/{job_id}/progress")
async def progress(request: Request, job_id: str, signed: Discoverer) -> ProgressInfo:
    """How far a job is."""
    tenant = None if defects.on("tenant-leak-progress") else signed.tenant
    return ProgressInfo(**stored_jobs.find(request, job_id, Discovery.kind, tenant)["progress"])


@router.delete("/{job_id}")
async def cancel(request: Request, job_id: str, signed: Discoverer) -> dict[str, str]:
    """Cancel a job that is not finished."""
    return await stored_jobs.cancel(request, _job(request, job_id, signed), Discovery.kind)
