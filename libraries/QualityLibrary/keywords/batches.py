"""The keyword for the quality of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from robotlibcore import keyword

from QualityLibrary import scoring
from QualityLibrary.batches import BatchScore
from QualityLibrary.given_records import LEAST_HEARD
from theodore_qa.errors import UsageError
from theodore_qa.log import log_table
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written
from theodore_qa.observing.observations import recorder

READABLE = 3


class BatchKeywords:
    """Quality of batches."""

    @keyword(tags=("quality",))
    def batch_should_have_quality(
        self,
        records: list[Any],
        fields: list[str],
        *,
        at_least: float = 0.8,
        worst: float = 0.0,
        name: str = "name",
        weights: dict[str, float] | None = None,
    ) -> float:
        """Checks the quality score of a batch: the mean completeness of its records, and the least of them.

        Each record scores the share of the fields that are filled, as in `Record Should Be Complete`. What has no record scores
        0, so that a company that failed lowers the mean and is not left out of it. The interval at 95 % is Student's.

        Args:
            records: All records of the batch, dictionaries of fields; none (``${NONE}``) for an item that has no record.
            fields: The names of the fields that count.
            at_least: The least mean, above 0 and up to 1; 0.8 by default.
            worst: The least score of any record, from 0 to 1; 0 by default, so that the worst is shown and not judged.
            name: The field that names a record; name by default.
            weights: The weights of fields by their names; 1 each by default.

        Returns:
            The mean.

        Raises:
            QaError: The mean or the worst score is too low.
            NotEvaluatedError: The batch is empty.

        Example:

        ```robotframework
        VAR    @{fields}    name    industry    founded_year
        VAR    @{batch}    ${record}
        Batch Should Have Quality    ${batch}    ${fields}    at_least=0.8    worst=0.5
        ```
        """
        if not 0 < at_least <= 1 or not 0 <= worst <= 1:
            raise UsageError("at_least must be a share above 0 and up to 1, and worst one from 0 to 1.")
        checks = Checks("Batch", plural(len(records), "record"))
        if not records:
            checks.not_evaluated("batch.quality", f"a mean of at least {at_least:g}", "0 records")
            checks.conclude()
        scores: dict[str, float] = {}
        for number, record in enumerate(records, 1):
            if record is not None and not isinstance(record, Mapping):
                raise UsageError(f"Record {number} of the batch is {record!r:.80}, expected a dictionary or none.")
            title = f"{number} {record[name]}" if record and record.get(name) else f"{number}"
            scores[title] = scoring.completeness(record or {}, fields, weights or {}).value
            if record and recorder.heard(record) < LEAST_HEARD:
                checks.not_evaluated(
                    "batch.observed", "a record from an answer of the system under test", f"{title}, in no answer"
                )
        score = BatchScore(scores)
        ordered = sorted(scores.items(), key=lambda item: item[1])
        log_table("Scores, the worst first", ("Record", "Score"), [(title, f"{value:.3f}") for title, value in ordered])
        checks.that("batch.quality", score.mean >= at_least, f"a mean of at least {at_least:g}", str(score), n=len(scores))
        low = [f"{title} with {value:.3f}" for title, value in ordered if value < worst]
        observed = written(low[:READABLE]) + (f" and {len(low) - READABLE} more" if len(low) > READABLE else "")
        checks.that("batch.worst", not low, f"no record below {worst:g}", observed if low else str(score), n=len(scores))
        checks.conclude()
        return score.mean
