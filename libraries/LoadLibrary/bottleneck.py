"""Which phase or dependency link accounts for the time of a journey: shares of its mean, the rest among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from LoadLibrary import dependencies
from theodore_load.results import mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from theodore_load.recording import Figures
    from theodore_load.results import Result

OUTSIDE = "outside its phases"
OWN = "the system itself"


@dataclass(frozen=True)
class PhaseShare:
    """A phase: how often it ran, how long it took in the mean, and its share of the whole time."""

    name: str
    count: int
    mean: float
    share: float

    def __str__(self) -> str:
        """It in words."""
        return f"{self.name} {self.share:.0%} ({self.mean * 1000:.0f} ms)"


def shares(result: Result, figures: Figures) -> list[PhaseShare]:
    """The phases of a load, the longest first; empty where the system named none, or nothing ended well.

    Durations are the system's own; what they don't account for (waiting in a queue, polling, the network) is a share of its own.
    """
    whole = mean(figures.response)
    ended = figures.ok
    if not result.phases or not whole or not ended:
        return []
    found = []
    for name, times in result.phases.items():
        count, average = times.get_total_count(), mean(times) or 0.0
        found.append(PhaseShare(name, count, average, average * count / ended / whole))
    left = max(0.0, 1 - sum(phase.share for phase in found))
    found.append(PhaseShare(OUTSIDE, ended, left * whole, left))
    return sorted(found, key=lambda phase: -phase.share)


def of_links(calls: Mapping[str, Sequence[Mapping[str, Any]]], figures: Figures) -> list[PhaseShare]:
    """The dependency links of a load by the time that their calls took, the longest first; empty where nothing was called.

    Calls at the same time count each, so that shares may add up to more than the whole; what they leave is the system's own.
    """
    whole = mean(figures.service)
    if not whole or not figures.ok:
        return []
    found = []
    for name, made in calls.items():
        times = [took for call in made if (took := dependencies.seconds(dict(call))) is not None]
        if times:
            total = sum(times)
            found.append(PhaseShare(name, len(times), total / len(times), total / figures.ok / whole))
    if not found:
        return []
    left = max(0.0, 1 - sum(link.share for link in found))
    return [*sorted(found, key=lambda link: -link.share), PhaseShare(OWN, figures.ok, left * whole, left)]
