"""Rules of a JSON Schema for a record, each as a condition that the database checks; a keyword that is not known is an error."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from QualityLibrary import record_checks
from QualityLibrary.store import BOOLEAN, INTEGER, NESTED, NUMBER, RefusedQueryError, TEXT
from theodore_qa.errors import unknown, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from QualityLibrary.store import Records
    from theodore_qa.observing.checks import Checks

DESCRIPTIVE = ("title", "description", "$schema", "$id", "$comment", "examples", "default", "type", "deprecated", "readOnly")
OF_RECORD = ("properties", "required", "additionalProperties")
FORMATS = {
    "date": r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])",
    "date-time": r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)",
    "email": r"[^@\s]+@[^@\s]+",
    "uuid": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]*",
    "ipv4": r"((25[0-5]|2[0-4]\d|1?\d?\d)(\.|$)){4}",
}
CASTS = {"date": "date", "date-time": "timestamptz"}
WHOLE = r"[+-]?\d+"
KINDS = {"string": TEXT, "integer": INTEGER, "number": INTEGER + NUMBER, "boolean": BOOLEAN, "array": NESTED, "object": NESTED}
LIKE_TYPES = {"integer": ("integer",), "number": ("integer", "number"), "boolean": ("boolean",), "string": ("date", "datetime")}


@dataclass(frozen=True)
class Rule:
    """A condition of a column in words, and the SQL of the values that break it."""

    column: str
    words: str
    broken: str
    parameters: tuple[Any, ...] = ()


def schema_of(given: Mapping[str, Any] | str) -> Mapping[str, Any]:
    """A schema that is given, or stands in a JSON or YAML file."""
    if not isinstance(given, str):
        return given
    from pathlib import Path

    from theodore_qa.systems.files import read_yaml

    return read_yaml(Path(given))


def check(checks: Checks, records: Records, schema: Mapping[str, Any], at_least: float) -> None:
    """Hold records to a schema: absent and empty values are asked for by ``required`` alone."""
    properties, required = _parts(schema)
    if not properties and not required:
        raise UsageError("The schema says nothing about a record: give it 'properties' or 'required'.")
    columns = list(dict.fromkeys([*required, *properties]))
    if not record_checks.ready(checks, "records.validity", records, columns, "valid values"):
        return
    if schema.get("additionalProperties") is False:
        more = [column for column in records.columns if column not in properties]
        checks.that(
            "records.validity.columns",
            not more,
            f"no columns but {', '.join(properties)}",
            ", ".join(more) or ", ".join(records.columns),
            n=records.count,
        )
    for column in required:
        raw = records.raw(column)
        found = record_checks.failing(records, f"coalesce({raw}, '') = ''", raw)
        record_checks.judge(checks, f"records.validity.{column}", records, found, at_least, f"a value for {column}")
    for column, entry in properties.items():
        raw = records.raw(column)
        for rule in rules(records, column, entry):
            found = _broken(records, rule, raw)
            if found.tried or not records.count:
                record_checks.judge(checks, f"records.validity.{column}", records, found, at_least, rule.words)
            else:
                checks.not_evaluated(f"records.validity.{column}", rule.words, f"no record of {records.source} has a {column}")


def require_types(records: Records, columns: Sequence[str]) -> None:
    """Raise for a column that has neither a rule nor a type of its own."""
    for column in columns:
        if column in records.columns and column not in records.typed:
            raise UsageError(f"Nothing is asked of '{column}': give a rule such as minimum=, or its type in Read Records.")


def rules(records: Records, column: str, entry: Mapping[str, Any]) -> list[Rule]:
    """The rules for a column by its entry in a schema."""
    if not isinstance(entry, dict):
        raise UsageError(f"The schema says of '{column}' {entry!r}, expected a mapping such as {{type: string}}.")
    found = [_of_type(records, column, entry["type"])] if "type" in entry else []
    for keyword, argument in entry.items():
        if keyword in DESCRIPTIVE:
            continue
        if keyword not in KEYWORDS:
            raise unknown("keyword", keyword, [*KEYWORDS, "type"], f"the schema of '{column}'")
        found.append(KEYWORDS[keyword](records, column, argument))
    return found


def _parts(schema: Mapping[str, Any]) -> tuple[Mapping[str, Any], Sequence[str]]:
    for keyword in schema:
        if keyword not in (*OF_RECORD, *DESCRIPTIVE):
            raise unknown("keyword", keyword, OF_RECORD, "the schema of a record")
    if schema.get("type", "object") != "object":
        raise UsageError(f"The schema is of type {schema['type']}: it describes one record, which is an object.")
    return schema.get("properties") or {}, schema.get("required") or []


def _broken(records: Records, rule: Rule, raw: str) -> record_checks.Failing:
    try:
        return record_checks.failing(records, rule.broken, raw, rule.parameters, among=f"coalesce({raw}, '') <> ''")
    except RefusedQueryError as error:
        raise UsageError(f"The rule '{rule.words}' cannot be checked: {error} (patterns are those of RE2).") from None


def _of_type(records: Records, column: str, declared: str | list[str]) -> Rule:
    names = [name for name in ([declared] if isinstance(declared, str) else declared) if name != "null"]
    for name in names:
        if name not in KINDS:
            raise unknown("type", name, KINDS, f"the schema of '{column}'")
    fits = " or ".join(f"({_fits(records, column, name)})" for name in names) or "false"
    return Rule(column, f"{column} of type {' or '.join(names)}", f"not ({fits})")


def _fits(records: Records, column: str, name: str) -> str:
    raw = records.raw(column)
    own = records.typed.get(column, "").partition(" ")[0]
    if own:
        known = own in LIKE_TYPES.get(name, ()) or name == "string"
        return f"{records.number(column)} is not null" if known else "false"
    if records.has_kinds:
        whole = f" or ({records.kind(column)} = '{NUMBER}' and try_cast({raw} as double) = floor(try_cast({raw} as double)))"
        opening = {"array": f" and {raw} like '[%'", "object": f" and {raw} like '{{%'"}.get(name, "")
        letters = ", ".join(f"'{letter}'" for letter in KINDS[name])
        return f"{records.kind(column)} in ({letters}){opening}{whole if name == 'integer' else ''}"
    patterns = {"integer": WHOLE, "number": record_checks.DECIMAL, "boolean": "true|false"}
    if name in patterns:
        return f"regexp_full_match({raw}, '{patterns[name]}')"
    return "true" if name == "string" else f"{raw} like '{'[' if name == 'array' else '{'}%'"


def _limit(sign: str, words: str) -> Callable[[Records, str, Any], Rule]:
    def rule(records: Records, column: str, limit: Any) -> Rule:
        if isinstance(limit, bool) or not isinstance(limit, int | float):
            raise UsageError(f"The limit of '{column}' is {limit!r}, expected a number.")
        broken = f"coalesce(not ({record_checks.as_number(records, column)} {sign} ?), true)"
        return Rule(column, f"{column} {words} {limit:g}", broken, (float(limit),))

    return rule


def _length(sign: str, words: str) -> Callable[[Records, str, Any], Rule]:
    def rule(records: Records, column: str, limit: Any) -> Rule:
        if isinstance(limit, bool) or not isinstance(limit, int):
            raise UsageError(f"The length of '{column}' is {limit!r}, expected a whole number.")
        return Rule(column, f"{column} {words} {limit} characters", f"not (length({records.raw(column)}) {sign} ?)", (limit,))

    return rule


def _pattern(records: Records, column: str, pattern: Any) -> Rule:
    return Rule(column, f"{column} that matches {pattern}", f"not regexp_matches({records.raw(column)}, ?)", (str(pattern),))


def _format(records: Records, column: str, name: Any) -> Rule:
    if name not in FORMATS:
        raise unknown("format", str(name), FORMATS, f"the schema of '{column}'")
    raw = records.raw(column)
    cast = f" or try_cast({raw} as {CASTS[name]}) is null" if name in CASTS else ""
    return Rule(column, f"{column} as {name}", f"not regexp_full_match({raw}, ?){cast}", (FORMATS[name],))


def _enum(records: Records, column: str, allowed: Any) -> Rule:
    if not isinstance(allowed, list | tuple) or not allowed:
        raise UsageError(f"The list of values for '{column}' is {allowed!r}, expected a list with at least one value.")
    texts = [value if isinstance(value, str) else json.dumps(value) for value in allowed if value is not None]
    marks = ", ".join("?" for _ in texts)
    listed = ", ".join(texts[:8]) + (f" and {len(texts) - 8} more" if len(texts) > 8 else "")  # noqa: PLR2004
    return Rule(column, f"{column} among {listed}", f"{records.raw(column)} not in ({marks})", tuple(texts))


def _const(records: Records, column: str, value: Any) -> Rule:
    return _enum(records, column, [value])


KEYWORDS: dict[str, Callable[[Records, str, Any], Rule]] = {
    "minimum": _limit(">=", "at least"),
    "maximum": _limit("<=", "at most"),
    "exclusiveMinimum": _limit(">", "above"),
    "exclusiveMaximum": _limit("<", "below"),
    "minLength": _length(">=", "of at least"),
    "maxLength": _length("<=", "of at most"),
    "pattern": _pattern,
    "format": _format,
    "enum": _enum,
    "const": _const,
}
