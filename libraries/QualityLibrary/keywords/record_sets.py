"""Keywords that hold many records to what they should be."""

from __future__ import annotations

import datetime as dt
from typing import Any

from robotlibcore import keyword

from QualityLibrary import given_records, record_checks, rules
from QualityLibrary.store import require_columns
from theodore_qa.errors import UsageError
from theodore_qa.observing.checks import Checks


class RecordSetKeywords:
    """Completeness, validity, uniqueness, references and freshness."""

    @keyword(tags=("quality",))
    def records_should_be_complete(self, records: Any, *columns: str, at_least: float = 1.0) -> None:
        """Checks that enough records have a value in each of the columns.

        A value is missing if it is null, empty, ``[]``, ``{}``, or one of the words unknown, n/a and none.

        Args:
            records: Records that `Read Records` returned, or a list of dictionaries.
            columns: The columns that must be filled.
            at_least: The least share of records with a value, above 0 and up to 1; 1 by default.

        Raises:
            QaError: A column is not there, or is filled in too few records; the first ones are named.
            NotEvaluatedError: There are no records, or too few in a sample to tell.

        Example:

        ```robotframework
        Records Should Be Complete    ${records}    name    industry    at_least=0.9
        ```
        """
        require_columns(columns)
        checks = Checks("Completeness")
        given = _given(records, checks, at_least)
        record_checks.complete(checks, given, columns, at_least)
        checks.conclude()

    @keyword(tags=("quality",))
    def records_should_be_valid(
        self,
        records: Any,
        *columns: str,
        schema: dict[str, Any] | str | None = None,
        pattern: str | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        one_of: list[str] | None = None,
        at_least: float = 1.0,
    ) -> None:
        """Checks that enough records are valid: by a JSON Schema of a record, or by a rule for some columns.

        Of a schema it knows required, additionalProperties, and for each of the properties type, enum, const, minimum, maximum,
        exclusiveMinimum, exclusiveMaximum, minLength, maxLength, pattern and format (date, date-time, email, uuid, uri, ipv4);
        another keyword is an error. Missing values are asked for by ``required`` alone. With neither schema nor rule the columns
        must have values of the types that `Read Records` was given.

        Args:
            records: Records that `Read Records` returned, or a list of dictionaries.
            columns: The columns that the rule is for.
            schema: A JSON Schema of one record: a dictionary, or the path of a JSON or YAML file.
            pattern: A regular expression that a part of each value matches; write ``^`` and ``$`` for the whole value.
            minimum: The least number; any by default.
            maximum: The greatest number; any by default.
            one_of: The values that are allowed; for a long list use `Records Should Refer To`.
            at_least: The least share of records that keep each rule, above 0 and up to 1; 1 by default.

        Raises:
            UsageError: There is neither a schema nor a column with a type or a rule.
            QaError: A rule is broken in too many records; the first ones are named.

        Example:

        ```robotframework
        Records Should Be Valid    ${records}    employees    minimum=1    maximum=1000000
        ```
        """
        checks = Checks("Validity")
        given = _given(records, checks, at_least)
        rule = {"pattern": pattern, "minimum": minimum, "maximum": maximum, "enum": one_of}
        rule = {name: value for name, value in rule.items() if value is not None}
        if (schema is None) == (not columns):
            raise UsageError("Give either schema=, or columns with a rule such as minimum= or one_of=.")
        if schema is not None and rule:
            raise UsageError(f"Give {', '.join(rule)} in the schema, or without one and with columns.")
        if schema is None:
            if not rule:
                rules.require_types(given, columns)
            record_checks.typed(checks, given, columns, at_least)
            schema = {"properties": dict.fromkeys(columns, rule)} if rule else None
        if schema is not None:
            rules.check(checks, given, rules.schema_of(schema), at_least)
        checks.conclude()

    @keyword(tags=("quality",))
    def records_should_be_unique(self, records: Any, *columns: str) -> None:
        """Checks that no two records have the same values in these columns, and that each record has them.

        Args:
            records: Records that `Read Records` returned, or a list of dictionaries.
            columns: The columns that together name a record, such as id.

        Raises:
            QaError: Records are doubled, or have no value; the first ones are named.

        Example:

        ```robotframework
        Records Should Be Unique    ${records}    id
        ```
        """
        require_columns(columns)
        checks = Checks("Uniqueness")
        record_checks.unique(checks, _given(records, checks), columns)
        checks.conclude()

    @keyword(tags=("quality",))
    def records_should_refer_to(self, records: Any, column: str, others: Any, key: str) -> None:
        """Checks that each value of a column stands in a column of other records: a foreign key, or a reference list.

        Missing values refer to nothing and are left out.

        Args:
            records: Records that `Read Records` returned, or a list of dictionaries.
            column: The column that refers.
            others: The records that it refers to.
            key: Their column.

        Raises:
            QaError: A value is not there; the first records that have one are named.
            NotEvaluatedError: One of the two has no records, or no record refers to anything.

        Example:

        ```robotframework
        Records Should Refer To    ${records}    parent_id    ${records}    id
        ```
        """
        if others is records and column == key:
            raise UsageError(
                f"The column {column} is compared with itself, which could not fail: name other records, or their key."
            )
        checks = Checks("References", column)
        given = _given(records, checks)
        record_checks.refer(checks, given, column, _given(others, checks), key)
        checks.conclude()

    @keyword(tags=("quality",))
    def records_should_be_fresh(
        self, records: Any, column: str, *, days: float = 30, at_least: float = 1.0, as_of: str | None = None
    ) -> None:
        """Checks that enough records have a time that is not older than so many days; a missing time is too old.

        Times have their zone, as 2026-01-31T12:00:00Z, or a type and ``zone`` in `Read Records`. A time in the future fails.

        Args:
            records: Records that `Read Records` returned, or a list of dictionaries.
            column: The column with the time.
            days: The greatest age in days; 30 by default.
            at_least: The least share of records that are fresh, above 0 and up to 1; 1 by default.
            as_of: The time with its zone at which the records were taken; now by default.

        Raises:
            QaError: Too many records are older, or have a time that is none, or in the future; the first ones are named.

        Example:

        ```robotframework
        Records Should Be Fresh    ${records}    updated_at    days=30
        ```
        """
        checks = Checks("Freshness", column)
        given = _given(records, checks, at_least)
        if not days > 0:
            raise UsageError(f"The greatest age is {days:g} days, expected more than 0.")
        record_checks.fresh(checks, given, column, days, at_least, _moment(as_of))
        checks.conclude()


def _given(records: Any, checks: Checks, at_least: float = 1.0) -> Any:
    if not 0 < at_least <= 1:
        raise UsageError(f"at_least is {at_least:g}, expected a share above 0 and up to 1.")
    given = given_records.records_of(records, checks)
    checks.subject = f"{checks.subject} of {given.source}" if checks.subject else given.source
    return given


def _moment(as_of: str | None) -> float:
    if as_of is None:
        return dt.datetime.now(dt.UTC).timestamp()
    try:
        moment = dt.datetime.fromisoformat(as_of)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UsageError(f"as_of is '{as_of}', expected a time with its zone such as 2026-01-31T12:00:00Z.")
    return moment.timestamp()
