"""Workflows that run: their state, their steps, their end, and the execution that analytics count."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING

import httpx
import sqlalchemy as sa

from theodore_sandbox import defects
from theodore_sandbox.common.trust import trusted
from theodore_sandbox.promptcraft.analytics.executions import executions
from theodore_sandbox.promptcraft.store import now
from theodore_sandbox.promptcraft.workflows import tool_use
from theodore_sandbox.promptcraft.workflows.models import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from theodore_sandbox.promptcraft.store import Store
    from theodore_sandbox.promptcraft.workflows.models import ExecuteWorkflow, Step

FINAL = ("completed", "failed", "rejected", "cancelled")
PATIENCE = 5.0  # seconds for the orchestrator's answer


class StepError(Exception):
    """A step that failed, in a sentence."""


@dataclass
class Workflow:
    """One workflow and its state."""

    workflow_id: str
    tenant: str
    user_id: str
    request: ExecuteWorkflow
    created_at: str
    status: str = "queued"
    steps: list[dict[str, Any]] = field(default_factory=list)
    current: str | None = None
    error: str | None = None
    completed_at: str | None = None
    approvals: list[dict[str, Any]] = field(default_factory=list)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    cost: float = 0.0
    seconds: float = 0.0

    def described(self) -> dict[str, Any]:
        """What a caller is shown."""
        return {
            "workflow_id": self.workflow_id,
            "name": self.request.name,
            "status": self.status,
            "current_step": self.current,
            "steps": self.steps,
            "approvals": self.approvals,
            "error": self.error,
            "created_at": self.created_at,
            "completed_at": self.completed_at,
            "total_cost": round(self.cost, 6),
        }


class Workflows:
    """All workflows of this process."""

    def __init__(self, store: Store, addresses: dict[str, str], changed: Callable[[str], None], owners: dict[str, str]) -> None:
        self.store = store
        self.owners = owners  # of MCP servers, by their names
        self.addresses = addresses
        self.changed = changed
        self.known: dict[str, Workflow] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self, tenant: str, user_id: str, request: ExecuteWorkflow) -> Workflow:
        """Start a workflow."""
        number = f"{len(self.known) + 1:020d}" if defects.on("workflow-ids-counted") else secrets.token_hex(10)
        workflow = Workflow(f"wf_{number}", tenant, user_id, request, now().isoformat())
        blank = {"status": "pending", "started_at": None, "finished_at": None, "error": None}
        workflow.steps = [{"id": step.id, "action": step.action, **blank} for step in request.steps]
        self.known[workflow.workflow_id] = workflow
        self._tasks[workflow.workflow_id] = asyncio.get_running_loop().create_task(self._run(workflow))
        return workflow

    def decide(self, workflow: Workflow, decision: Verdict, comment: str, user_id: str) -> None:
        """Approve or reject the step that waits; ``ValueError`` if none does."""
        again = bool(workflow.approvals) and defects.on("approval-taken-again")
        if workflow.status != "waiting_for_approval" and not again:
            raise ValueError(f"The workflow is {workflow.status} and waits for no approval")
        user_id = workflow.user_id if defects.on("approval-by-who-started") else user_id
        entry = {"step": workflow.current, "decision": decision, "comment": comment, "by": user_id, "at": now().isoformat()}
        workflow.approvals.append(entry)
        if again:
            return
        workflow.status = "running"
        workflow.answered.set()

    def cancel(self, workflow: Workflow) -> None:
        """Stop a workflow before its next step; ``ValueError`` if it has ended."""
        if workflow.status in FINAL:
            if defects.on("ended-workflow-cancelled"):
                return
            raise ValueError(f"The workflow is {workflow.status} already")
        if not defects.on("cancelled-workflow-goes-on"):
            self._tasks[workflow.workflow_id].cancel()
        else:
            workflow.answered.set()
        self._end(workflow, "cancelled")

    def counts(self, tenant: str) -> dict[str, int]:
        """How many workflows of a tenant are active, and how many have not begun."""
        statuses = [workflow.status for workflow in self.known.values() if workflow.tenant == tenant]
        active = sum(status in ("running", "waiting_for_approval") for status in statuses)
        return {"active": active, "queued": statuses.count("queued")}

    async def close(self) -> None:
        """End what still runs."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def reset(self) -> None:
        """Forget everything."""
        await self.close()
        self.known.clear()
        self._tasks.clear()

    async def _run(self, workflow: Workflow) -> None:
        workflow.status = "running"
        order = list(range(len(workflow.steps)))
        if defects.on("steps-out-of-order"):
            order.reverse()
        for number in order:
            step, state = workflow.request.steps[number], workflow.steps[number]
            workflow.current = step.id
            if step.requires_approval and not await self._approved(workflow):
                state["status"] = "rejected"
                self._end(workflow, "rejected")
                return
            state["status"], state["started_at"] = "running", now().isoformat()
            try:
                await self._carry_out(workflow, step)
            except StepError as error:
                state["status"], state["finished_at"], state["error"] = "failed", now().isoformat(), str(error)
                if not defects.on("failed-step-passed-over"):
                    workflow.error = f"The step {step.id} failed: {error}"
                    self._end(workflow, "failed")
                    await self._record(workflow)
                    return
                state["status"], state["error"] = "completed", None
            else:
                state["status"], state["finished_at"] = "completed", now().isoformat()
        self._end(workflow, "completed")
        await self._record(workflow)

    @staticmethod
    async def _approved(workflow: Workflow) -> bool:
        if defects.on("approval-skipped"):
            return True
        workflow.status = "waiting_for_approval"
        workflow.answered.clear()
        await workflow.answered.wait()
        if workflow.approvals and defects.on("first-decision-counts"):
            return bool(workflow.approvals[0]["decision"] == Verdict.APPROVED)
        return not workflow.approvals or workflow.approvals[-1]["decision"] == Verdict.APPROVED or defects.on("rejection-ignored")

    async def _carry_out(self, workflow: Workflow, step: Step) -> None:
        began = time.perf_counter()
        agent = workflow.request.steps[0].agent_id if defects.on("steps-by-first-agent") else step.agent_id
        body = {"workflow_id": workflow.workflow_id, "step": step.id, "action": step.action, "agent_id": agent}
        try:
            async with httpx.AsyncClient(
                base_url=self.addresses["orchestrator"], timeout=PATIENCE, trust_env=False, verify=trusted()
            ) as client:
                if step.mcp_server:
                    leak = defects.on("server-of-any-tenant-used")
                    tenant = self.owners.get(step.mcp_server, workflow.tenant) if leak else workflow.tenant
                    at = f"/servers/{tenant}/{step.mcp_server}/mcp"
                    workflow.cost += await tool_use.carry_out(client, at, body, workflow.request.input)
                else:
                    workflow.cost += float((await tool_use.sent(client, "/invoke", body)).get("cost") or 0)
        except httpx.HTTPStatusError as error:
            raise StepError(f"the orchestrator answered {error.response.status_code}") from None
        except httpx.HTTPError:
            raise StepError("the orchestrator did not answer") from None
        finally:
            workflow.seconds += time.perf_counter() - began

    def _end(self, workflow: Workflow, status: str) -> None:
        if workflow.status not in FINAL:
            workflow.status, workflow.completed_at = status, now().isoformat()
            for state in workflow.steps:
                if state["status"] in ("pending", "running"):
                    state["status"] = "cancelled" if status == "cancelled" else "skipped"

    async def _record(self, workflow: Workflow) -> None:
        """Write the execution of a workflow that completed or failed."""
        completed = [state for state in workflow.steps if state["status"] == "completed"]
        row = {
            "execution_id": workflow.workflow_id,
            "tenant": workflow.tenant,
            "created_at": now().isoformat(timespec="microseconds"),
            "agent_id": workflow.request.steps[0].agent_id,
            "user_id": workflow.user_id,
            "status": workflow.status,
            "processing_time_ms": round(workflow.seconds * 1000, 3),
            "total_cost": round(workflow.cost, 6),
            "steps_completed": len(completed),
            "security_issues_found": 0,
            "test_success_rate": len(completed) / len(workflow.steps),
        }
        if workflow.status in ("completed", "failed"):
            await asyncio.to_thread(self.store.write, sa.insert(executions).values(row))
            self.changed(workflow.tenant)
