"""What a workflow has to have done, by the calls that the orchestrator received."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TYPE_CHECKING

from PromptCraftLibrary.workflows import runs
from theodore_qa.errors import NotEvaluatedError, unknown
from theodore_qa.observing.display import plural, written
from theodore_qa.systems.conventions import instant

LEAST_COST = 1e-6
# What becomes of steps that were still to come, by how their workflow ended; nothing else is said of them then.
LEFT_BY = {"cancelled": "cancelled", "failed": "skipped", "rejected": "skipped"}
OF_NO_STEP_LEFT = ("pending", "running", "cancelled", "skipped")
PATIENCE = 5.0  # seconds from a request to the beginning that its workflow names

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


def as_requested(checks: Checks, workflow: Workflow) -> None:
    """Record whether the orchestrator got each step with the action and the agent that were requested, and what all cost.

    The records of a link hold what the orchestrator answered; what it does not name again is not looked at.
    """
    wanted_of = {str(step["id"]): step for step in workflow.requested.get("steps", ())}
    try:
        calls = workflow.calls()
    except NotEvaluatedError as error:
        checks.not_evaluated("workflows.step_calls", "calls of the orchestrator", str(error))
        return
    for name in ("action", "agent_id"):
        expected = [wanted_of.get(str(call.get("step")), {}).get(name) for call in calls]
        observed = [call.get(name) for call in calls]
        if any(observed):
            checks.that(f"workflows.step_{name}", observed == expected, written(expected), written(observed), n=len(calls))
    costs = [call["cost"] for call in calls if isinstance(call.get("cost"), int | float)]
    if costs:
        spent, total = sum(costs), workflow.state.get("total_cost")
        holds = isinstance(total, int | float) and abs(total - spent) < LEAST_COST
        checks.that(
            "workflows.record_total_cost", holds, f"{spent:.6g}, as the orchestrator named it", written(total), n=len(costs)
        )


def record(checks: Checks, workflow: Workflow) -> None:
    """Record whether a workflow says of itself what was requested, what has become of each step, and when."""
    state, requested = workflow.state, workflow.requested
    steps = [step for step in state.get("steps") or [] if isinstance(step, dict)]
    ended, failed = state.get("status") in runs.FINAL, state.get("status") == "failed"
    checks.equal("workflows.record_name", requested.get("name"), state.get("name"))
    for name in ("id", "action"):
        expected = [step.get(name) for step in requested.get("steps", ())]
        observed = [step.get(name) for step in steps]
        checks.that(f"workflows.record_{name}", observed == expected, written(expected), written(observed), n=len(expected))
    wrong = [str(step.get("id")) for step in steps if not _fits(step)]
    condition = "moments and reasons of the steps that have them"
    checks.that("workflows.record_steps", not wrong, condition, f"not of {written(wrong)}" if wrong else condition, n=len(steps))
    others = [kind for kind in OF_NO_STEP_LEFT if kind != LEFT_BY.get(str(state.get("status")))]
    left = [step.get("status") for step in steps if step.get("status") in others] if ended else []
    checks.that("workflows.record_left", not left, "no step that is still to come after the end", written(left), n=len(steps))
    condition = "a moment in its order" if ended else "a beginning, and no end"
    checks.that("workflows.record_moments", _in_order(workflow, steps, ended), condition, _moments(state))
    reason = state.get("error")
    condition = "a reason" if failed else "no reason"
    checks.that("workflows.record_error", bool(reason) is failed, condition, written(reason))
    count, listed = len(workflow.decisions), state.get("approvals")
    checks.that("workflows.record_decisions", len(listed or ()) == count, plural(count, "decision"), written(listed))


def _fits(step: dict[str, Any]) -> bool:
    """Whether a step has a beginning, an end and a reason exactly if its status says so; one that was stopped may have begun."""
    status, begun, done = step.get("status"), step.get("started_at") is not None, step.get("finished_at") is not None
    if bool(step.get("error")) is not (status == "failed"):
        return False
    if status in ("completed", "failed"):
        return begun and done and instant(str(step["started_at"])) <= instant(str(step["finished_at"]))
    return not done and (begun if status == "running" else not begun or status == "cancelled")


def _in_order(workflow: Workflow, steps: list[dict[str, Any]], ended: bool) -> bool:
    """Whether the workflow began when it was requested, then its steps, and ended after them if it has ended, and by now."""
    tolerance, state = timedelta(seconds=workflow.system.environment.clock_tolerance), workflow.state
    ends = [step[name] for step in steps for name in ("started_at", "finished_at") if step.get(name) is not None]
    listed = [state.get("created_at"), *ends, *([state.get("completed_at")] if ended else [])]
    try:
        moments = [instant(str(moment)) for moment in listed]
    except (TypeError, ValueError):
        return False
    begins = workflow.accepted.sent - tolerance <= moments[0] <= workflow.accepted.sent + tolerance + timedelta(seconds=PATIENCE)
    latest = workflow.answers[-1] if workflow.answers else workflow.accepted
    by_now = moments[-1] <= latest.sent + timedelta(seconds=latest.duration) + tolerance
    return begins and by_now and moments == sorted(moments) and (ended or state.get("completed_at") is None)


def _moments(state: dict[str, Any]) -> str:
    return f"from {state.get('created_at')} to {written(state.get('completed_at'))}"


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
