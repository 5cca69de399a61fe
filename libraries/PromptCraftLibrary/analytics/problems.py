"""Recommendations scored against problems that were planted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from theodore_qa.statistics import Share

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Problem = tuple[str, str]  # type and agent


@dataclass(frozen=True)
class Scored:
    """How many planted problems were found, and how many of what was found had been planted."""

    found: frozenset[Problem]
    planted: frozenset[Problem]

    @property
    def precision(self) -> Share:
        """Of the recommendations, those for a planted problem."""
        return Share(len(self.found & self.planted), len(self.found))

    @property
    def recall(self) -> Share:
        """Of the planted problems, those with a recommendation."""
        return Share(len(self.found & self.planted), len(self.planted))

    @property
    def missed(self) -> list[str]:
        """The planted problems without a recommendation."""
        return sorted(f"{kind} of {agent}" for kind, agent in self.planted - self.found)

    @property
    def wrong(self) -> list[str]:
        """The recommendations for nothing that was planted."""
        return sorted(f"{kind} of {agent}" for kind, agent in self.found - self.planted)


def score(recommendations: Iterable[Mapping[str, object]], planted: Iterable[Problem]) -> Scored:
    """The score of recommendations, each with its ``type`` and ``agent_id``."""
    found = frozenset((str(entry.get("type")), str(entry.get("agent_id"))) for entry in recommendations)
    return Scored(found, frozenset(planted))
