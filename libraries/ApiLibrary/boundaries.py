"""Requests at the boundaries of what a contract allows: each changes one value of a good request."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass, field, replace
from typing import Any, TYPE_CHECKING
from urllib.parse import quote, urlencode

from ApiLibrary.operations import good_values
from theodore_qa.openapi import samples
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from theodore_qa.openapi import Document, Operation
    from theodore_qa.systems.system import System

MOST = 40  # requests to one operation
LONGEST = 10_000  # characters of a text
DEEPEST = 3  # properties of properties that are varied
NOT_ASCII = "é ☃"
MISSING = object()
JSON = "application/json"


Property = tuple[tuple[str, ...], dict[str, Any], bool]  # where it stands, its schema, and whether it is required


@dataclass(frozen=True)
class Request:
    """A request to an operation, with the values of its parameters."""

    path: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    media: str = JSON
    content: bytes | None = None

    def path_of(self, operation: Operation) -> str:
        """The path with its values and the query."""
        path = re.sub(
            r"\{([^}]+)\}", lambda match: quote(str(self.path.get(match[1], match[0])), safe=""), operation.path
        )  # fmt: skip
        return path + (f"?{urlencode(self.query, doseq=True)}" if self.query else "")


def requests(system: System, operation: Operation) -> Iterator[Request]:
    """Requests that are at, just within and just beyond each limit of a parameter or property, or that lack it."""
    document = system.contract.needed
    good, body = _good(system, operation)
    every = itertools.chain(_of_parameters(document, operation, good), _of_body(document, operation, good, body))
    yield from itertools.islice(every, MOST)


def _good(system: System, operation: Operation) -> tuple[Request, Any]:
    document = system.contract.needed
    values = good_values(system)
    parts: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
    for parameter in operation.parameters:
        if parameter.required and parameter.location in parts:
            value = parameter.example if parameter.example is not None else samples.sample(document, parameter.schema)
            parts[parameter.location][parameter.name] = values.get(parameter.name, value)
    media = next((media for media in operation.bodies if media.endswith(("/json", "+json"))), "")
    if not media:
        return Request(parts["path"], parts["query"], _texts(parts["header"])), MISSING
    given = operation.bodies[media]
    body = given.example if given.example is not None else samples.sample(document, given.schema or {})
    return Request(parts["path"], parts["query"], _texts(parts["header"]), media, json.dumps(body).encode()), body


def _texts(values: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}


def _of_parameters(document: Document, operation: Operation, good: Request) -> Iterator[Request]:
    for parameter in operation.parameters:
        if parameter.location not in ("query", "header"):  # a path with another value is another object
            continue
        in_query = parameter.location == "query"
        for value in _values(samples.simple(document, parameter.schema), required=parameter.required):
            if isinstance(value, dict | list) or not (in_query or str(value).isascii()):
                continue
            known = good.query if in_query else good.headers
            given = {name: item for name, item in known.items() if name != parameter.name}
            given |= {} if value is MISSING else {parameter.name: str(value)}
            yield replace(good, query=given) if in_query else replace(good, headers=given)


def _of_body(document: Document, operation: Operation, good: Request, body: Any) -> Iterator[Request]:
    if body is MISSING or not isinstance(body, dict):
        return
    for place, schema, required in _properties(document, operation.bodies[good.media].schema, (), body):
        for value in _values(schema, required=required):
            changed = pointers.put(body, "/" + "/".join(place), None if value is MISSING else value)
            if value is MISSING:
                above = pointers.found(changed, "/" + "/".join(place[:-1])) if place[1:] else changed
                del above[place[-1]]
            yield replace(good, content=json.dumps(changed).encode())


def _properties(document: Document, schema: Any, above: tuple[str, ...], body: Any) -> Iterator[Property]:
    """The properties of a body with their schemas, inwards as far as the good body goes."""
    whole = samples.simple(document, schema)
    for name, own in (whole.get("properties") or {}).items():
        inner = samples.simple(document, own)
        place = (*above, str(name))
        there = body.get(name) if isinstance(body, dict) else None
        if inner.get("readOnly"):
            continue
        yield place, inner, name in (whole.get("required") or ())
        if isinstance(there, dict) and len(place) < DEEPEST:
            yield from _properties(document, inner, place, there)
        elif isinstance(there, list) and there and isinstance(there[0], dict) and len(place) < DEEPEST:
            yield from _properties(document, inner.get("items") or {}, (*place, "0"), there[0])


def _values(schema: dict[str, Any], *, required: bool) -> Iterator[Any]:
    """Values about the limits of a schema, the forbidden ones first; whether one is allowed is for the contract to say."""
    if required:
        yield MISSING
    kinds = schema.get("type")
    kind = next((kind for kind in kinds if kind != "null"), None) if isinstance(kinds, list) else kinds
    if "enum" in schema:
        yield "no-such-value"
    elif kind in ("integer", "number"):
        yield from _numbers(schema)
    elif kind == "string":
        yield from _strings(schema)
    elif kind == "boolean":
        yield "maybe"
    elif kind == "array":
        least, most = int(schema.get("minItems", 0)), schema.get("maxItems")
        if least:
            yield []
        if isinstance(most, int) and most < 100:  # noqa: PLR2004  # a list that is still small
            yield [None] * (most + 1)


def _numbers(schema: dict[str, Any]) -> Iterator[Any]:
    yield "no number"
    for name, step in (("minimum", -1), ("maximum", 1), ("exclusiveMinimum", 0), ("exclusiveMaximum", 0)):
        limit = schema.get(name)
        if isinstance(limit, int | float) and not isinstance(limit, bool):
            yield limit + step
            yield limit if step else limit + (1 if name == "exclusiveMinimum" else -1)


def _strings(schema: dict[str, Any]) -> Iterator[Any]:
    least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
    if isinstance(most, int) and most < LONGEST:
        yield "x" * (most + 1)
        yield "x" * most
    if least:
        yield "x" * (least - 1)
    if "pattern" in schema or schema.get("format"):
        yield "§ no such form"
    elif not isinstance(most, int) or most >= len(NOT_ASCII):
        yield NOT_ASCII.ljust(least, "é")
