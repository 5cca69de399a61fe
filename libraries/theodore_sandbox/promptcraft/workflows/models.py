"""What callers say of workflows."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from theodore_sandbox.common.free_objects import FreeObject  # noqa: TC001  # pydantic resolves annotations at run time
from theodore_sandbox.promptcraft.factory.spec import Snake, Strict, Text


class Step(Strict):
    """A step of a workflow."""

    id: Snake
    action: Text
    agent_id: Snake = "general_agent"
    requires_approval: bool = False
    mcp_server: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", min_length=3, max_length=60)] | None = None


class ExecuteWorkflow(Strict):
    """The body that starts a workflow."""

    name: Text
    steps: Annotated[list[Step], Field(min_length=1, max_length=50)]
    input: FreeObject = Field(default_factory=dict)

    @model_validator(mode="after")
    def unique(self) -> ExecuteWorkflow:
        """Each step has an id of its own."""
        if len({step.id for step in self.steps}) < len(self.steps):
            raise ValueError("two steps have one id")
        return self


class Verdict(StrEnum):
    """What an approver says."""

    APPROVED = "approved"
    REJECTED = "rejected"


class Approval(Strict):
    """The body of an approval."""

    decision: Verdict
    comment: Annotated[str, Field(max_length=500)] = ""
