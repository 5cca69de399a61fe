"""QualityLibrary: scores of data quality, for records and rankings of any kind."""

from __future__ import annotations

from QualityLibrary.keywords.rankings import RankingKeywords
from QualityLibrary.keywords.records import ScoreKeywords
from theodore_qa.library import Library


class QualityLibrary(Library):
    """Scores records of any kind, whatever system they come from: how complete and how accurate they are,
    and how good rankings are.

    A score is the share of named checks that passed, weighted where weights are given; the log shows each check and the
    arithmetic. A record without fields scores 0, and a score over no checks at all is an error, never 1.0.
    """

    def __init__(self) -> None:
        """Import without arguments."""
        super().__init__([ScoreKeywords(), RankingKeywords()])
