"""Fields of responses: where they stand, which values the contract allows, and what a schema says of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TYPE_CHECKING

from theodore_qa import paths
from theodore_qa.errors import QaError, unknown, UsageError
from theodore_qa.systems import pointers
from theodore_qa.systems.files import read_yaml

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.system import System

OF_TEXTS = ("contains", "*=", "matches", "starts", "ends", "^=", "$=", "not contains")


def found(exchange: Exchange, location: str) -> tuple[bool, Any]:
    """Whether a field is there, and its value."""
    body: Any = exchange.body
    if isinstance(body, dict) and location in body:
        return True, body[location]
    for part in pointers.parts(location):
        if isinstance(body, dict) and part in body:
            body = body[part]
        elif isinstance(body, list) and part.lstrip("-").isdigit() and -len(body) <= int(part) < len(body):
            body = body[int(part)]
        else:
            return False, None
    return True, body


def value(exchange: Exchange, location: str) -> Any:
    """The value of a field; one that is not there is an error that shows what came."""
    present, field_value = found(exchange, location)
    if present:
        return field_value
    names = f"; it has: {', '.join(map(str, exchange.body))}" if isinstance(exchange.body, dict) else ""
    raise QaError(
        f"{exchange.method} {exchange.path} answered {exchange.status} with {exchange.excerpt()}, which has no field "
        f"'{location}'{names}."
    )


def typed(expected: Any, observed: Any) -> Any:
    """An expected text as the value that the field's type makes of it: ``200`` beside a number is a number."""
    if not isinstance(expected, str) or isinstance(observed, str) or observed is None:
        return expected
    try:
        read = json.loads(expected.lower() if expected.lower() in ("true", "false", "none", "null") else expected)
    except ValueError:
        return expected
    return (
        read
        if isinstance(read, type(observed)) or (isinstance(read, int | float) and isinstance(observed, int | float))
        else expected
    )


def refuse_beyond_enum(system: System, exchange: Exchange, location: str, expected: Any) -> None:
    """Raise for a value that the contract does not allow in a field: a comparison with it says nothing."""
    values = _enum(system, exchange, location)
    if values and isinstance(expected, str) and expected not in values:
        where = f"the contract's {location} of {exchange.method} {exchange.path.partition('?')[0]}"
        raise unknown("value", expected, values, where)


def _enum(system: System, exchange: Exchange, location: str) -> list[str]:
    contract = system.contract
    operation = contract.find(exchange.method, exchange.path)
    response = operation.response(exchange.status) if operation else None
    media = response.media(exchange.headers.get("content-type", "")) if response else None
    if media is None or media.schema is None or contract.document is None:
        return []
    from theodore_qa.openapi import samples

    node: Any = media.schema
    for part in pointers.parts(location):
        schema = samples.simple(contract.document, node)
        node = schema.get("items", {}) if part.lstrip("-").isdigit() else (schema.get("properties") or {}).get(part, {})
    schema = samples.simple(contract.document, node)
    values = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    return [str(item) for item in values]


def violations(schema: Any, body: Any) -> list[str]:
    """What is wrong with a value by a JSON Schema."""
    import jsonschema

    from theodore_qa import openapi

    read = _schema(schema)
    try:
        jsonschema.Draft202012Validator.check_schema(read)
    except jsonschema.SchemaError as error:
        where = ".".join(map(str, error.absolute_path)) or "its root"
        raise UsageError(f"The schema is no JSON Schema: at {where}, {error.message}.") from None
    return openapi.violations(read, body)


def _schema(schema: Any) -> Any:
    if not isinstance(schema, str):
        return schema
    if schema.lstrip().startswith(("{", "[")):
        try:
            return json.loads(schema)
        except ValueError as error:
            raise UsageError(f"The schema is not JSON: {error}.") from None
    file = Path(schema) if Path(schema).is_absolute() else paths.project() / schema
    if not file.is_file():
        raise UsageError(f"The schema {schema} is not there: it is looked for at {file}.")
    if file.suffix in (".yaml", ".yml"):
        return read_yaml(file)
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"The schema {schema} is not JSON: {error}.") from None
