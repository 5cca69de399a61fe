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
# What rounds, or keeps whole numbers alone, gives something else back; as texts they stand in another order.
FRACTIONS = ((12.25, 0.25), (0.75, 0.5), (9.5, 1.5))


def new_mark() -> str:
    """A text that no object holds yet."""
    return f"qa-{secrets.token_hex(5)}"


def body(
    document: Document,
    operation: Operation,
    known: Mapping[str, Any],
    mark: str,
    nth: int = 0,
    *,
    plain: bool = False,
    usual: bool = False,
) -> dict[str, Any] | None:
    """A body with all that the contract takes; None if the operation takes no JSON object.

    Args:
        document: the contract.
        operation: that takes the body.
        known: good values by the names of fields.
        mark: what free texts begin with.
        nth: which of several bodies it is: they differ in choices, texts and numbers; the first has no default values.
        plain: whether texts are short and without special characters.
        usual: whether numbers are those that the contract shows, without a fraction of our own.
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
        values = [known[name]] if name in known else _values(document, inner, mark, nth, plain=plain, usual=usual)
        value = next((value for value in values if not document.errors(schema, made | {name: value}, sent=True)), None)
        if value is not None:
            made[name] = value
    return made


def changed_fields(document: Document, operation: Operation, whole: Mapping[str, Any], mark: str) -> Iterator[dict[str, Any]]:
    """Bodies that change one field alone, each another: a flag is put off, a number to 0, a text is new, a choice is another."""
    schema = body_schema(document, operation) or {}
    properties = {name: samples.simple(document, own) for name, own in (schema.get("properties") or {}).items()}
    candidates: list[tuple[str, Any]] = [(name, False) for name, value in whole.items() if value is True]
    candidates += [(name, 0) for name, value in whole.items() if type(value) in (int, float) and value]
    texts = [name for name, value in whole.items() if isinstance(value, str)]
    candidates += [(name, text) for name in texts for text in (mark, mark.replace("-", ""), mark[3:])]
    for name in texts:
        candidates += [(name, value) for value in properties.get(name, {}).get("enum") or () if value not in (whole[name], None)]
    changed: set[str] = set()
    for name, value in candidates:
        if name in properties and name not in changed and not document.errors(schema, {name: value}, sent=True):
            changed.add(name)
            yield {name: value}


def most_choices(document: Document, operation: Operation) -> int:
    """How many values the field has that has the most to choose from; 0 if none has a list of them."""
    schema = body_schema(document, operation) or {}
    fields = [samples.simple(document, own) for own in (schema.get("properties") or {}).values()]
    return max((len(own["enum"]) for own in fields if isinstance(own.get("enum"), list)), default=0)


def _values(document: Document, schema: dict[str, Any], mark: str, nth: int, *, plain: bool, usual: bool) -> Iterator[Any]:
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
    elif kind == "number" and not usual:
        yield from FRACTIONS[nth // 2 % len(FRACTIONS)]
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
