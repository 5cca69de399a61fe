"""What a workflow has to have done, by the calls that the orchestrator received."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PromptCraftLibrary.workflows import runs
from theodore_qa.errors import NotEvaluatedError, unknown

if TYPE_CHECKING:
    from PromptCraftLibrary.workflows.runs import Workflow
    from theodore_qa.observing.checks import Checks


def before(workflow: Workflow, step: str) -> tuple[str, ...]:
    """The steps before a step; one that there is not is an error."""
    if step not in workflow.steps:
        raise unknown("step", step, workflow.steps)
    return workflow.steps[: workflow.steps.index(step)]


def carried_out(checks: Checks, check: str, workflow: Workflow, expected: tuple[str, ...]) -> None:
    """Record whether the orchestrator got these steps, in this order, and no others."""
    try:
        done = workflow.carried_out()
    except NotEvaluatedError as error:
        checks.not_evaluated(check, runs.written(expected), str(error))
        return
    checks.that(check, tuple(done) == expected, runs.written(expected), runs.written(done), n=max(1, len(done)))
