"""A walk: steps that are drawn by a seed or given, sent one after another, and held to the model."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Protocol, TYPE_CHECKING

from TheodoreLibrary.exploration.consequences import first_steps, looks
from TheodoreLibrary.exploration.drawing import drawn
from TheodoreLibrary.exploration.judging import Judge
from TheodoreLibrary.exploration.model.actions import FORBIDDEN, OK, REFUSED, Turn
from TheodoreLibrary.exploration.model.budgets import Budgets
from TheodoreLibrary.exploration.model.catalogue import ACTIONS
from TheodoreLibrary.exploration.model.world import Key
from TheodoreLibrary.exploration.steps import NOBODY, RUN, Step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from TheodoreLibrary.exploration.judging import Difference
    from TheodoreLibrary.exploration.model.world import Caller, World
    from TheodoreLibrary.exploration.steps import Answer, Request

TOO_MANY = int(HTTPStatus.TOO_MANY_REQUESTS)
CANCEL = "cancel a job"
LOOKING, AT_ONCE, MOST_LOOKS = 0.4, 2, 8  # the share of steps that look at what others may have changed; how many wait
LEAST_JOBS, STEPS_A_JOB = 4, 75  # jobs take long: a small share of the steps starts them
POLL, LONGEST_JOB = 0.05, 60.0  # seconds
# What a check of a status is called, by the first status that is expected.
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
        self.source = random.Random(0)  # noqa: S311  # of the step that is taken
        self.looks: list[Step] = []  # at what the last steps may have changed

    def explore(self, seed: int, steps: int, within: float = float("inf")) -> Outcome:
        """Draw and take steps for so many seconds; the same seed draws the same ones where the system answers the same."""
        ends = time.monotonic() + within
        made = 0
        self.world.most_jobs = LEAST_JOBS + steps // STEPS_A_JOB
        self.looks = first_steps(self.world)
        for number in range(steps):
            if time.monotonic() > ends:
                break
            source = self.source = random.Random(f"{seed}:{number}")  # noqa: S311  # a walk that can be repeated
            step = self._look(source) or drawn(self.world, source)
            if kind := ACTIONS[step.action].makes:
                made += 1
                step = replace(step, label=f"{kind} {made}")
            if not self.take(step):
                return self.outcome
        for label in [label for label, job in self.world.jobs.items() if not job.ended]:
            if not self.take(Step("follow a job to its end", self._owner(label), {"job": label, "route": "", "until": "ended"})):
                break
        return self.outcome

    def _look(self, source: random.Random) -> Step | None:
        """A look at what another step may have changed; one that cancels what has just begun comes at once."""
        waiting = [step for step in self.looks if self.world.knows(step.needs())]
        urgent = [step for step in waiting[-1:] if step.action == CANCEL and not self.world.jobs[step.values["job"]].ended]
        if not urgent and (not waiting or source.random() >= LOOKING):
            return None
        step = source.choice(urgent or waiting)
        self.looks.remove(step)
        return step

    def replay(self, steps: Iterable[Step]) -> Outcome:
        """Take given steps; those whose callers or jobs do not exist are skipped."""
        for step in steps:
            if not self.world.knows(step.needs()):
                self.outcome.skipped.append(step)
            elif not self.take(step):
                break
        return self.outcome

    def _owner(self, label: str) -> str:
        owner = self.world.jobs[label].owner
        alive = [label for label, session in self.world.sessions.items() if session.identity is owner and session.alive]
        return alive[0] if alive else NOBODY

    def take(self, step: Step) -> bool:
        """Take a step; whether the answer agrees with the model."""
        job = self.world.jobs.get(str(step.values.get("job")))
        open_before = job is not None and not job.ended
        before = len(self.judge.found)
        turn = Turn(self.world, replace(step, values=with_run(step.values, self.world.run)), self.judge)
        self._judged(turn)
        if step.values.get("until"):
            self._until_ended(turn, before)
        elif job is not None and open_before and job.ended and step.action == "read a job":
            step = replace(step, values=step.values | {"until": "ended"})  # a replay waits for that
        first, others = (found := looks(turn))[:AT_ONCE], found[AT_ONCE:]
        self.looks += [*self.source.sample(others, min(len(others), AT_ONCE)), *first]
        self.looks = self.looks[-MOST_LOOKS:]
        self.outcome.steps.append(step)
        self.outcome.statuses.append(turn.answer.status)
        self.outcome.differences = self.judge.found[before:]
        return not self.outcome.differences

    def _until_ended(self, turn: Turn, before: int) -> None:
        ends = time.monotonic() + LONGEST_JOB
        while turn.answer.status == OK and not turn.job.ended and len(self.judge.found) == before:
            in_time = time.monotonic() < ends
            self.judge.that("explore.jobs.ends", in_time, f"an end within {LONGEST_JOB:g} s", f"status {turn.job.status}")
            time.sleep(POLL)
            self._judged(turn)

    def _judged(self, turn: Turn) -> None:
        """Send the request of a turn, and compare the answer with the model."""
        world, judge, caller, action = self.world, self.judge, turn.caller, ACTIONS[turn.step.action]
        refusal = () if action.public else world.admits(caller, action.scope_needed(turn), admin=action.admin)
        expected = refusal or action.statuses(turn)
        if action.admin and isinstance(caller, Key) and not refusal:
            expected = (*expected, FORBIDDEN)  # the contract does not say which scope opens administration
        turn.request = action.request(turn)
        turn.answer = self.channel.send(turn.request, caller)
        found = "; ".join(turn.answer.violations)
        judge.that("explore.answers.contract", not found, "an answer as the contract has it", found or "such an answer")
        if turn.answer.status == TOO_MANY and self.budgets.may_refuse(turn.request, caller, turn.answer):
            self.outcome.limited += 1
            return
        if caller is not None and caller.alive is None and not action.public:
            caller.alive = turn.answer.status != REFUSED  # the contract leaves it open: from now on it is as it was found
            if not caller.alive:
                return
        why = f" ({caller.why})" if caller is not None and caller.why and expected == (REFUSED,) else ""
        allowed = f"status {' or '.join(map(str, expected))}{why} for {turn.request.method} {turn.request.path}"
        check = f"explore.{action.area}.{KINDS.get(expected[0], 'status')}"
        if judge.that(check, turn.answer.status in expected, allowed, f"status {turn.answer.status}"):
            self.budgets.counted(turn.request, caller, turn.answer)
            (action.learn if turn.answer.status == OK else action.refused)(turn)


def with_run(value: Any, run: str) -> Any:
    """A value whose texts name the run in place of the placeholder, which has as many characters."""
    if isinstance(value, str):
        return value.replace(RUN, run)
    if isinstance(value, dict):
        return {name: with_run(item, run) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [with_run(item, run) for item in value]
    return value
