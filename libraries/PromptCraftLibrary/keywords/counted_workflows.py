"""Keywords about workflows as executions that analytics count."""

from __future__ import annotations

from datetime import timedelta  # Robot converts arguments by this hint
from typing import Any

from robotlibcore import keyword

from PromptCraftLibrary.analytics import comparison, requests
from PromptCraftLibrary.workflows import runs
from PromptCraftLibrary.workflows.runs import Workflow  # Robot converts arguments by these hints
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import written
from theodore_qa.systems import conformance

COUNTED = ("completed", "failed")
TOLERANCE = 1e-6
MILLISECONDS = 1000


class CountedWorkflowKeywords:
    """Workflows in analytics."""

    @keyword(tags=("workflow", "analytics"))
    def workflow_should_be_counted_as_execution(
        self, workflow: Workflow, *, analyst: str | None = None, duration: timedelta | None = None
    ) -> None:
        """Checks that a workflow that completed or failed is one more execution of its agent, with its steps, costs and time.

        The executions of the agent that carried out the first step are looked at; what they are without this workflow must be
        known: take an agent of which no other workflow was counted. One that was cancelled or rejected is no execution.

        Args:
            workflow: A workflow that was followed to its end, by an agent that no other workflow has.
            analyst: An identity of the same tenant that may see figures; by default the one that started the workflow.
            duration: The least time that its steps took together, such as the delays of the orchestrator; by default its time
                is not looked at. At most it is the time from its request to its last answer in which it did not wait for a
                decision.

        Raises:
            NotEvaluatedError: The workflow has not ended.

        Example:

        ```robotframework
        ${workflow} =    Execute Workflow    collect    publish    agent=example_agent
        Follow Workflow    ${workflow}
        Workflow Should Be Counted As Execution    ${workflow}
        ```
        """
        runs.look(workflow)
        if workflow.status not in runs.FINAL:
            raise NotEvaluatedError(f"the {workflow} has not ended, its status is {workflow.status}: follow it to its end first")
        agent = str(workflow.requested["steps"][0]["agent_id"])
        checks = Checks("Counted", f"{workflow} of {agent}")
        insights = requests.insights(analyst or workflow.identity, "30d", "day", agent=agent)
        if workflow.status in COUNTED:
            _figures(checks, workflow, insights.data)
            if duration is not None:
                _time(checks, workflow, insights.data, duration.total_seconds())
        else:
            checks.that("workflows.not_counted", "error" in insights.data, "no executions of the agent", written(insights.total))
        conformance.conform(checks, "workflows.contract", insights.answer)
        checks.conclude()


def _figures(checks: Checks, workflow: Workflow, data: dict[str, Any]) -> None:
    """The figures of an agent that carried out nothing but this workflow."""
    done = sum(step.get("status") == "completed" for step in workflow.step_states.values())
    summary = data.get("summary") or {}
    expected = {
        "total_queries": 1,
        "unique_users": 1,
        "success_rate": float(workflow.status == "completed"),
        "total_cost": float(workflow.state.get("total_cost") or 0),
        "avg_steps_per_workflow": done,
        "avg_test_success_rate": done / len(workflow.steps),
    }
    for name, value in expected.items():
        holds = comparison.near(value, summary.get(name), TOLERANCE)
        checks.that(f"workflows.counted_{name}", holds, f"{value:.6g}", written(summary.get(name)))
    rows = [row for row in data.get("agent_performance") or () if isinstance(row, dict)]
    agents = [[row.get("agent_id"), row.get("security_issues")] for row in rows]
    checks.equal("workflows.counted_for_agent", [[workflow.requested["steps"][0]["agent_id"], 0]], agents)


def _time(checks: Checks, workflow: Workflow, data: dict[str, Any], least: float) -> None:
    """The time of the workflow's steps: at least what they were delayed by, at most what was seen of it from outside.

    In that time it was not seen waiting for a decision.
    """
    stated, last = (data.get("summary") or {}).get("avg_response_time_ms"), workflow.answers[-1]
    most = (last.sent - workflow.accepted.sent).total_seconds() + last.duration - runs.waited(workflow)
    holds = isinstance(stated, int | float) and least * MILLISECONDS <= stated <= most * MILLISECONDS
    expected = f"{least * MILLISECONDS:.0f} to {most * MILLISECONDS:.0f} ms"
    checks.that("workflows.counted_time", holds, expected, f"{stated:.3f} ms" if isinstance(stated, int | float) else "none")
