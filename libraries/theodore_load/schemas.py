"""JSON schemas of answers, compiled once: by jsonschema-rs where it is installed, else by jsonschema, which is slow."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

SHORT = 80


def compiled(schema: Any) -> Callable[[Any], str]:
    """What finds the first problem of a value with a schema, as a phrase; empty for none. Each answer is looked at."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    validator = Draft202012Validator(schema)

    def problem(value: Any) -> str:
        error = best_match(validator.iter_errors(value))
        return "" if error is None else f"expected the schema, observed at {error.json_path}: {error.message[:SHORT]}"

    try:
        import jsonschema_rs
    except ImportError:
        return problem
    try:
        fast = jsonschema_rs.Draft202012Validator(schema)
    except ValueError:  # it does not know a pattern that Python has
        return problem
    return lambda value: "" if fast.is_valid(value) else problem(value) or f"expected the schema, observed {str(value)[:SHORT]}"


def refuse_bad(schema: Any, step: str) -> None:
    """Raise for what is no JSON schema.

    Raises:
        UsageError: It is none; the text says where.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise UsageError(f"The schema of the step '{step}' is no JSON schema, at {error.json_path}: {error.message}.") from None
