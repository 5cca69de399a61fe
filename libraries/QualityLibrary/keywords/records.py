"""Keywords that score a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assertionengine import AssertionOperator  # Robot converts arguments by these hints
from robotlibcore import keyword

from QualityLibrary import scoring
from theodore_qa.errors import UsageError
from theodore_qa.log import log_table
from theodore_qa.observing.assertions import asserted
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder

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
        """Checks that enough of a record's fields hold something.

        A field counts if it is not null, not empty and not ``unknown``.

        Args:
            record: A dictionary.
            fields: The names of the fields that count.
            at_least: The share that must hold something, 0 to 1; 0.8 by default, as in the enterprise testing ticket.
            weights: Weights of fields, 1 each by default.
            subject: What the record is about, for messages.

        Returns:
            The score.

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
        """Checks that the fields whose true value is known are right.

        Texts are equal but for case, of lists each true item must be there.

        Args:
            record: A dictionary.
            truth: The true values by field; only these are compared.
            at_least: The share that must be right, 0 to 1; all by default.
            tolerance: How far a number may be off, as a share of the true one; 0 by default.
            weights: Weights of fields, 1 each by default.
            subject: What the record is about, for messages.

        Returns:
            The score.

        Example:

        ```robotframework
        &{truth} =    Create Dictionary    industry=technology
        Record Should Be Accurate    ${record}    ${truth}
        ```
        """
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
        """Returns the share of ``fields`` that hold something, compared if an operator is given.

        Args:
            record: A dictionary.
            fields: The names of the fields that count.
            op: Operator of AssertionEngine such as ``==``, ``>=`` or ``contains``; without one nothing is compared.
            expected: What the operator compares with.
            message: Message of a failure instead of the usual one.

        Example:

        ```robotframework
        @{fields} =    Create List    name    industry
        Get Completeness Score    ${record}    ${fields}    >=    0.5
        ```
        """
        score = scoring.completeness(_mapping(record), fields, {})
        _show("completeness", score, "")
        _judge_source(op, record)
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
        """Returns the share of true values that a record has right, compared if an operator is given.

        Args:
            record: A dictionary.
            truth: The true values by field.
            op: Operator of AssertionEngine such as ``==``, ``>=`` or ``contains``; without one nothing is compared.
            expected: What the operator compares with.
            message: Message of a failure instead of the usual one.

        Example:

        ```robotframework
        &{truth} =    Create Dictionary    industry=technology
        Get Accuracy Score    ${record}    ${truth}    ==    1
        ```
        """
        score = scoring.accuracy(_mapping(record), _mapping(truth), NUMBER_TOLERANCE, {})
        _show("accuracy", score, "")
        _judge_source(op, record)
        return asserted("quality.accuracy", score.value, op, expected, message)

    @staticmethod
    def _conclude(kind: str, record: Any, score: scoring.Score, at_least: float, subject: str) -> None:
        if not 0 < at_least <= 1:
            raise UsageError(f"at_least is {at_least:g}, expected a share above 0 and up to 1.")
        _show(kind, score, subject)
        checks = Checks(f"Data {kind}", subject)
        observed(checks, record)
        everything = at_least == 1
        for part in score.parts if everything else ():
            checks.that(f"quality.{kind}.{part.name}", part.passed, part.expected, part.observed)
        holds = score.value >= at_least
        checks.that(f"quality.{kind}", holds, f"at least {at_least:g}", score.arithmetic, n=len(score.parts))
        checks.conclude()


def observed(checks: Checks, value: Any) -> None:
    """Record whether a value came from the system under test: most of what it holds has stood in an answer."""
    share = recorder.heard(value)
    if share < LEAST_HEARD:
        reason = f"{share:.0%} of what it holds stood in an answer in this suite"
        checks.not_evaluated("quality.observed", "data from answers of the system under test", reason)


def _judge_source(op: Any, record: Any) -> None:
    if op is not None:
        checks = Checks("Data")
        observed(checks, record)
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
