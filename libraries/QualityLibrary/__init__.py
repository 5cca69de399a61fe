"""QualityLibrary: data quality of records and rankings of any kind."""

from __future__ import annotations

from QualityLibrary.keywords.batches import BatchKeywords
from QualityLibrary.keywords.drift import DriftKeywords
from QualityLibrary.keywords.rankings import RankingKeywords
from QualityLibrary.keywords.record_sets import RecordSetKeywords
from QualityLibrary.keywords.records import ScoreKeywords
from QualityLibrary.keywords.sources import SourceKeywords
from theodore_qa.library import Library


class QualityLibrary(Library):
    """Tests the quality of data of any kind, whatever system it comes from: how complete and how accurate a record is, how good
    rankings are, and whether thousands or millions of records are complete, valid, unique, consistent, fresh and without drift.

    A score is the share of named checks that passed, weighted where weights are given; the log shows each check and the
    arithmetic. A record without fields scores 0, and a score over no checks at all is an error, never 1.0.

    ## Many records

    `Read Records`, `Read Records From Database` and `Read Records From API` read a source to its end, or fail and name the place
    that is broken. Each check says of how many records it looked at how many fail, and shows the first of them with their place.
    It never passes on 0 records or without the column. Of a ``sample`` the interval at 95 % decides. Needs the extra ``quality``:
    `pip install 'robotframework-theodore[quality]'`.

    ```robotframework
    ${records} =    Read Records    companies.csv
    Records Should Be Complete    ${records}    name    industry    at_least=0.95
    Records Should Be Unique    ${records}    id
    ```
    """

    def __init__(self) -> None:
        """Import without arguments."""
        records = [SourceKeywords(), RecordSetKeywords(), DriftKeywords(), BatchKeywords()]
        super().__init__([ScoreKeywords(), RankingKeywords(), *records])
