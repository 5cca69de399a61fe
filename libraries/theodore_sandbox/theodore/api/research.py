"""The research routes: start, status, progress, stream, cancel."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import StreamingResponse

from theodore_sandbox import defects
from theodore_sandbox.theodore.api import jobs, streams
from theodore_sandbox.theodore.api.auth import Caller, within
from theodore_sandbox.theodore.models import ProgressInfo, ResearchRequest, ResearchResponse
from theodore_sandbox.theodore.pipeline import Research

router = APIRouter(prefix="/api/v2/research")
Researcher = Annotated[Caller, within("research")]


def _job(request: Request, job_id: str, signed: Caller) -> dict[str, Any]:
    tenant = None if defects.on("tenant-leak-id") else signed.tenant
    store = request.app.state.store
    other = store.job(job_id, Research.kind, None) if defects.on("tenant-leak-error") else None
    if defects.on("tenant-leak-error") and other and store.job(job_id, Research.kind, tenant) is None:
        raise HTTPException(404, f"Research job {job_id} about {other['company_name']} belongs to another tenant")
    return jobs.find(request, job_id, Research.kind, tenant)


@router.post("")
async def start(request: Request, body: ResearchRequest, signed: Researcher) -> ResearchResponse:
    """Start the research of a company."""
    work = request.app.state.jobs
    return ResearchResponse(**work.start(Research(work, body, signed.tenant, signed.user_id)))


@router.get("/{job_id}")
async def result(request: Request, job_id: str, signed: Researcher) -> ResearchResponse:
    """A job with its progress, and its result once it has one."""
    return ResearchResponse(**_job(request, job_id, signed))


@router.get("/{job_id}/progress")
async def progress(request: Request, job_id: str, signed: Researcher) -> ProgressInfo:
    """How far a job is."""
    return ProgressInfo(**_job(request, job_id, signed)["progress"])


@router.get("/{job_id}/stream")
async def stream(request: Request, job_id: str, signed: Researcher) -> StreamingResponse:
    """Every state of a job's progress as server-sent events, and its end."""
    stored = _job(request, job_id, signed)
    events = streams.events(request.app.state.jobs.jobs.get(job_id), stored, ResearchResponse)
    return StreamingResponse(events, media_type="text/event-stream")


@router.delete("/{job_id}")
async def cancel(request: Request, job_id: str, signed: Researcher) -> dict[str, str]:
    """Cancel a job that is not finished."""
    return await jobs.cancel(request, _job(request, job_id, signed), Research.kind)
