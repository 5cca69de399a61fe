"""Delta debugging: the shortest sequence of steps that still fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from TheodoreLibrary.exploration.steps import Step


def shrink(steps: list[Step], fails: Callable[[list[Step]], bool]) -> list[Step]:
    """The shortest sequence that was found to fail; its last step is that of ``steps``.

    ``fails`` replays a sequence. First the last step with what it needs is tried alone, then ddmin (Zeller and Hildebrandt,
    2002) on the steps before it.
    """
    *before, last = steps
    needed = closure(before, last)
    if fails([*needed, last]):
        before = needed
    return [*ddmin(before, lambda subset: fails([*subset, last])), last]


def closure(before: list[Step], last: Step) -> list[Step]:
    """The steps that make what the last one needs, and what those need."""
    needs = last.needs()
    kept = []
    for step in reversed(before):
        if step.label and step.label in needs:
            kept.append(step)
            needs |= step.needs()
    return kept[::-1]


def ddmin(steps: list[Step], fails: Callable[[list[Step]], bool]) -> list[Step]:
    """The shortest of the subsets that still fail: without ever smaller parts, until none can be left out."""
    if not steps or fails([]):
        return []
    parts = 2
    while len(steps) > 1:
        size = -(-len(steps) // parts)
        chunks = [steps[start : start + size] for start in range(0, len(steps), size)]
        for index in range(len(chunks)):
            rest = [step for number, chunk in enumerate(chunks) if number != index for step in chunk]
            if fails(rest):
                steps, parts = rest, max(parts - 1, 2)
                break
        else:
            if size == 1:
                break
            parts = min(parts * 2, len(steps))
    return steps
