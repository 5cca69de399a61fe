"""A walk: steps that are drawn by a seed or given, sent one after another, and held to the model."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Protocol, TYPE_CHECKING

from TheodoreLibrary.exploration import account_rules, discovery_rules, job_rules, stream_rules, system_rules
from TheodoreLibrary.exploration.actions import FORBIDDEN, OK, REFUSED
from TheodoreLibrary.exploration.budgets import Budgets
from TheodoreLibrary.exploration.judging import Judge
from TheodoreLibrary.exploration.steps import Answer, NOBODY, Request, RUN, Step
from TheodoreLibrary.exploration.world import Key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from TheodoreLibrary.exploration.actions import Action
    from TheodoreLibrary.exploration.judging import Difference
    from TheodoreLibrary.exploration.world import Caller, World

TOO_MANY = int(HTTPStatus.TOO_MANY_REQUESTS)
POLL, LONGEST_JOB = 0.05, 60.0  # seconds
ACTIONS: dict[str, Action] = {
    action.name: action
    for rules in (account_rules, job_rules, discovery_rules, stream_rules, system_rules)
    for action in rules.ACTIONS
}
LABELS = {"session": "session", "key": "key", "job": "job"}
KINDS = {401: "callers", 403: "permission", 404: "absence", 409: "conflict", 422: "validation"}


class Channel(Protocol):
    """What sends requests to the system."""

    def send(self, request: Request, caller: Caller) -> Answer:
        """Send a request with the credentials of a session or key, or with none; a stream's events are its body."""

    def token(self, name: str) -> str:
        """The token of an identity that the environment has signed in."""


@dataclass
class Outcome:
    """What came of a walk: the steps that were taken with their statuses, and what differed in the last one."""

    steps: list[Step] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    skipped: list[Step] = field(default_factory=list)  # what they need does not exist
    limited: int = 0  # requests that a rate limit refused, as it may


class Walk:
    """Takes steps in a world that is known, and stops at the first that differs from the model."""

    def __init__(self, world: World, channel: Channel, judge: Judge | None = None) -> None:
        self.world, self.channel = world, channel
        self.judge = judge or Judge()
        self.budgets = Budgets(self.judge, exact=world.alone)
        self.outcome = Outcome()

    def explore(self, seed: int, steps: int) -> Outcome:
        """Draw and take steps; the same seed draws the same ones where the system answers the same."""
        made = 0
        for number in range(steps):
            source = random.Random(f"{seed}:{number}")  # noqa: S311  # a walk that can be repeated
            step = self._drawn(source)
            kind = ACTIONS[step.action].makes
            if kind:
                made += 1
                step = replace(step, label=f"{kind} {made}")
            if not self.take(step):
                return self.outcome
        for label in [label for label, job in self.world.jobs.items() if not job.ended]:
            if not self.take(Step("follow a job to its end", self._owner(label), {"job": label, "route": "", "until": "ended"})):
                break
        return self.outcome

    def replay(self, steps: Iterable[Step]) -> Outcome:
        """Take given steps; those whose callers or jobs do not exist are skipped."""
        for step in steps:
            if not self.world.knows(step.needs()):
                self.outcome.skipped.append(step)
            elif not self.take(step):
                break
        return self.outcome

    def _drawn(self, source: random.Random) -> Step:
        actions = list(ACTIONS.values())
        while True:
            action = source.choices(actions, [action.weight for action in actions])[0]
            if step := action.draw(self.world, source):
                return step

    def _owner(self, label: str) -> str:
        owner = self.world.jobs[label].owner
        alive = [label for label, session in self.world.sessions.items() if session.person is owner and session.alive]
        return alive[0] if alive else NOBODY

    def take(self, step: Step) -> bool:
        """Take a step; whether the answer agrees with the model."""
        action, world = ACTIONS[step.action], self.world
        filled = replace(step, values=with_run(step.values, world.run))
        caller = world.caller(step.caller)
        job = world.jobs.get(str(step.values.get("job")))
        ended = job is not None and job.ended
        before = len(self.judge.found)
        status = self._judged(action, filled, caller)
        if filled.values.get("until"):
            status = self._until_ended(action, filled, caller, status, before)
        if job is not None and job.ended and not ended and step.action == "read a job":
            step = replace(step, values=step.values | {"until": "ended"})
        self.outcome.steps.append(step)
        self.outcome.statuses.append(status)
        self.outcome.differences = self.judge.found[before:]
        return not self.outcome.differences

    def _until_ended(self, action: Action, step: Step, caller: Caller, status: int, before: int) -> int:
        job, deadline = self.world.jobs[step.values["job"]], time.monotonic() + LONGEST_JOB
        while status == OK and not job.ended and len(self.judge.found) == before:
            if not self.judge.that("explore.jobs.ends", time.monotonic() < deadline, f"an end within {LONGEST_JOB:g} s", f"status {job.status}"):
                break
            time.sleep(POLL)
            status = self._judged(action, step, caller)
        return status

    def _judged(self, action: Action, step: Step, caller: Caller) -> int:
        world, judge = self.world, self.judge
        refusal = () if action.public else world.admits(caller, action.scope_needed(world, step), admin=action.admin)
        request = action.request(world, step)
        expected = refusal or action.statuses(world, step)
        if action.admin and isinstance(caller, Key) and not refusal:
            expected = (*expected, FORBIDDEN)  # the contract does not say which scope opens administration
        answer = self.channel.send(request, None if action.public and step.caller == NOBODY else caller)
        found = "; ".join(answer.violations)
        judge.that("explore.answers.contract", not found, "an answer as the contract has it", found or "such an answer")
        if answer.status == TOO_MANY and self.budgets.may_refuse(request, caller, answer):
            self.outcome.limited += 1
            return answer.status
        if caller is not None and caller.alive is None and not action.public:
            caller.alive = answer.status != REFUSED  # the contract leaves it open: from now on it is as it was found
            if not caller.alive:
                return answer.status
        why = f" ({caller.why})" if caller is not None and caller.alive is False and expected == (REFUSED,) else ""
        kind = KINDS.get(expected[0], "status")
        judge.that(
            f"explore.{action.area}.{kind}",
            answer.status in expected,
            f"status {' or '.join(map(str, expected))}{why} for {request.method} {request.path}",
            f"status {answer.status}",
        )
        if answer.status not in expected:
            return answer.status
        self.budgets.counted(request, caller, answer)
        if answer.status == OK:
            action.learn(world, step, answer, judge)
            action.done(world, step, request)
        else:
            action.refused(world, step, answer, judge)
        return answer.status


def with_run(value: Any, run: str) -> Any:
    """A value whose texts name the run in place of the placeholder, which has as many characters."""
    if isinstance(value, str):
        return value.replace(RUN, run)
    if isinstance(value, dict):
        return {name: with_run(item, run) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [with_run(item, run) for item in value]
    return value
