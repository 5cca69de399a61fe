"""What the routes of all kinds of jobs share: finding a stored job, and cancelling it."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from fastapi import HTTPException

from theodore_sandbox.theodore.models import JobStatus

if TYPE_CHECKING:
    from fastapi import Request


def find(request: Request, job_id: str, kind: str, tenant: str | None) -> dict[str, Any]:
    """The job of this kind and tenant; one that there is not is answered 404."""
    job: dict[str, Any] | None = request.app.state.store.job(job_id, kind, tenant)
    if job is None:
        raise HTTPException(404, f"{kind.capitalize()} job {job_id} not found")
    return job


async def cancel(request: Request, job: dict[str, Any], kind: str) -> dict[str, str]:
    """Cancel a job; one that has ended is answered 409."""
    job_id = job["job_id"]
    if JobStatus(job["status"]).final:
        raise HTTPException(409, f"{kind.capitalize()} job {job_id} is already {job['status']}")
    await request.app.state.jobs.cancel(job_id)
    return {"message": f"{kind.capitalize()} job cancelled", "job_id": job_id}
