"""Stages of a load, and when its arrivals are meant to start.

Open model: ``10/s for 30 s``, ``10/s to 50/s for 30 s`` (a ramp). Closed model: ``20 users for 30 s``, ``5 users to 20 users for
30 s``, ``20 users x 10`` (iterations). Steps and spikes are stages after one another.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from theodore_qa.errors import UsageError
from theodore_qa.observing.display import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

UNITS = {"ms": 0.001, "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "min": 60.0, "minute": 60.0, "minutes": 60.0}
DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*")
_NUMBER = r"(\d+(?:\.\d+)?)"
RATE = re.compile(rf"{_NUMBER}\s*/\s*s(?:\s+to\s+{_NUMBER}\s*/\s*s)?\s+for\s+(.+)", re.IGNORECASE)
USERS = re.compile(r"(\d+)\s+users?(?:\s+to\s+(\d+)\s+users?)?\s+for\s+(.+)", re.IGNORECASE)
ITERATIONS = re.compile(r"(\d+)\s+users?\s*x\s*(\d+)", re.IGNORECASE)
EXAMPLES = "'10/s for 30 s', '10/s to 50/s for 30 s', '20 users for 30 s', '5 users to 20 users for 30 s' or '20 users x 10'"


def seconds(text: float | str) -> float:
    """The seconds in a number, or in a text such as ``1.5 s``, ``200 ms`` or ``2 min``."""
    match = DURATION.fullmatch(str(text).lower())
    unit = match[2] or "s" if match else ""
    if not match or unit not in UNITS:
        raise UsageError(f"'{text}' is not a duration: write for example '30 s', '200 ms' or '2 min'.")
    return float(match[1]) * UNITS[unit]


@dataclass(frozen=True)
class Stage:
    """From ``start`` to ``end`` arrivals a second (open) or users (closed), for ``duration`` or so many ``iterations`` a user."""

    open: bool
    start: float
    end: float
    duration: float
    iterations: int = 0

    @property
    def arrivals(self) -> float:
        """How many arrivals an open stage has."""
        return (self.start + self.end) / 2 * self.duration

    def __str__(self) -> str:
        """The stage as testers write it."""
        if self.iterations:
            return f"{plural(round(self.end), 'user')} x {self.iterations}"
        start, end = (f"{number:g}/s" if self.open else plural(round(number), "user") for number in (self.start, self.end))
        return f"{'' if start == end else f'{start} to '}{end} for {self.duration:g} s"


def read(texts: Sequence[str]) -> tuple[Stage, ...]:
    """The stages that texts describe, all of one model.

    Raises:
        UsageError: A text is no stage, the models are mixed, or iterations stand before the last stage.
    """
    stages = tuple(map(_stage, texts))
    if not stages:
        raise UsageError(f"The load has no stages: write for example {EXAMPLES}.")
    if len({stage.open for stage in stages}) > 1:
        raise UsageError("Stages of a rate (10/s) and stages of users (20 users) are two loads: run one after the other.")
    if any(stage.iterations for stage in stages[:-1]):
        raise UsageError("A stage of iterations (20 users x 10) has no end that is known before: make it the last stage.")
    return stages


def _stage(text: str) -> Stage:
    text = str(text).strip()
    if match := ITERATIONS.fullmatch(text):
        stage = Stage(open=False, start=float(match[1]), end=float(match[1]), duration=0.0, iterations=int(match[2]))
    elif match := RATE.fullmatch(text):
        stage = Stage(open=True, start=float(match[1]), end=float(match[2] or match[1]), duration=seconds(match[3]))
    elif match := USERS.fullmatch(text):
        stage = Stage(open=False, start=float(match[1]), end=float(match[2] or match[1]), duration=seconds(match[3]))
    else:
        raise UsageError(f"'{text}' is no stage of a load: write for example {EXAMPLES}.")
    if max(stage.start, stage.end) <= 0 or not (stage.duration or stage.iterations):
        raise UsageError(f"The stage '{text}' sends nothing: it needs a rate or users above 0, and a duration or iterations.")
    return stage


def arrivals(stages: Sequence[Stage]) -> Iterator[float]:
    """When each arrival of an open load is meant to start, in seconds from its beginning.

    The k-th arrival is where the integral of the rate reaches k; what one stage leaves of an arrival the next one completes.
    """
    begins, before, number = 0.0, 0.0, 0
    for stage in stages:
        slope = (stage.end - stage.start) / stage.duration
        while number < before + stage.arrivals - 1e-9:
            count = number - before
            root = math.sqrt(max(0.0, stage.start**2 + 2 * slope * count))
            yield begins + (2 * count / (stage.start + root) if count else 0.0)
            number += 1
        begins += stage.duration
        before += stage.arrivals


@dataclass(frozen=True)
class Shift:
    """When a user of a closed load is at work: from ``start`` to ``end``, or for so many ``iterations``."""

    start: float
    end: float
    iterations: int = 0


def shifts(stages: Sequence[Stage], user: int) -> list[Shift]:
    """The shifts of the user with this number, the first of whom is 0."""
    found: list[Shift] = []
    begins = 0.0
    for stage in stages:
        ends = begins + stage.duration
        low, high = sorted((stage.start, stage.end))
        if user < high:
            share = (user - low) / (high - low) if user >= low else None
            start, end = begins, ends
            if share is not None and stage.end > stage.start:
                start = begins + stage.duration * share
            elif share is not None:
                end = ends - stage.duration * share
            if found and found[-1].end == start and not stage.iterations:
                found[-1] = Shift(found[-1].start, end)
            else:
                found.append(Shift(start, end, stage.iterations))
        begins = ends
    return found
