"""What is wrong with an environment file by its schema, in sentences."""

from __future__ import annotations

import datetime as dt
from typing import Any

from theodore_qa import timing
from theodore_qa.errors import unknown, UsageError
from theodore_qa.systems.declaring import resolved, schema


def problems(data: dict[str, Any]) -> list[str]:
    """What is wrong with the whole file; each as one sentence."""
    return problems_by(data, schema())


def problems_of_system(data: dict[str, Any]) -> list[str]:
    """What is wrong with a file that describes one system, or a part of it."""
    whole = schema()
    part = {key: value for key, value in whole["$defs"]["system"].items() if key != "required"}
    return problems_by(data, {**part, "$defs": whole["$defs"]})


def problems_by(data: Any, declared: dict[str, Any]) -> list[str]:
    """What is wrong with data by a JSON Schema; each as one sentence."""
    import jsonschema

    checker = jsonschema.FormatChecker(formats=("date",))
    checker.checks("duration", raises=UsageError)(_is_duration)
    validator = jsonschema.Draft202012Validator(declared, format_checker=checker)
    errors = sorted(validator.iter_errors(plain(data)), key=lambda error: [str(part) for part in error.absolute_path])
    return list(dict.fromkeys(_sentence(error, declared) for error in errors))


def _is_duration(value: Any) -> bool:
    return isinstance(value, bool) or not isinstance(value, str | int | float) or timing.seconds(value) >= 0


def plain(value: Any) -> Any:
    """YAML's values as JSON has them: names are texts, dates too."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def _sentence(error: Any, declared: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in error.absolute_path)
    within = f" in {where}" if where else ""
    node = resolved(error.schema, declared) if isinstance(error.schema, dict) else {}
    if error.validator == "additionalProperties":
        known = node.get("properties", {})
        extra = next(str(key) for key in error.instance if key not in known)
        return str(unknown("entry", extra, known, where or "the file"))
    if error.validator == "required":
        missing = error.message.split("'")[1]  # one error for each missing entry
        kinds = node.get("properties", {}).get(missing, {}).get("enum", ())
        return f"The entry '{missing}' is missing{within}{': one of ' if kinds else ''}{', '.join(kinds)}."
    if error.validator == "anyOf" and all("required" in option for option in error.validator_value):
        names = " or ".join(f"'{name}'" for option in error.validator_value for name in option["required"])
        return f"The entry {where} needs {names}."
    if error.validator == "enum":
        return f"The entry {where} is '{error.instance}', expected one of {', '.join(map(str, error.validator_value))}."
    if error.validator == "propertyNames" or (error.absolute_schema_path and "propertyNames" in error.absolute_schema_path):
        allowed = node.get("enum") or error.schema.get("enum")
        form = f"one of {', '.join(allowed)}" if allowed else node.get("x-expected", "another form")
        return f"The entry {where} has the name '{error.instance}', expected {form}."
    expected = node.get("x-expected") or f"{_kind(error.validator_value)}"
    return f"The entry {where or 'of the whole file'} is {error.instance!r}, expected {expected}."


def _kind(expected: Any) -> str:
    names = {
        "string": "a text",
        "object": "a mapping of names to values",
        "array": "a list",
        "boolean": "true or false",
        "number": "a number",
    }
    listed = expected if isinstance(expected, list) else [expected]
    return " or ".join(names.get(str(name), "a text that is not empty" if name == 1 else "another form") for name in listed)
