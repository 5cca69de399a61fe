"""Workflows as a tester follows them: every answer about them, and the calls that the orchestrator received."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, UTC
from itertools import cycle
from typing import Any, TYPE_CHECKING

from theodore_qa.context import context
from theodore_qa.errors import QaError
from theodore_qa.systems import exchange, links
from theodore_qa.timing import show

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.system import System

WORKFLOWS = "/api/v4/workflows"
ACCEPTED, OK = 202, 200
FINAL = ("completed", "failed", "rejected", "cancelled")
WAITING = "waiting_for_approval"
OPEN = ("queued", "running", WAITING)
LINK, INVOKE = "orchestrator", "/invoke"
POLL = 0.03
OWN = "own"  # a comment of its own


@dataclass(frozen=True)
class Decision:
    """What was said of a step that waited: by which identity, with which words, and between which moments of our clock."""

    step: str
    decision: str
    comment: str
    identity: str | None
    begun: datetime
    answered: datetime


@dataclass(eq=False)
class Workflow:
    """A workflow that was started, with every answer about it since."""

    accepted: Exchange
    steps: tuple[str, ...]
    identity: str | None
    mark: int
    began: float
    system: System
    answers: list[Exchange] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)  # those that were taken

    def __str__(self) -> str:
        return f"workflow {self.id}"

    @property
    def id(self) -> str:
        """Its identifier."""
        return str(self._accepted.get("workflow_id"))

    @property
    def _accepted(self) -> dict[str, Any]:
        data = self.accepted.object().get("data")
        return data if isinstance(data, dict) else {}

    @property
    def state(self) -> dict[str, Any]:
        """Its state by the last answer."""
        data = (self.answers or [self.accepted])[-1].object().get("data")
        return data if isinstance(data, dict) else {}

    @property
    def status(self) -> Any:
        """Its status by the last answer."""
        return self.state.get("status")

    @property
    def step_states(self) -> dict[str, dict[str, Any]]:
        """Its steps by their names, as the last answer has them."""
        listed = self.state.get("steps")
        return {str(step.get("id")): step for step in listed if isinstance(step, dict)} if isinstance(listed, list) else {}

    @property
    def requested(self) -> dict[str, Any]:
        """What was requested."""
        body = exchange.parsed(self.accepted.sent_body.decode())
        return body if isinstance(body, dict) else {}

    def calls(self) -> list[dict[str, Any]]:
        """What the orchestrator was asked for this workflow, in this order.

        Raises:
            NotEvaluatedError: The environment has no record of the calls.
        """
        calls = [call for call in links.calls(self.system, LINK, self.mark) if call["path"] == INVOKE]
        bodies = [exchange.parsed(str(call.get("body", ""))) for call in calls]
        return [body for body in bodies if isinstance(body, dict) and body.get("workflow_id") == self.id]

    def carried_out(self) -> list[str]:
        """The steps that the orchestrator was asked to carry out, in this order.

        Raises:
            NotEvaluatedError: The environment has no record of the calls.
        """
        return [str(call.get("step")) for call in self.calls()]


def start(steps: Sequence[str], approval: Sequence[str], identity: str | None, agent: str = "general_agent") -> Workflow:
    """Start a workflow of steps by their names; an answer other than 202 with an identifier is an error.

    Of several agents, whose names are separated by commas, each carries out a step in turn.
    """
    turns = cycle(name.strip() for name in agent.split(","))
    listed = [
        {"id": step, "action": f"do {step}", "agent_id": whose, "requires_approval": step in approval}
        for step, whose in zip(steps, turns, strict=False)
    ]
    body = {"name": "QA workflow", "steps": listed}
    return begun(body, tuple(steps), identity)


def begun(body: dict[str, Any], steps: tuple[str, ...], identity: str | None) -> Workflow:
    """Start a workflow by its whole body; an answer other than 202 with an identifier is an error."""
    system = context.system
    token = system.token(identity)
    mark = links.mark(system)
    began = time.monotonic()
    answer = system.request("POST", f"{WORKFLOWS}/execute", json_body=body, token=token)
    workflow = Workflow(answer, steps, identity, mark, began, system)
    if answer.status != ACCEPTED or workflow.id in ("", "None"):
        raise QaError(
            f"The workflow was not accepted: expected {ACCEPTED} with a workflow_id from POST {WORKFLOWS}/execute, "
            f"observed {answer.status} with {answer.excerpt(200)}."
        )
    context.at_test_end(f"{workflow} could not be cancelled", lambda: _cancel_if_open(workflow))
    return workflow


def look(workflow: Workflow) -> Exchange:
    """Request the state of a workflow."""
    answer = workflow.system.request("GET", f"{WORKFLOWS}/{workflow.id}", token=workflow.system.token(workflow.identity))
    if answer.status != OK:
        raise QaError(
            f"The {workflow} could not be followed: expected {OK} from GET {answer.path}, "
            f"observed {answer.status} with {answer.excerpt()}."
        )
    workflow.answers.append(answer)
    return answer


def follow(workflow: Workflow, timeout: float, until: Callable[[Workflow], bool]) -> Workflow:
    """Request the state until something holds of it; that it does not within ``timeout`` seconds is an error."""
    deadline = time.monotonic() + timeout
    look(workflow)
    while not until(workflow):
        if time.monotonic() > deadline:
            raise QaError(
                f"The {workflow} went no further within {show(timeout)}: expected an end or a step that waits, "
                f"observed the status {workflow.status}."
            )
        time.sleep(POLL)
        look(workflow)
    return workflow


def rests(workflow: Workflow) -> bool:
    """Whether a workflow has ended or waits for an approval."""
    return workflow.status in (*FINAL, WAITING)


def send(workflow: Workflow, action: str, identity: str | None, body: dict[str, Any] | None = None) -> Exchange:
    """Send a decision on a workflow, or the request to cancel it."""
    system = workflow.system
    return system.request("POST", f"{WORKFLOWS}/{workflow.id}/{action}", json_body=body, token=system.token(identity))


def decide(workflow: Workflow, decision: str, identity: str | None, comment: str | None = OWN) -> Exchange:
    """Approve or reject the step that waits, with a comment, by default one that nothing else has; None sends none."""
    step, begun = str(workflow.state.get("current_step")), datetime.now(UTC)
    words = f"by a test, {secrets.token_hex(4)}" if comment == OWN else comment
    body = {"decision": decision} | ({} if words is None else {"comment": words})
    answer = send(workflow, "approve", identity, body)
    if answer.status == OK:
        workflow.decisions.append(Decision(step, decision, words or "", identity, begun, datetime.now(UTC)))
    return answer


def waited(workflow: Workflow) -> float:
    """For how many seconds a workflow was seen waiting for decisions: from when it did at first to when each was sent."""
    seconds, since = 0.0, workflow.accepted.sent
    for decision in workflow.decisions:
        seen = [
            answer.sent + timedelta(seconds=answer.duration)
            for answer in workflow.answers
            if since <= answer.sent <= decision.begun and (answer.object().get("data") or {}).get("status") == WAITING
        ]
        seconds += max(0.0, (decision.begun - min(seen)).total_seconds()) if seen else 0.0
        since = decision.answered
    return seconds


def watch(seconds: float, until: Callable[[], bool]) -> None:
    """Poll until something holds or the time is over."""
    deadline = time.monotonic() + seconds
    while not until() and time.monotonic() < deadline:
        time.sleep(POLL)


def _cancel_if_open(workflow: Workflow) -> None:
    if look(workflow).status == OK and workflow.status not in FINAL:
        send(workflow, "cancel", workflow.identity)


def written(steps: Sequence[str]) -> str:
    """Steps in their order."""
    return " → ".join(steps) or "none"


def no_workflow(value: object) -> Workflow:
    """What `Execute Workflow` returns."""
    del value  # Robot's message has it
    raise ValueError("call Execute Workflow first, and pass what it returns.")
