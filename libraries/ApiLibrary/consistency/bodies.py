"""Bodies with values of their own: each free text is new, what is optional is sent too, and no two bodies are alike."""

from __future__ import annotations

import copy
import secrets
from typing import Any, TYPE_CHECKING

from ApiLibrary.consistency.resources import body_schema
from theodore_qa.openapi import samples

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from theodore_qa.openapi import Document, Operation

LONGEST = 2000  # characters of a text that is as long as it may be
SPECIAL = ' & <i>é</i> "☃"'
MOMENT = "2031-05-06T07:08:09"


def new_mark() -> str:
    """A text that no object holds yet."""
    return f"qa-{secrets.token_hex(5)}"


def body(
    document: Document, operation: Operation, known: Mapping[str, Any], mark: str, nth: int = 0, *, plain: bool = False
) -> dict[str, Any] | None:
    """A body with all that the contract takes; None if the operation takes no JSON object.

    Args:
        document: the contract.
        operation: that takes the body.
        known: good values by the names of fields.
        mark: what free texts begin with.
        nth: which of several bodies it is: they differ in choices, texts and numbers; the first has no default values.
        plain: whether texts are short and without special characters.
    """
    schema = body_schema(document, operation)
    if schema is None:
        return None
    media = next(media for media in operation.bodies if media.endswith(("/json", "+json")))
    given = operation.bodies[media].example
    made = copy.deepcopy(given) if isinstance(given, dict) else samples.sample(document, schema)
    if not isinstance(made, dict):
        return None
    for name, own in (schema.get("properties") or {}).items():
        inner = samples.simple(document, own)
        if inner.get("readOnly"):
            continue
        values = [known[name]] if name in known else _values(document, inner, mark, nth, plain=plain)
        value = next((value for value in values if not document.errors(schema, made | {name: value}, sent=True)), None)
        if value is not None:
            made[name] = value
    return made


def changed_field(document: Document, operation: Operation, whole: Mapping[str, Any], mark: str) -> dict[str, Any]:
    """A body that changes one field alone: a flag is put off, a number to 0, or a text is new; ``{}`` if none can be."""
    schema = body_schema(document, operation) or {}
    falsy: list[tuple[str, Any]] = [(name, False) for name, value in whole.items() if value is True]
    falsy += [(name, 0) for name, value in whole.items() if type(value) in (int, float) and value]
    texts = [(name, mark) for name, value in whole.items() if isinstance(value, str)]
    for name, value in (*falsy, *texts):
        if name in (schema.get("properties") or {}) and not document.errors(schema, {name: value}, sent=True):
            return {name: value}
    return {}


def _values(document: Document, schema: dict[str, Any], mark: str, nth: int, *, plain: bool) -> Iterator[Any]:
    """Values for a field, the most telling first; the contract has to allow the one that is taken."""
    kinds = schema.get("type")
    kind = next((kind for kind in kinds if kind != "null"), None) if isinstance(kinds, list) else kinds
    if kind == "boolean":
        yield (schema.get("default") is not True) is not bool(nth % 2)
    elif isinstance(schema.get("enum"), list) and schema["enum"]:
        values = sorted(schema["enum"], key=lambda item: item == schema.get("default"))
        yield values[nth % len(values)]
    elif kind == "string":
        yield from _texts(schema, mark, nth, plain=plain)
    elif kind in ("integer", "number") and nth % 2:
        yield 0
    elif kind == "array":
        found = samples.sample(document, schema)
        yield found or [samples.sample(document, schema.get("items") or {})]
    yield samples.sample(document, schema)


def _texts(schema: dict[str, Any], mark: str, nth: int, *, plain: bool) -> Iterator[str]:
    shape = schema.get("format")
    if shape == "email":
        yield f"{mark}@example.com"
    elif shape == "date-time":
        yield MOMENT + ("Z" if nth % 2 else "+02:00")
    elif not shape:
        most = schema.get("maxLength")
        if not plain and not schema.get("pattern"):
            yield mark.ljust(min(most, LONGEST), "x") if nth % 2 and isinstance(most, int) else mark + SPECIAL
        yield from (mark.ljust(int(schema.get("minLength", 0)), "x"), mark.replace("-", ""), mark[3:])
