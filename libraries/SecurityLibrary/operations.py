"""The operations of an API and what can be put into each, from an OpenAPI document or from a table."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, TYPE_CHECKING
from urllib.parse import parse_qsl

from theodore_qa.errors import unknown, UsageError
from theodore_qa.openapi import samples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from theodore_qa import openapi
    from theodore_qa.openapi import Document
    from theodore_qa.systems.contract import Contract
    from theodore_qa.systems.system import System

SAFE = ("GET", "HEAD", "OPTIONS")
JSON, FORM, XML, MULTIPART = "application/json", "application/x-www-form-urlencoded", "application/xml", "multipart/form-data"
DEEPEST = 4
# An operation of such a name takes away what the scan itself stands on.
IDENTIFIER = re.compile(r"([A-Za-z]\w*?)(?:[_-](?i:id|uuid|guid)|I[dD]|U[uU][iI][dD])s?")
ENVELOPES = (
    "data",
    "attributes",
    "relationships",
    "filter",
    "variables",
    "input",
    "[]",
)  # around what is meant, as JSON:API and GraphQL have them
FIRST = "[]"  # in a pointer: the first item of a list
CAREFUL = re.compile(
    r"log-?out|sign-?out|revoke|restart|shutdown|/refresh|(change|update|set|reset)[-_/]?password|password[-_/]?(change|update|reset)"
    r"|/password/?$",
    re.IGNORECASE,
)
ADDRESSED, DECISIVE = re.compile(r"(?i)mail|user|login"), re.compile(r"(?i)password|token|code|otp")
REMOVING = re.compile(r"(?i)\s*mutation[^{]*\{\s*(\w+\s*:\s*)?(delete|remove|destroy|purge)")  # a query of GraphQL
ITS_OWN = re.compile(r"/(sessions?|tokens?)(/[^/]+)?/?$|/(me|self|account|profile)/?$", re.IGNORECASE)
ROW = ("operation", "query", "header", "cookie", "body", "form", "media", "public", "admin")


@dataclass(frozen=True)
class Parameter:
    """A place for a value: ``location`` is path, query, header, cookie or body, ``pointer`` where in the body it stands."""

    name: str
    location: str
    pointer: tuple[str, ...] = ()
    schema: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)
    required: bool = False

    @property
    def kind(self) -> str:
        """The JSON type of its value; ``string`` where the document does not say."""
        kind = self.schema.get("type", "string")
        return str(next((one for one in kind if one != "null"), "string") if isinstance(kind, list) else kind)

    @property
    def noun(self) -> str:
        """What it names one of, ``order`` for order_id, orderIds or order.data.id; empty if its name does not say."""
        *above, last = self.pointer or (self.name,)
        if last.lower() in ("id", "ids", "uuid"):
            return next((part.lower() for part in reversed(above) if part not in ENVELOPES), "")
        match = IDENTIFIER.fullmatch(last)
        return match[1].lower() if match else ""

    def __str__(self) -> str:
        return f"{self.location} {self.name}"


@dataclass(frozen=True)
class Operation:
    """One method on one path; what follows a ``#`` tells queries apart that are sent to one path, as GraphQL's are."""

    method: str
    path: str
    parameters: tuple[Parameter, ...] = ()
    media: str | None = None
    body: Any = None
    secured: bool | None = None
    admin: bool = False
    problems: tuple[str, ...] = ()  # what of its description is not understood

    @property
    def safe(self) -> bool:
        """Whether its method promises to change nothing."""
        return self.method in SAFE

    @property
    def route(self) -> str:
        """Its path as it is sent."""
        return self.path.partition("#")[0]

    @property
    def last(self) -> Parameter | None:
        """The last parameter of its path, which names what it is about; None where the path has none."""
        return next((one for one in reversed(self.parameters) if one.location == "path"), None)

    @property
    def takes_json(self) -> bool:
        """Whether its body is JSON, of whatever kind."""
        return is_json(self.media or "")

    @property
    def takes_form(self) -> bool:
        """Whether its body is a form, with files or without."""
        return (self.media or "").startswith((FORM, MULTIPART))

    @property
    def careful(self) -> bool:
        """Whether it takes away what the scan stands on, such as a session."""
        takes = " ".join(one.name for one in self.parameters)
        asks_for_mail = ADDRESSED.search(takes) and not DECISIVE.search(takes)  # who has forgotten a password is sent something
        taken_away = bool(CAREFUL.search(self.path)) and not (self.method == "POST" and asks_for_mail)
        query = str(self.body.get("query", "")) if isinstance(self.body, dict) else ""
        return taken_away or bool(REMOVING.match(query)) or (self.method == "DELETE" and bool(ITS_OWN.search(self.path)))

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def __hash__(self) -> int:
        return hash((self.method, self.path))


def is_json(media: str) -> bool:
    """Whether a media type is JSON or one of its kinds, such as application/vnd.api+json."""
    return media.partition(";")[0].strip().endswith(("/json", "+json"))


def from_contract(contract: Contract) -> list[Operation]:
    """The operations of a system's OpenAPI document, with all places for values in each."""
    return [_operation(contract, operation) for operation in contract.needed.operations]


def _operation(contract: Contract, described: openapi.Operation) -> Operation:
    document = contract.needed
    parameters = [
        Parameter(one.name, one.location, (), _with_example(document, one), one.required)
        for one in described.parameters
        if one.location in ("path", "query", "header", "cookie")
    ]
    media, body = None, None
    if described.bodies:
        known = (JSON, *filter(is_json, described.bodies), FORM, XML, "text/xml", MULTIPART)
        media = next((kind for kind in known if kind in described.bodies), next(iter(described.bodies)))
        given = described.bodies[media]
        schema = given.schema if given.schema is not None else {}
        body = given.example if given.example is not None else samples.sample(document, schema)
        parameters += [each for one in _properties(document, schema) for each in _shown(one, body)]
    security = described.security
    secured = None if security is None else bool(security) and {} not in security
    admin = bool(described.raw.get("x-admin")) or "/admin" in described.path
    path = contract.full(described.path)
    problems = tuple(map(str, described.problems))
    return Operation(described.method, path, tuple(parameters), media, body, secured, admin, problems)


def _with_example(document: Document, parameter: openapi.Parameter) -> dict[str, Any]:
    schema = samples.simple(document, parameter.schema) if parameter.schema else {}
    return schema | ({"example": parameter.example} if parameter.example is not None else {})


def without_headers(operation: Operation, known_by: set[str]) -> Operation:
    """An operation without parameters that are headers by which people are known: those are no values to try."""
    kept = tuple(one for one in operation.parameters if one.location != "header" or one.name.lower() not in known_by)
    return replace(operation, parameters=kept)


def from_table(row: str | dict[str, Any], system: System | None = None) -> Operation:
    """An operation of a system from a row such as ``GET /orders/{id}?status=open``, or a mapping such as the guide has."""
    told: dict[str, Any] = {"operation": row} if isinstance(row, str) else dict(row)
    for key in told:
        if key not in ROW:
            raise unknown("entry", str(key), ROW, f"the row {told.get('operation')}")
    match = re.fullmatch(r"([A-Z]+) (/\S*)", str(told.get("operation", "")))
    if not match:
        raise UsageError(f"The row {row!r} names no operation: write it as GET /orders/{{order_id}}.")
    method, (path, _, query) = match[1], match[2].partition("?")
    path = system.full(path) if system else path
    parameters = [Parameter(name, "path", required=True) for name in re.findall(r"\{(\w+)\}", path)]
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters.append(Parameter(name, "query", schema=_told(value), required=True))
    for location in ("query", "header", "cookie"):
        given: dict[str, Any] = dict(told.get(location, {}))
        parameters += [Parameter(name, location, schema=_told(value), required=True) for name, value in given.items()]
    body = told.get("body", told.get("form"))
    media = told.get("media", FORM if "form" in told else JSON if body is not None else None)
    if isinstance(body, dict | list):
        parameters += [
            Parameter(_named(pointer), "body", pointer, _told(value), required=True) for pointer, value in _leaves(body)
        ]
    secured = not told.get("public")
    return Operation(method, path, tuple(parameters), media, body, secured, bool(told.get("admin")) or "/admin" in path)


def _told(value: Any) -> dict[str, Any]:
    kinds = {bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    return {"type": kinds.get(type(value), "string"), "example": value}


def _named(pointer: tuple[str, ...]) -> str:
    return ".".join(pointer).replace(f".{FIRST}", FIRST) or FIRST


def _leaves(value: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict) and (value or not above):
        for name, item in value.items():
            yield from _leaves(item, (*above, name))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield from _leaves(value[0], (*above, FIRST))
    else:
        yield above, value


def _properties(document: Document, schema: Any, above: tuple[str, ...] = (), *, required: bool = True) -> Iterator[Parameter]:
    schema = samples.simple(document, schema)
    if schema.get("type") == "array" and not above:
        yield from _properties(document, schema.get("items", {}), (FIRST,))
    needed = schema.get("required", [])
    for name, told in schema.get("properties", {}).items():
        inner = samples.simple(document, told)
        pointer = (*above, name)
        always = required and name in needed
        items = samples.simple(document, inner.get("items", {})) if inner.get("type") == "array" else {}
        if inner.get("properties") and len(pointer) < DEEPEST:
            yield from _properties(document, inner, pointer, required=always)
        elif items.get("properties") and len(pointer) < DEEPEST:
            yield from _properties(document, items, (*pointer, FIRST), required=always and bool(inner.get("minItems")))
        else:
            yield Parameter(_named(pointer), "body", pointer, inner | ({"items": items} if items else {}), always)


def _shown(parameter: Parameter, body: Any) -> Iterator[Parameter]:
    """A parameter, or in place of an object whose properties the schema does not name those that the example has."""
    inner = body
    for part in parameter.pointer:
        inner = inner.get(part) if isinstance(inner, dict) else None
    if parameter.kind != "object" or not isinstance(inner, dict) or not inner:
        yield parameter
        return
    for below, value in _leaves(inner):
        pointer = (*parameter.pointer, *below)
        yield Parameter(_named(pointer), "body", pointer, _told(value), required=True)
