"""Keywords for approvals: a workflow waits for them, and goes on or ends by them."""

from __future__ import annotations

from concurrent import futures
from datetime import timedelta

from robotlibcore import keyword

from PromptCraftLibrary import sign_on
from PromptCraftLibrary.realm import Realm
from PromptCraftLibrary.workflows import runs, step_checks
from PromptCraftLibrary.workflows.runs import Workflow  # Robot converts arguments by these hints
from theodore_qa.errors import QaError, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written
from theodore_qa.systems import conformance

OK, FORBIDDEN, CONFLICT = 200, 403, 409
PATIENCE = timedelta(seconds=15)
SETTLE = timedelta(milliseconds=500)


class ApprovalKeywords:
    """Approvals of workflows."""

    @keyword(tags=("workflow", "precondition"))
    def approve_workflow(self, workflow: Workflow, *, approver: str | None = None, decision: str = "approved") -> Workflow:
        """Approves or rejects the step that waits, and follows the workflow until it has ended or waits again.

        Args:
            workflow: A workflow that waits for an approval.
            approver: The identity that decides; by default the first one of the environment.
            decision: approved or rejected; approved by default.

        Raises:
            QaError: The decision is not taken.

        Example:

        ```robotframework
        ${workflow} =    Execute Workflow    collect    review    approval=review
        Follow Workflow    ${workflow}
        Approve Workflow    ${workflow}
        Get Workflow Status    ${workflow}    ==    completed
        ```
        """
        before = len(workflow.state.get("approvals") or [])
        answer = runs.decide(workflow, decision, approver)
        if answer.status != runs.OK:
            raise QaError(
                f"The decision on the {workflow} was not taken: expected {runs.OK}, observed {answer.status} "
                f"with {answer.excerpt()}."
            )
        return runs.follow(
            workflow,
            PATIENCE.total_seconds(),
            lambda seen: runs.rests(seen) and len(seen.state.get("approvals") or []) > before,
        )

    @keyword(tags=("workflow",))
    def workflow_should_wait_for_approval(self, workflow: Workflow, step: str, *, duration: timedelta = SETTLE) -> None:
        """Checks that a workflow waits before a step, and that neither the step nor a later one is carried out meanwhile.

        Args:
            workflow: A workflow that was followed.
            step: The step that needs the approval.
            duration: For how long it is watched; half a second by default.

        Example:

        ```robotframework
        ${workflow} =    Execute Workflow    collect    review    approval=review
        Follow Workflow    ${workflow}
        Workflow Should Wait For Approval    ${workflow}    review
        ```
        """
        before = step_checks.before(workflow, step)
        runs.watch(duration.total_seconds(), lambda: runs.look(workflow).ok and workflow.status != runs.WAITING)
        checks = Checks("Waits", str(workflow))
        checks.equal("workflows.waits", runs.WAITING, workflow.status)
        checks.equal("workflows.current_step", step, workflow.state.get("current_step"))
        step_checks.carried_out(checks, "workflows.before_approval", workflow, before)
        step_checks.record(checks, workflow)
        checks.conclude()

    @keyword(tags=("workflow",))
    def workflow_should_have_been_rejected(self, workflow: Workflow, step: str) -> None:
        """Checks that a workflow ended as rejected, and that neither the rejected step nor a later one was carried out.

        Args:
            workflow: A workflow of which a step was rejected.
            step: The step that was rejected.

        Example:

        ```robotframework
        ${workflow} =    Execute Workflow    collect    review    publish    approval=review
        Follow Workflow    ${workflow}
        Approve Workflow    ${workflow}    decision=rejected
        Workflow Should Have Been Rejected    ${workflow}    review
        ```
        """
        checks = Checks("Rejected", str(workflow))
        before = step_checks.before(workflow, step)
        checks.equal("workflows.rejected", "rejected", workflow.status)
        checks.equal("workflows.rejected_step", "rejected", workflow.step_states.get(step, {}).get("status"))
        step_checks.carried_out(checks, "workflows.after_rejection", workflow, before)
        step_checks.record(checks, workflow)
        checks.conclude()

    @keyword(tags=("workflow",))
    def approvals_should_be_on_record(self, workflow: Workflow) -> None:
        """Checks that a workflow names each decision on it: the step, what was decided, by whom, with which words, and when.

        Who decided is known by the session of the identity, and when by this machine's clock and the environment's tolerance.

        Args:
            workflow: A workflow that was approved or rejected, by an identity other than the one that started it.

        Raises:
            UsageError: Nobody else has decided on the workflow, so that names could not be mixed up.
            QaError: A decision is missing, or recorded otherwise than it was taken.

        Example:

        ```robotframework
        ${workflow} =    Execute Workflow    review    approval=review
        Follow Workflow    ${workflow}
        Approve Workflow    ${workflow}    approver=developer
        Approvals Should Be On Record    ${workflow}
        ```
        """
        realm = Realm(workflow.system)
        starter = realm.system.identity(workflow.identity).name
        deciders = [realm.system.identity(decision.identity).name for decision in workflow.decisions]
        if not set(deciders) - {starter}:
            raise UsageError(f"Nobody but {starter}, who started the {workflow}, has decided on it: approve it by another.")
        runs.look(workflow)
        names = {name: str(sign_on.session_of(realm, name)["user"]["user_id"]) for name in dict.fromkeys(deciders)}
        checks = Checks("Approvals", str(workflow))
        step_checks.decided(checks, workflow, [names[name] for name in deciders])
        checks.conclude()

    @keyword(tags=("workflow",))
    def approval_should_be_taken_once(self, workflow: Workflow, *approvers: str) -> None:
        """Has several approve the waiting step at the same time, and checks that one gets 200 and all others 409.

        One decision has to be on record afterwards, and the workflow goes on once.

        Args:
            workflow: A workflow that waits for its only approval.
            approvers: Identities that may approve, at least two; the same one may be named twice.

        Example:

        ```robotframework
        ${workflow} =    Execute Workflow    review    publish    approval=review
        Follow Workflow    ${workflow}
        Approval Should Be Taken Once    ${workflow}    admin    developer
        ```
        """
        if len(approvers) < 2:  # noqa: PLR2004  # at the same time
            raise UsageError(f"Expected at least 2 approvers at the same time, not {', '.join(approvers) or 'none'}.")
        for name in approvers:
            workflow.system.token(name)  # so that nobody signs in first
        with futures.ThreadPoolExecutor(len(approvers)) as pool:
            answers = list(pool.map(lambda name: runs.decide(workflow, "approved", name), approvers))
        checks = Checks("Approval at once", str(workflow))
        statuses = sorted(answer.status for answer in answers)
        expected = [OK, *[CONFLICT] * (len(approvers) - 1)]
        checks.that("workflows.approved_once", statuses == expected, written(expected), written(statuses), n=len(answers))
        runs.follow(workflow, PATIENCE.total_seconds(), runs.rests)
        listed = workflow.state.get("approvals")
        count = len(listed) if isinstance(listed, list) else 0
        checks.that("workflows.decided_once", count == 1, "1 decision on record", plural(count, "decision"))
        step_checks.carried_out(checks, "workflows.gone_on_once", workflow, workflow.steps)
        conformance.conform(checks, "workflows.contract", *answers)
        checks.conclude()

    @keyword(tags=("workflow",))
    def approval_should_be_refused(self, workflow: Workflow, identity: str, *, status: int = FORBIDDEN) -> None:
        """Checks that an identity may not decide on a workflow, and that the workflow waits as before.

        Args:
            workflow: A workflow that waits for an approval.
            identity: An identity without the right to approve, or of another tenant.
            status: The status of the refusal; 403 by default, 404 for another tenant.

        Example:

        ```robotframework
        ${workflow} =    Execute Workflow    review    approval=review
        Follow Workflow    ${workflow}
        Approval Should Be Refused    ${workflow}    viewer
        ```
        """
        answer = runs.decide(workflow, "approved", identity)
        checks = Checks("Refused approval", f"{workflow} by {identity}")
        conformance.answered(checks, "workflows.approval_refused", status, answer)
        runs.look(workflow)
        checks.equal("workflows.still_waits", runs.WAITING, workflow.status)
        conformance.conform(checks, "workflows.contract", answer)
        checks.conclude()
