"""What a workflow has to have done, by the calls that the orchestrator received."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from PromptCraftLibrary.workflows import runs
from theodore_qa.errors import NotEvaluatedError, unknown
from theodore_qa.observing.display import plural, written
from theodore_qa.systems.conventions import instant

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


def decided(checks: Checks, workflow: Workflow, users: list[str]) -> None:
    """Record whether a workflow holds each decision on it as it was taken; ``users`` are those who took them."""
    entries = workflow.state.get("approvals")
    listed = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    count = len(workflow.decisions)
    checks.that("workflows.decisions", len(listed) == count, plural(count, "decision"), plural(len(listed), "decision"))
    tolerance = timedelta(seconds=workflow.system.environment.clock_tolerance)
    for entry, decision, user in zip(listed, workflow.decisions, users, strict=False):
        taken = {"step": decision.step, "decision": decision.decision, "comment": decision.comment, "by": user}
        for name, expected in taken.items():
            checks.equal(f"workflows.decision_{name}", expected, entry.get(name))
        try:
            holds = decision.begun - tolerance <= instant(str(entry.get("at"))) <= decision.answered + tolerance
        except (TypeError, ValueError):
            holds = False
        expected_at = f"between {decision.begun.isoformat()} and {decision.answered.isoformat()}, give or take {tolerance}"
        checks.that("workflows.decision_at", holds, expected_at, written(entry.get("at")))
