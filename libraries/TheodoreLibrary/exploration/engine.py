"""Explorations: a walk, and what is made of its failure: the shortest sequence, replayed in sessions and names of its own."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from TheodoreLibrary.exploration import beginning
from TheodoreLibrary.exploration.shrinking import closure, shrink
from TheodoreLibrary.exploration.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from TheodoreLibrary.exploration.judging import Difference, Judge
    from TheodoreLibrary.exploration.model.world import World
    from TheodoreLibrary.exploration.steps import Step
    from TheodoreLibrary.exploration.walk import Channel, Outcome

MOST_REPLAYS, SHRINKING = 80, 60.0  # seconds


@dataclass
class Failure:
    """What differed, and the shortest sequence after which it does."""

    difference: Difference
    steps: list[Step]
    statuses: list[int]
    first_length: int
    reproduced: bool
    world: World


@dataclass
class Exploration:
    """An exploration that has ended."""

    seed: int
    judge: Judge
    outcome: Outcome
    failure: Failure | None = None
    replays: int = 0
    not_put_back: list[str] = field(default_factory=list)


def explore(new_world: Callable[[], World], channel: Channel, seed: int, steps: int, within: float = float("inf")) -> Exploration:
    """Explore for so many steps and seconds, and shrink the first failure."""
    world = new_world()
    walk, problems = _walked(world, channel, lambda walk: walk.explore(seed, steps, within))
    done = Exploration(seed, walk.judge, walk.outcome, not_put_back=problems)
    if walk.outcome.differences:
        done.failure = _shortest(new_world, channel, done, world)
    return done


def replay(new_world: Callable[[], World], channel: Channel, steps: Sequence[Step]) -> Exploration:
    """Take the steps of a saved exploration in a fresh world."""
    world = new_world()
    walk, problems = _walked(world, channel, lambda walk: walk.replay(steps))
    done = Exploration(0, walk.judge, walk.outcome, not_put_back=problems)
    if walk.outcome.differences:
        outcome = walk.outcome
        done.failure = Failure(outcome.differences[0], outcome.steps, outcome.statuses, len(steps), True, world)
    return done


def _walked(world: World, channel: Channel, way: Callable[[Walk], Outcome]) -> tuple[Walk, list[str]]:
    try:
        beginning.begin(world, channel)
        walk = Walk(world, channel)
        way(walk)
    finally:
        problems = beginning.put_back(world, channel)
    return walk, problems


def _shortest(new_world: Callable[[], World], channel: Channel, done: Exploration, world: World) -> Failure:
    """The shortest sequence that fails by the same check; the whole one where no replay fails."""
    difference, ends = done.outcome.differences[0], time.monotonic() + SHRINKING
    best = Failure(difference, done.outcome.steps, done.outcome.statuses, len(done.outcome.steps), False, world)

    def fails(steps: list[Step]) -> bool:
        if done.replays >= MOST_REPLAYS or time.monotonic() > ends:
            return False
        done.replays += 1
        again = replay(new_world, channel, steps)
        done.not_put_back += again.not_put_back
        found = again.failure
        if found is None or found.difference.check != difference.check or found.steps[-1].action != steps[-1].action:
            return False
        if len(found.steps) < len(best.steps) or not best.reproduced:
            best.steps, best.statuses, best.difference, best.reproduced, best.world = (
                found.steps, found.statuses, found.difference, True, found.world,
            )  # fmt: skip
        return True

    shrink(done.outcome.steps, fails)
    last = best.steps[-1]
    caller = world.caller(last.caller)
    if best.reproduced and caller and last.caller != caller.identity.name:  # the same without a key or a second session
        plain = replace(last, caller=caller.identity.name)
        fails([*closure(best.steps[:-1], plain), plain])
    return best
