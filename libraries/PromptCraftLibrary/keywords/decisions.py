"""Keywords about decisions on workflows: sequences of them, and decisions that must change nothing."""

from __future__ import annotations

from functools import partial
from typing import Any, TYPE_CHECKING

from robotlibcore import keyword

from PromptCraftLibrary import operations, sign_on
from PromptCraftLibrary.realm import Realm
from PromptCraftLibrary.workflows import runs, step_checks
from PromptCraftLibrary.workflows.runs import Workflow  # Robot converts arguments by these hints
from theodore_qa.context import context
from theodore_qa.errors import unknown, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import compared, plural
from theodore_qa.systems import conformance
from theodore_qa.systems.nobody import NOBODY

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange

CONFLICT, NOT_FOUND = 409, 404
APPROVED, REJECTED = "approved", "rejected"
PATIENCE = 15.0
MOST_SHOWN = 5
ATTEMPTS: dict[str, tuple[str, dict[str, str] | None]] = {
    "approve": ("approve", {"decision": APPROVED}),
    "reject": ("approve", {"decision": REJECTED}),
    "cancel": ("cancel", None),
}
# What people write, where nothing but a length is prescribed; None sends no comment.
COMMENTS = (None, "", 'Zoë: 東京 👩‍🔬 "yes" & <no> \\ 100 %\nnext line', "x" * 500)


class DecisionKeywords:
    """Decisions on workflows."""

    @keyword(tags=("workflow",))
    def workflow_should_follow_decisions(self, *decisions: str, approver: str | None = None, identity: str | None = None) -> None:
        """Runs a workflow of as many steps as there are decisions, each of which waits for its own, and checks what each brings.

        Every approval lets exactly its own step run; the first rejection ends the workflow, whatever was decided before. Each
        answer has to show the decision that it takes, with its words as they were written: none, an empty text, several scripts,
        and the longest. An answer and the next request have to agree.

        Args:
            decisions: approved or rejected for each step in turn; what stands behind the first rejection is an error.
            approver: The identity that decides; by default the first one of the environment.
            identity: The identity that starts the workflow; by default the first one of the environment.

        Raises:
            CheckFailedError: A step ran that should not, or did not; the workflow ended otherwise, or tells a decision otherwise.
            UsageError: No decision is given, one is neither approved nor rejected, or one follows a rejection.

        Example:

        ```robotframework
        Workflow Should Follow Decisions    approved    rejected
        ```
        """
        for decision in decisions:
            if decision not in (APPROVED, REJECTED):
                raise unknown("decision", decision, (APPROVED, REJECTED))
        if not decisions or REJECTED in decisions[:-1]:
            raise UsageError("Give at least one decision, and none behind a rejection, which ends the workflow.")
        steps = tuple(f"step_{number}" for number in range(1, len(decisions) + 1))
        workflow = runs.follow(runs.start(steps, steps, identity), PATIENCE, runs.rests)
        checks = Checks("Decisions", " → ".join(decisions))
        for number, decision in enumerate(decisions):
            checks.equal("decisions.waits", [runs.WAITING, steps[number]], [workflow.status, workflow.state.get("current_step")])
            step_checks.carried_out(checks, "decisions.carried_out", workflow, steps[:number])
            _tells_last(checks, workflow, runs.decide(workflow, decision, approver, COMMENTS[number % len(COMMENTS)]), number)
            runs.follow(workflow, PATIENCE, partial(_further, still=steps[number + 1 :]))
        rejected = decisions[-1] == REJECTED
        checks.equal("decisions.end", "rejected" if rejected else "completed", workflow.status)
        step_checks.carried_out(checks, "decisions.carried_out", workflow, steps[:-1] if rejected else steps)
        decider = context.system.sender(approver)
        user = str(sign_on.session_of(Realm(workflow.system), decider.name if decider else None)["user"]["user_id"])
        step_checks.decided(checks, workflow, [user] * len(decisions))
        step_checks.record(checks, workflow)
        conformance.conform(checks, "workflows.contract", *workflow.answers)
        checks.conclude()

    @keyword(tags=("workflow",))
    def decisions_should_change_nothing(self, workflow: Workflow, *identities: str) -> None:
        """Has identities approve, reject and cancel a workflow that they may not decide on, twice each: nothing changes.

        Who lacks the permission is answered with 403, nobody with 401, another tenant with 404, and everybody else with 409 once
        the workflow has ended. What an identity may do to a workflow that goes on is not tried: while it waits that is what the
        role permits, and while it runs, waiting for nothing, its cancellation; an approval is answered with 409 then.

        Args:
            workflow: A workflow of `Execute Workflow`.
            identities: Who tries, by the names of identities, or ``NOBODY``.

        Raises:
            CheckFailedError: An attempt has another status, or the workflow is not as it was; each attempt is named.
            UsageError: Nobody is named, or somebody who may do all of this.

        Example:

        ```robotframework
        ${workflow} =    Execute Workflow    collect
        Follow Workflow    ${workflow}
        Decisions Should Change Nothing    ${workflow}    admin    viewer    NOBODY
        ```
        """
        if not identities:
            raise UsageError("Name at least one identity that tries, such as viewer.")
        runs.look(workflow)
        status = workflow.status
        before = _kept(workflow)
        checks = Checks("Decisions in vain", f"{workflow} ({status})")
        answers, off, read = [], [], {}
        for name in identities:
            token = "" if name == NOBODY else str(sign_on.session_of(Realm(workflow.system), name)["access_token"])
            read[name] = token
            for attempt, expected in _expected(workflow, name, status).items():
                action, body = ATTEMPTS[attempt]
                path = f"{runs.WORKFLOWS}/{workflow.id}/{action}"
                for _ in range(2):
                    answers.append(workflow.system.request("POST", path, json_body=body, token=token))
                    if answers[-1].status != expected:
                        off.append(f"{answers[-1].status} for {attempt} by {name}, not {expected}")
        expected_all = f"the refusal due to each of {plural(len(answers), 'attempt')}"
        checks.that("decisions.refused", not off, expected_all, "; ".join(off[:MOST_SHOWN]) or expected_all, n=len(answers))
        runs.look(workflow)
        after = {name: workflow.state.get(name) for name in before}
        checks.that("decisions.unchanged", after == before, *compared(before, after), n=len(before))
        if status in (*runs.FINAL, runs.WAITING):
            _read_alike(checks, workflow, read)
        conformance.conform(checks, "workflows.contract", *answers)
        checks.conclude()


def _tells_last(checks: Checks, workflow: Workflow, answer: Exchange, number: int) -> None:
    """Record whether the answer to a decision shows the workflow with this decision as its last one."""
    if not conformance.answered(checks, "decisions.taken", runs.OK, answer):
        checks.conclude()
    workflow.answers.append(answer)
    listed = workflow.state.get("approvals")
    last = listed[-1] if isinstance(listed, list) and listed and isinstance(listed[-1], dict) else {}
    decision = workflow.decisions[-1]
    expected = [number + 1, decision.step, decision.decision, decision.comment]
    observed = [len(listed) if isinstance(listed, list) else 0, *(last.get(name) for name in ("step", "decision", "comment"))]
    checks.that("decisions.shown", observed == expected, *compared(expected, observed))


def _further(workflow: Workflow, still: tuple[str, ...]) -> bool:
    """Whether a workflow has ended, or waits before the next step."""
    ended = workflow.status in runs.FINAL
    return ended or (workflow.status == runs.WAITING and workflow.state.get("current_step") in still[:1])


def _kept(workflow: Workflow) -> dict[str, Any]:
    """What no decision in vain may change: all of a workflow that rests, and of one that runs what only a decision brings."""
    if workflow.status in (*runs.FINAL, runs.WAITING):
        return workflow.state
    return {"approvals": workflow.state.get("approvals"), "error": workflow.state.get("error")}


def _read_alike(checks: Checks, workflow: Workflow, tokens: dict[str, str]) -> None:
    """Record whether everybody of the tenant reads the same of a workflow as who started it, and nobody else reads anything."""
    off = []
    for name, token in tokens.items():
        who = workflow.system.sender(name)
        own = who is not None and who.tenant == workflow.system.identity(workflow.identity).tenant
        due = runs.OK if own else NOT_FOUND if who else operations.UNAUTHORISED
        answer = workflow.system.request("GET", f"{runs.WORKFLOWS}/{workflow.id}", token=token)
        if answer.status != due:
            off.append(f"{answer.status} for {name}, not {due}")
        elif own and answer.object().get("data") != workflow.state:
            off.append(f"another state for {name}")
    expected = f"the same for each of {len(tokens)} who may read it"
    checks.that("decisions.read_alike", not off, expected, "; ".join(off[:MOST_SHOWN]) or expected, n=len(tokens))


def _expected(workflow: Workflow, name: str, status: str) -> dict[str, int]:
    """By each attempt that cannot succeed, the status with which it has to be answered."""
    realm = Realm(workflow.system)
    who = workflow.system.sender(name)
    foreign = who is not None and who.tenant != workflow.system.identity(workflow.identity).tenant
    permitted = list(realm.words.needed(f"roles.{who.role}")) if who else None
    cells = {cell.operation.rpartition("/")[2]: cell.status for cell in operations.row(realm, permitted)}
    statuses = {attempt: cells.get(ATTEMPTS[attempt][0], NOT_FOUND) for attempt in ATTEMPTS}
    due = {}
    for attempt, refusal in statuses.items():
        if refusal in (operations.UNAUTHORISED, operations.FORBIDDEN) or foreign:
            due[attempt] = refusal
        elif status in runs.FINAL or (status != runs.WAITING and attempt != "cancel"):
            due[attempt] = CONFLICT
    if not due:
        raise UsageError(f"{name} may decide on the {workflow}, which is {status}: name somebody who may not.")
    return due
