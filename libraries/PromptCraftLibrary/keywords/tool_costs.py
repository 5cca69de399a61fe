"""Keywords about what steps cost whose agents use tools: every answer of the orchestrator counts, once."""

from __future__ import annotations

from robotlibcore import keyword

from PromptCraftLibrary.workflows import runs, step_checks, tool_steps
from PromptCraftLibrary.workflows.runs import Workflow  # Robot converts arguments by these hints
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written

PATIENCE = 15.0
SEVERAL = 2


class ToolCostKeywords:
    """Costs of steps with tools."""

    @keyword(tags=("workflow", "mcp"))
    def tool_costs_should_add_up(
        self, *calls: str, agent: str = "general_agent", status: str = "completed", identity: str | None = None
    ) -> Workflow:
        """Runs a workflow of a step for each number of tool calls, and checks that it costs what all answers for it cost.

        The step's action orders so many calls of a tool of an MCP server that is deployed for this. Each has to be carried out
        once. What the orchestrator answered, and what it cost, is what its link recorded; the workflow's total is their sum,
        that of a failed workflow too. The environment must allow ``destructive``.

        Args:
            calls: For each step in turn how often it calls the tool; ``none`` is a step that has no tools.
            agent: The agent that carries the steps out; general_agent by default.
            status: How the workflow has to end; completed by default.
            identity: The identity that deploys the server and starts the workflow; by default the first one of the environment.

        Returns:
            The workflow, such as for `Workflow Should Be Counted As Execution`.

        Raises:
            CheckFailedError: The total is not the sum, or a tool was not called as often as it was ordered.
            NotEvaluatedError: The environment records no calls, or the orchestrator answered each step with tools only once.
            UsageError: A number of calls is neither ``none`` nor a number from 0 to 5.

        Example:

        ```robotframework
        Tool Costs Should Add Up    none    0    2
        ```
        """
        if not calls or any(count != tool_steps.WITHOUT and (not count.isdigit() or int(count) > 5) for count in calls):  # noqa: PLR2004
            raise UsageError(f"Give how often each step calls the tool, 0 to 5 or {tool_steps.WITHOUT}, not {written(calls)}.")
        context.system.permit("destructive")
        steps = tool_steps.begun(calls, agent, identity)
        workflow = runs.follow(steps.workflow, PATIENCE, runs.rests)
        checks = Checks("Costs", f"calls {', '.join(calls)}")
        checks.equal("costs.end", status, workflow.status)
        answers = steps.answers()
        count = sum(map(len, answers.values()))
        spent, total = sum(map(sum, answers.values())), workflow.state.get("total_cost")
        holds = isinstance(total, int | float) and abs(total - spent) < step_checks.LEAST_COST
        checks.that("costs.total", holds, f"{spent:.6g} for {plural(count, 'answer')}", written(total), n=max(1, count))
        if status == "completed":
            due = sorted(word for words in steps.words.values() for word in words)
            done = sorted(steps.called())
            checks.that("costs.calls", done == due, f"{plural(len(due), 'call')}, each once", plural(len(done), "call"))
            _rounds(steps, answers)
        step_checks.as_requested(checks, workflow)
        step_checks.record(checks, workflow)
        checks.conclude()
        return workflow


def _rounds(steps: tool_steps.ToolSteps, answers: dict[str, list[float]]) -> None:
    """A step whose tools cost no answer of their own shows nothing of how answers are added up."""
    several = [name for name, costs in answers.items() if len(costs) >= SEVERAL and sum(costs) > max(costs)]
    if any(steps.words.values()) and not several:
        raise NotEvaluatedError("The orchestrator answered each step with tools once, or at no cost: nothing is added up.")
