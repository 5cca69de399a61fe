"""What happens to more users than a system can serve: who is served, who is refused, and who waits in vain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from theodore_load.protocol import PROTOCOL, REFUSED, RESET, TIMEOUT, TLS, UNREACHABLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from theodore_load.recording import Figures

UNANSWERED = (TIMEOUT, RESET, REFUSED, UNREACHABLE, TLS, PROTOCOL)
FEWEST = 10  # requests of an identity


@dataclass(frozen=True)
class Served:
    """How an identity was served."""

    name: str
    answered: int
    failed: int
    mean: float | None

    @property
    def share(self) -> float:
        """The share of its requests that were answered as expected."""
        return self.answered / (self.answered + self.failed) if self.answered + self.failed else 0.0


def unanswered(figures: Figures) -> dict[str, int]:
    """The requests to which no whole answer came, by what happened; a refusal with a status is an answer."""
    return {kind: figures.errors[kind] for kind in UNANSWERED if figures.errors[kind]}


def served(sums: Mapping[str, Sequence[float]]) -> list[Served]:
    """How each identity was served, the slowest first."""
    found = [Served(name, int(ok), int(failed), seconds / ok if ok else None) for name, (ok, failed, seconds) in sums.items()]
    return sorted(found, key=lambda entry: -(float("inf") if entry.mean is None else entry.mean))


def alike(found: Sequence[Served], at_most: float) -> bool:
    """Whether nobody waits ``at_most`` times as long as another, or is answered so many times less often."""
    means = [entry.mean for entry in found if entry.mean is not None]
    shares = [entry.share for entry in found]
    return len(means) == len(found) and max(means) <= at_most * min(means) and max(shares) <= at_most * min(shares)
