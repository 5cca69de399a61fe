"""Keywords that score a record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from assertionengine import AssertionOperator  # Robot converts arguments by these hints
from robotlibcore import keyword

from QualityLibrary import scoring
from theodore_qa.errors import UsageError
from theodore_qa.log import log_table
from theodore_qa.observing.assertions import asserted
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import written
from theodore_qa.observing.observations import recorder
from theodore_qa.observing.provenance import provenance

NUMBER_TOLERANCE = 0.0
LEAST_HEARD = 0.5


class ScoreKeywords:
    """Completeness and accuracy."""

    @keyword(tags=("quality",))
    def record_should_be_complete(
        self,
        record: Any,
        fields: list[str],
        *,
        at_least: float = 0.8,
        weights: dict[str, float] | None = None,
        subject: str = "",
    ) -> float:
        """Checks that enough fields of a record are filled.

        A field is filled if it is not null, not empty and not ``unknown``.

        Args:
            record: The record, a dictionary of fields.
            fields: The names of the fields that count.
            at_least: The least score, above 0 and up to 1; 0.8 by default, as in the enterprise testing ticket.
            weights: The weights of fields by their names; 1 each by default.
            subject: The name of what the record describes, for messages; none by default.

        Returns:
            The score, from 0 to 1.

        Raises:
            UsageError: There are no fields to look for, a weight is not above 0, or ``at_least`` is no share.

        Example:

        ```robotframework
        @{fields} =    Create List    name    industry    founded_year
        Record Should Be Complete    ${record}    ${fields}    at_least=0.8
        ```
        """
        score = scoring.completeness(_mapping(record), fields, weights or {})
        self._conclude("completeness", record, score, at_least, subject)
        return score.value

    @keyword(tags=("quality",))
    def record_should_be_accurate(
        self,
        record: Any,
        truth: Any,
        *,
        at_least: float = 1.0,
        tolerance: float = NUMBER_TOLERANCE,
        weights: dict[str, float] | None = None,
        subject: str = "",
    ) -> float:
        """Checks that enough fields of a record have their true value.

        Case does not matter in texts. A list must hold each true item.

        Args:
            record: The record, a dictionary of fields.
            truth: The true values by field. Other fields are not compared.
            at_least: The least score, above 0 and up to 1; 1 by default, so that each field must be right.
            tolerance: The greatest deviation of a number as a share of the true one, such as 0.1 for 10 %; 0 by default.
            weights: The weights of fields by their names; 1 each by default.
            subject: The name of what the record describes, for messages; none by default.

        Returns:
            The score, from 0 to 1.

        Example:

        ```robotframework
        &{truth} =    Create Dictionary    industry=technology
        Record Should Be Accurate    ${record}    ${truth}
        ```
        """
        refuse_own_truth()
        score = scoring.accuracy(_mapping(record), _mapping(truth), tolerance, weights or {})
        self._conclude("accuracy", record, score, at_least, subject)
        return score.value

    @keyword(tags=("quality",))
    def get_completeness_score(
        self,
        record: Any,
        fields: list[str],
        op: AssertionOperator = None,
        expected: float | None = None,
        message: str | None = None,
    ) -> Any:
        """Returns the share of fields that are filled, from 0 to 1; compared if an operator is given.

        A field is empty if it is lacking, None, without text or items, or holds a word such as unknown.

        Args:
            record: The record, a dictionary of fields.
            fields: The names of the fields that count.
            op: An operator of AssertionEngine, such as ``==``, ``>=`` or ``contains``. Without one nothing is compared.
            expected: The value that the operator compares with.
            message: The message of a failure; by default one that names both values.

        Example:

        ```robotframework
        @{fields} =    Create List    name    industry
        Get Completeness Score    ${record}    ${fields}    >=    0.5
        ```
        """
        score = scoring.completeness(_mapping(record), fields, {})
        _show("completeness", score, "")
        _judge_source(op, record, score)
        return asserted("quality.completeness", score.value, op, expected, message)

    @keyword(tags=("quality",))
    def get_accuracy_score(
        self,
        record: Any,
        truth: Any,
        op: AssertionOperator = None,
        expected: float | None = None,
        message: str | None = None,
    ) -> Any:
        """Returns the share of fields with their true value, from 0 to 1; compared if an operator is given.

        Args:
            record: The record, a dictionary of fields.
            truth: The true values by field.
            op: An operator of AssertionEngine, such as ``==``, ``>=`` or ``contains``. Without one nothing is compared.
            expected: The value that the operator compares with.
            message: The message of a failure; by default one that names both values.

        Example:

        ```robotframework
        &{truth} =    Create Dictionary    industry=technology
        Get Accuracy Score    ${record}    ${truth}    ==    1
        ```
        """
        refuse_own_truth()
        score = scoring.accuracy(_mapping(record), _mapping(truth), NUMBER_TOLERANCE, {})
        _show("accuracy", score, "")
        _judge_source(op, record, score)
        return asserted("quality.accuracy", score.value, op, expected, message)

    @staticmethod
    def _conclude(kind: str, record: Any, score: scoring.Score, at_least: float, subject: str) -> None:
        if not 0 < at_least <= 1:
            raise UsageError(f"at_least is {at_least:g}, expected a share above 0 and up to 1.")
        _show(kind, score, subject)
        checks = Checks(f"Data {kind}", subject)
        observed(checks, _mapping(record), [part.name for part in score.parts])
        everything = at_least == 1
        for part in score.parts if everything else ():
            checks.that(f"quality.{kind}.{part.name}", part.passed, part.expected, part.observed)
        holds = score.value >= at_least
        checks.that(f"quality.{kind}", holds, f"a score of at least {at_least:g}", score.arithmetic, n=len(score.parts))
        checks.conclude()


def observed(checks: Checks, record: Mapping[str, Any], fields: Iterable[str]) -> None:
    """Record which of the fields that are filled hold what no answer of the system has said; they are not evaluated."""
    for name in fields:
        value = record.get(name)
        if value not in scoring.EMPTY and recorder.heard(value) < LEAST_HEARD:
            checks.not_evaluated(
                f"quality.observed.{name}", "a value from an answer of the system under test", f"{written(value)}, in no answer"
            )


def refuse_own_truth() -> None:
    """Raise if record and truth go back to one keyword: the system's own answer cannot say whether it is true."""
    record, truth = provenance.of_argument(0, "record"), provenance.of_argument(1, "truth")
    if truth and record == truth:
        raise UsageError(
            f"The truth comes from {truth}, as the record does, so that the comparison could hardly fail: "
            "take it from Get Company, or write it down."
        )


def _judge_source(op: Any, record: Any, score: scoring.Score) -> None:
    if op is not None:
        checks = Checks("Data")
        observed(checks, _mapping(record), [part.name for part in score.parts])
        checks.conclude()


def _mapping(record: Any) -> Mapping[str, Any]:
    if isinstance(record, Mapping):
        return record
    raise UsageError(f"A record is a dictionary of fields, and this is {'nothing' if record is None else repr(record)}.")


def _show(kind: str, score: scoring.Score, subject: str) -> None:
    rows = [
        (part.name, part.expected, part.observed, f"{part.weight:g}", f"{part.weight if part.passed else 0:g}")
        for part in score.parts
    ]
    rows.append(("sum", "", f"score = {score.arithmetic}", f"{score.possible:g}", f"{score.earned:g}"))
    log_table(f"Data {kind} {subject}".strip(), ("Field", "Expected", "Observed", "Weight", "Earned"), rows, cap=60)
