"""Two builds side by side: whether the one under test is slower than the reference, judged by pairs of neighbouring rounds.

Of each pair the ratio of the medians counts, so that what slows the machine slows both. The interval of the median ratio is taken
from the ordered ratios (sign test), which assumes nothing of how they are distributed. All steps of a comparison share its error.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REGRESSED, IMPROVED, UNCHANGED, INCONCLUSIVE, NOT_EVALUATED = (
    "REGRESSED",
    "IMPROVED",
    "UNCHANGED",
    "INCONCLUSIVE",
    "NOT EVALUATED",
)
ERROR = 0.01  # of all steps of a comparison together


@dataclass(frozen=True)
class Round:
    """What one load of one build showed of one step: its median in seconds, and how many answers were not as expected."""

    seconds: float | None
    errors: int = 0


@dataclass(frozen=True)
class StepVerdict:
    """What the pairs say of one step; the ratio is that of the build under test to the reference."""

    step: str
    verdict: str
    pairs: int
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""

    def __str__(self) -> str:
        if self.ratio is None:
            return f"{self.verdict}: {self.step}: {self.reason}"
        interval = f", 99 %: {self.low:.3f} to {self.high:.3f}" if self.low is not None else ""
        text = f"{self.verdict}: {self.step}: {self.ratio:.3f} of the reference's median ({self.pairs} pairs{interval})"
        return f"{text}; {self.reason}" if self.reason else text


def judge(rounds: Mapping[str, Sequence[tuple[Round, Round]]], tolerance: float) -> list[StepVerdict]:
    """A verdict on each step.

    Args:
        rounds: by step, the pairs of rounds, the build under test first.
        tolerance: how much slower counts as the same, such as 0.1.
    """
    return [_judged(step, pairs, tolerance, ERROR / max(1, len(rounds))) for step, pairs in rounds.items()]


def _judged(step: str, pairs: Sequence[tuple[Round, Round]], tolerance: float, error: float) -> StepVerdict:
    tested, reference = (sum(pair[side].errors for pair in pairs) for side in (0, 1))
    if tested and not reference:
        return StepVerdict(
            step, REGRESSED, len(pairs), reason=f"{tested} answers were not as expected, all of the reference were"
        )
    if reference:
        return StepVerdict(step, NOT_EVALUATED, len(pairs), reason=f"{reference} answers of the reference were not as expected")
    ratios = sorted(
        new.seconds / old.seconds for new, old in pairs if new.seconds is not None and old.seconds is not None and old.seconds > 0
    )
    if not ratios or len(ratios) < len(pairs):
        return StepVerdict(step, NOT_EVALUATED, len(ratios), reason="a round brought no time")
    median = statistics.median(ratios)
    rank = _rank(len(ratios), error)
    if not rank:
        return StepVerdict(
            step, INCONCLUSIVE, len(ratios), median, reason=f"{needed(error)} pairs are the least that could decide"
        )
    low, high = ratios[rank - 1], ratios[-rank]
    worst, best = 1 + tolerance, 1 / (1 + tolerance)
    if low > worst:
        verdict = REGRESSED
    elif high < best:
        verdict = IMPROVED
    else:
        verdict = UNCHANGED if low >= best and high <= worst else INCONCLUSIVE
    reason = "" if verdict != INCONCLUSIVE else f"a change of {tolerance:.0%} cannot be told from noise: take more rounds"
    return StepVerdict(step, verdict, len(ratios), median, low, high, reason)


def needed(error: float = ERROR) -> int:
    """The least number of pairs that can decide at all."""
    return math.ceil(math.log2(2 / error))


def _rank(count: int, error: float) -> int:
    """The largest rank from both ends between which the median lies with at most this error; 0 if there is none."""
    outside, rank = 0.0, 0
    for place in range(count // 2 + 1):
        outside += 2 * math.comb(count, place) / 2**count
        if outside > error:
            break
        rank = place + 1
    return rank
