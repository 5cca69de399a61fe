"""The research routes: start, status, progress, cancel."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Request

from theodore_sandbox.api.auth import Signed  # noqa: TC001  # FastAPI resolves annotations at run time
from theodore_sandbox.api.models import JobStatus, ProgressInfo, ResearchRequest, ResearchResponse

router = APIRouter(prefix="/api/v2/research")


def _job(request: Request, job_id: str, signed: Signed) -> dict[str, Any]:
    body: dict[str, Any] | None = request.app.state.store.job(job_id, signed.tenant)
    if body is None:
        raise HTTPException(404, f"Research job {job_id} not found")
    return body


@router.post("")
async def start(request: Request, body: ResearchRequest, signed: Signed) -> ResearchResponse:
    """Start the research of a company."""
    return ResearchResponse(**request.app.state.research.start(body, signed.tenant, signed.user_id))


@router.get("/{job_id}")
async def result(request: Request, job_id: str, signed: Signed) -> ResearchResponse:
    """A job with its progress, and its result once it has one."""
    return ResearchResponse(**_job(request, job_id, signed))


@router.get("/{job_id}/progress")
async def progress(request: Request, job_id: str, signed: Signed) -> ProgressInfo:
    """How far a job is."""
    return ProgressInfo(**_job(request, job_id, signed)["progress"])


@router.delete("/{job_id}")
async def cancel(request: Request, job_id: str, signed: Signed) -> dict[str, str]:
    """Cancel a job that is not finished."""
    job = _job(request, job_id, signed)
    if JobStatus(job["status"]).final:
        raise HTTPException(409, f"Research job {job_id} is already {job['status']}")
    await request.app.state.research.cancel(job_id)
    return {"message": "Research job cancelled", "job_id": job_id}
