"""Keywords for workflows: accepted, carried out in order, waiting for approval, rejected, cancelled, failed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from assertionengine import AssertionOperator  # Robot converts arguments by these hints
from robotlibcore import keyword

from PromptCraftLibrary.workflows import runs, step_checks
from PromptCraftLibrary.workflows.runs import Workflow  # Robot converts arguments by these hints
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, QaError, unknown, UsageError
from theodore_qa.observing.assertions import asserted
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import written
from theodore_qa.systems import conformance

FORBIDDEN, CONFLICT, NOT_FOUND = 403, 409, 404
PATIENCE = timedelta(seconds=15)
SETTLE = timedelta(milliseconds=500)


class WorkflowKeywords:
    """Workflows."""

    @keyword(tags=("workflow", "precondition"))
    def execute_workflow(
        self, *steps: str, approval: str = "", agent: str = "general_agent", identity: str | None = None
    ) -> Workflow:
        """Starts a workflow of steps and returns it. What is still open at the end of the test is cancelled.

        Args:
            steps: The names of the steps in their order, in small letters with ``_``.
            approval: The steps that need an approval, separated by commas; none by default.
            agent: The agent that carries the steps out, or several, separated by commas, which take turns; general_agent by
                default.
            identity: The identity that starts it; by default the first one of the environment.

        Raises:
            QaError: The workflow is not accepted.
            UsageError: No step is named, or one that needs an approval is not among the steps.

        Example:

        ```robotframework
        ${workflow} =    Execute Workflow    collect    review    publish    approval=review
        Follow Workflow    ${workflow}
        Workflow Should Wait For Approval    ${workflow}    review
        ```
        """
        waiting = [name.strip() for name in approval.split(",") if name.strip()]
        if not steps:
            raise UsageError("Name at least one step, such as collect.")
        for name in waiting:
            if name not in steps:
                raise unknown("step", name, steps)
        return runs.start(steps, waiting, identity, agent)

    @keyword(tags=("workflow", "precondition"))
    def follow_workflow(self, workflow: Workflow, *, timeout: timedelta = PATIENCE) -> Workflow:
        """Follows a workflow until it has ended or waits for an approval, and returns it.

        Args:
            workflow: A workflow of `Execute Workflow`.
            timeout: How long at most; 15 seconds by default.

        Raises:
            QaError: It does not come so far in this time.

        Example:

        ```robotframework
        ${workflow} =    Execute Workflow    collect
        Follow Workflow    ${workflow}    timeout=10 s
        Get Workflow Status    ${workflow}    ==    completed
        ```
        """
        return runs.follow(workflow, timeout.total_seconds(), runs.rests)

    @keyword(tags=("workflow", "precondition"))
    def cancel_workflow(self, workflow: Workflow, *, identity: str | None = None) -> None:
        """Cancels a workflow.

        Args:
            workflow: A workflow that has not ended.
            identity: The identity that cancels; by default the one that started it.

        Raises:
            QaError: It is not cancelled.

        Example:

        ```robotframework
        ${workflow} =    Execute Workflow    collect    review    approval=review
        Follow Workflow    ${workflow}
        Cancel Workflow    ${workflow}
        Workflow Should Have Stopped    ${workflow}
        ```
        """
        answer = runs.send(workflow, "cancel", identity or workflow.identity)
        if answer.status != runs.OK:
            raise QaError(
                f"The {workflow} was not cancelled: expected {runs.OK}, observed {answer.status} with {answer.excerpt()}."
            )

    @keyword(tags=("workflow",))
    def get_workflow_status(
        self, workflow: Workflow, op: AssertionOperator = None, expected: str | None = None, message: str | None = None
    ) -> Any:
        """Returns the status of a workflow by a new request; compared if an operator is given.

        Args:
            workflow: A workflow of `Execute Workflow`.
            op: An operator of AssertionEngine, such as ``==``. Without one nothing is compared.
            expected: The value that the operator compares with.
            message: The message of a failure; by default one that names both values.

        Example:

        ```robotframework
        ${workflow} =    Execute Workflow    collect
        Follow Workflow    ${workflow}
        Get Workflow Status    ${workflow}    ==    completed
        ```
        """
        runs.look(workflow)
        return asserted("workflows.status", workflow.status, op, expected, message)

    @keyword(tags=("workflow",))
    def workflow_should_be_accepted(self, workflow: Workflow) -> None:
        """Checks the answer to a workflow's start: 202, an identifier, a status, and an address at which it is found.

        Args:
            workflow: A workflow of `Execute Workflow`.

        Example:

        ```robotframework
        ${workflow} =    Execute Workflow    collect
        Workflow Should Be Accepted    ${workflow}
        ```
        """
        checks = Checks("Accepted", str(workflow))
        body = workflow.accepted.object()
        conformance.answered(checks, "workflows.accepted", runs.ACCEPTED, workflow.accepted)
        checks.equal("workflows.accepted_status", "accepted", body.get("status"))
        status = (body.get("data") or {}).get("status")
        open_ = status in runs.OPEN
        checks.that("workflows.accepted_state", open_, f"one of {written(runs.OPEN)}, for it has not ended", written(status))
        endpoint = str((body.get("data") or {}).get("progress_endpoint"))
        found = context.system.request("GET", endpoint, token=context.system.token(workflow.identity))
        named = found.object().get("data") if found.status == runs.OK else None
        checks.that(
            "workflows.progress_endpoint",
            isinstance(named, dict) and named.get("workflow_id") == workflow.id,
            f"the {workflow} at its progress_endpoint",
            f"status {found.status} at {endpoint}" if not isinstance(named, dict) else f"workflow {named.get('workflow_id')}",
        )
        conformance.conform(checks, "workflows.contract", workflow.accepted, found)
        checks.conclude()

    @keyword(tags=("workflow",))
    def workflow_should_have_run_in_order(self, workflow: Workflow) -> None:
        """Checks that a workflow completed, and that the orchestrator got its steps once each and in their order.

        What the orchestrator got is what its link recorded; the states and times of the steps have to agree with that.

        Args:
            workflow: A workflow that was followed to its end.

        Example:

        ```robotframework
        ${workflow} =    Execute Workflow    collect    analyse    publish
        Follow Workflow    ${workflow}
        Workflow Should Have Run In Order    ${workflow}
        ```
        """
        checks = Checks("Order", str(workflow))
        checks.equal("workflows.completed", "completed", workflow.status)
        step_checks.carried_out(checks, "workflows.order", workflow, workflow.steps)
        states = workflow.step_states
        statuses = [states.get(step, {}).get("status") for step in workflow.steps]
        checks.equal("workflows.step_states", ["completed"] * len(workflow.steps), statuses)
        times: list[Any] = [states.get(step, {}).get(end) for step in workflow.steps for end in ("started_at", "finished_at")]
        ordered = all(isinstance(moment, str) for moment in times) and times == sorted(times)
        checks.that("workflows.step_times", ordered, "each step after the one before", written(times), n=len(workflow.steps))
        step_checks.as_requested(checks, workflow)
        step_checks.record(checks, workflow)
        conformance.conform(checks, "workflows.contract", *workflow.answers)
        checks.conclude()

    @keyword(tags=("workflow",))
    def workflow_should_have_stopped(self, workflow: Workflow, *, duration: timedelta = SETTLE) -> None:
        """Checks that a cancelled workflow is cancelled and stays so, and that no further step is carried out.

        A step that the orchestrator had already got may come to its end.

        Args:
            workflow: A workflow that was cancelled before its last step.
            duration: For how long it is watched; half a second by default.

        Raises:
            NotEvaluatedError: All its steps had been carried out already when it was looked at first.

        Example:

        ```robotframework
        ${workflow} =    Execute Workflow    collect    review    publish    approval=review
        Follow Workflow    ${workflow}
        Cancel Workflow    ${workflow}
        Workflow Should Have Stopped    ${workflow}
        ```
        """
        first = len(workflow.carried_out())
        statuses = set()

        def goes_on() -> bool:
            runs.look(workflow)
            statuses.add(workflow.status)
            return len(workflow.carried_out()) > first

        runs.watch(duration.total_seconds(), goes_on)
        done = workflow.carried_out()
        checks = Checks("Stopped", str(workflow))
        checks.that("workflows.cancelled", statuses == {"cancelled"}, "status cancelled each time", written(statuses))
        if first >= len(workflow.steps):
            checks.not_evaluated("workflows.stopped", "no further step", f"all {first} steps were carried out before")
        else:
            condition = f"no step after {runs.written(workflow.steps[:first])}"
            checks.that("workflows.stopped", len(done) == first, condition, runs.written(done), n=len(workflow.steps) - first)
        step_checks.record(checks, workflow)
        checks.conclude()

    @keyword(tags=("workflow",))
    def workflow_should_report_failed_step(self, workflow: Workflow, step: str) -> None:
        """Checks that a workflow failed at a step, says so with a reason, and carried out no later one.

        Args:
            workflow: A workflow of which a step could not be carried out.
            step: The step.

        Example:

        ```robotframework
        Make Dependency Misbehave    orchestrator    status=500    system=promptcraft
        ${workflow} =    Execute Workflow    collect    publish
        Follow Workflow    ${workflow}
        Workflow Should Report Failed Step    ${workflow}    collect
        ```
        """
        later = workflow.steps[workflow.steps.index(step) + 1 :] if step_checks.before(workflow, step) is not None else ()
        checks = Checks("Failed step", str(workflow))
        states = workflow.step_states
        checks.equal("workflows.failed", "failed", workflow.status)
        checks.equal("workflows.failed_step", "failed", states.get(step, {}).get("status"))
        reason = states.get(step, {}).get("error")
        checks.that("workflows.failed_reason", isinstance(reason, str) and bool(reason), "a reason", written(reason))
        named = step in str(workflow.state.get("error"))
        checks.that("workflows.failed_named", named, f"an error that names {step}", written(workflow.state.get("error")))
        carried_out = [name for name in later if states.get(name, {}).get("status") == "completed"]
        asked_for = [name for name in workflow.carried_out() if name in later]
        checks.that(
            "workflows.after_failure",
            not carried_out and not asked_for,
            f"no step after {step}",
            runs.written(sorted({*carried_out, *asked_for})),
            n=len(later),
        )
        step_checks.record(checks, workflow)
        checks.conclude()

    @keyword(tags=("workflow",))
    def ended_workflow_should_stay_ended(self, workflow: Workflow) -> None:
        """Checks that a workflow that has ended can be neither approved nor cancelled, and does not change by the attempt.

        Args:
            workflow: A workflow that was followed to its end.

        Example:

        ```robotframework
        ${workflow} =    Execute Workflow    collect
        Follow Workflow    ${workflow}
        Ended Workflow Should Stay Ended    ${workflow}
        ```
        """
        before = workflow.state
        if workflow.status not in runs.FINAL:
            raise NotEvaluatedError(f"the {workflow} has not ended, its status is {workflow.status}: follow it to its end first")
        checks = Checks("Ended", str(workflow))
        for answer in (runs.decide(workflow, "approved", None), runs.send(workflow, "cancel", None)):
            conformance.answered(checks, "workflows.ended_refused", CONFLICT, answer)
            conformance.conform(checks, "workflows.contract", answer)
        runs.look(workflow)
        checks.equal("workflows.ended_unchanged", before, workflow.state)
        checks.conclude()
