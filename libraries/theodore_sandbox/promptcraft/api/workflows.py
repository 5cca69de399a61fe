"""The routes of workflows: execute, status, approve and cancel."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from fastapi import APIRouter, HTTPException, Request

from theodore_sandbox import defects
from theodore_sandbox.promptcraft.access import Caller, Executor, Reader, Writer  # noqa: TC001  # FastAPI resolves annotations at run time
from theodore_sandbox.promptcraft.workflows.models import Approval, ExecuteWorkflow  # noqa: TC001  # as above

if TYPE_CHECKING:
    from theodore_sandbox.promptcraft.workflows.running import Workflow

router = APIRouter(prefix="/api/v4/workflows")


@router.post("/execute", status_code=202)
async def execute(request: Request, body: ExecuteWorkflow, signed: Executor) -> dict[str, Any]:
    """Start a workflow."""
    workflow = request.app.state.workflows.begin(signed.tenant, signed.user_id, body)
    progress = f"/api/v4/workflows/{workflow.workflow_id}"
    data = {"workflow_id": workflow.workflow_id, "status": workflow.status, "progress_endpoint": progress}
    return {"status": "accepted", "data": data}


def _found(request: Request, workflow_id: str, signed: Caller, *, any_tenant: bool = False) -> Workflow:
    workflow: Workflow | None = request.app.state.workflows.known.get(workflow_id)
    if workflow and workflow.tenant != signed.tenant and defects.on("workflow-named-in-error"):
        raise HTTPException(404, f"The workflow {workflow.request.name} is of another organization")
    if workflow is None or (workflow.tenant != signed.tenant and not any_tenant):
        raise HTTPException(404, f"There is no workflow {workflow_id}")
    return workflow


@router.get("/{workflow_id}")
async def status(request: Request, workflow_id: str, signed: Reader) -> dict[str, Any]:
    """A workflow's state."""
    workflow = _found(request, workflow_id, signed, any_tenant=defects.on("workflow-of-any-tenant-read"))
    return {"status": "success", "data": workflow.described()}


@router.post("/{workflow_id}/approve")
async def approve(request: Request, workflow_id: str, body: Approval, signed: Writer) -> dict[str, Any]:
    """Approve or reject the step that waits."""
    workflow = _found(request, workflow_id, signed, any_tenant=defects.on("workflow-of-any-tenant-approved"))
    try:
        request.app.state.workflows.decide(workflow, body.decision, body.comment, signed.user_id)
    except ValueError as error:
        raise HTTPException(409, str(error)) from None
    return {"status": "success", "data": workflow.described()}


@router.post("/{workflow_id}/cancel")
async def cancel(request: Request, workflow_id: str, signed: Executor) -> dict[str, Any]:
    """Stop a workflow."""
    workflow = _found(request, workflow_id, signed, any_tenant=defects.on("workflow-of-any-tenant-cancelled"))
    try:
        request.app.state.workflows.cancel(workflow)
    except ValueError as error:
        raise HTTPException(409, str(error)) from None
    return {"status": "success", "data": workflow.described()}
