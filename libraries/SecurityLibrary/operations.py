"""The operations of an API and what can be put into each, from an OpenAPI document or from a table."""

from __future__ import annotations

import copy
import random
import re
from dataclasses import dataclass, field, replace
from typing import Any, TYPE_CHECKING
from urllib.parse import parse_qsl

from theodore_qa.errors import unknown, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

GIVEN = {"example", "examples"}
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
SAFE = ("GET", "HEAD", "OPTIONS")
JSON, FORM, XML, MULTIPART = "application/json", "application/x-www-form-urlencoded", "application/xml", "multipart/form-data"
DEEPEST = 4
TRIES = 20
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
    responses: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)

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


def from_openapi(document: dict[str, Any], prefix: str = "") -> list[Operation]:
    """The operations of an OpenAPI document, 3.x or 2.0; paths get ``prefix`` in front."""
    if not isinstance(document.get("paths"), dict):
        raise UsageError("The document is no OpenAPI document: it has no paths.")
    everywhere = document.get("security")
    told = [
        (method, path, item.get("parameters", []), item[method])
        for path, item in document["paths"].items()
        for method in METHODS
        if isinstance(item.get(method), dict)
    ]
    return [
        _operation(document, method.upper(), prefix + path, one, shared, one.get("security", everywhere))
        for method, path, shared, one in told
    ]


def _operation(
    document: dict[str, Any], method: str, path: str, told: dict[str, Any], shared: list[Any], security: Any
) -> Operation:
    parameters, media, body = [], None, None
    for given in [*shared, *told.get("parameters", [])]:
        one = resolved(document, given)
        if one.get("in") == "body":  # OpenAPI 2.0
            media, body = JSON, sample(document, one.get("schema", {}))
            parameters += list(_properties(document, one.get("schema", {})))
        elif one.get("in") in ("path", "query", "header", "cookie"):
            schema = resolved(document, one.get("schema", {key: value for key, value in one.items() if key != "in"}))
            if "example" in one:
                schema = schema | {"example": one["example"]}
            parameters.append(Parameter(one["name"], one["in"], (), _simple(document, schema), bool(one.get("required"))))
    content = resolved(document, told.get("requestBody", {})).get("content", {})
    if content:
        known = (JSON, *filter(is_json, content), FORM, XML, "text/xml", MULTIPART)
        media = next((kind for kind in known if kind in content), next(iter(content)))
        schema = content[media].get("schema", {})
        body = content[media].get("example", sample(document, schema))
        parameters += [each for one in _properties(document, schema) for each in _shown(one, body)]
    secured = None if security is None else bool(security) and {} not in security
    admin = bool(told.get("x-admin")) or "/admin" in path
    return Operation(method, path, tuple(parameters), media, body, secured, admin, told.get("responses", {}))


def modern(document: dict[str, Any]) -> dict[str, Any]:
    """A document whose schemas say what they say as JSON Schema does: OpenAPI 3.0 and 2.0 have words of their own."""
    if str(document.get("openapi", "")).startswith("3.1"):
        return document
    return dict(_modern(document))


def _modern(node: Any) -> Any:
    if isinstance(node, list):
        return [_modern(one) for one in node]
    if not isinstance(node, dict):
        return node
    told = {key: _modern(value) for key, value in node.items()}
    for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(told.get(exclusive), bool) and (limit in told or not told[exclusive]):
            strict = told.pop(exclusive)
            if strict:
                told[exclusive] = told.pop(limit)
    if told.get("nullable", told.get("x-nullable")) is True:
        told = {key: value for key, value in told.items() if key not in ("nullable", "x-nullable")}
        if isinstance(told.get("type"), str):
            told["type"] = [told["type"], "null"]
            if isinstance(told.get("enum"), list):
                told["enum"] = [*told["enum"], None]
        elif told:
            told = {"anyOf": [told, {"type": "null"}]}
    return told


def without_headers(operation: Operation, known_by: set[str]) -> Operation:
    """An operation without parameters that are headers by which people are known: those are no values to try."""
    kept = tuple(one for one in operation.parameters if one.location != "header" or one.name.lower() not in known_by)
    return replace(operation, parameters=kept)


def from_table(row: str | dict[str, Any]) -> Operation:
    """An operation from a row such as ``GET /orders/{id}?status=open``, or a mapping with ``operation``, ``body`` and more."""
    told: dict[str, Any] = {"operation": row} if isinstance(row, str) else dict(row)
    for key in told:
        if key not in ROW:
            raise unknown("entry", str(key), ROW, f"the row {told.get('operation')}")
    match = re.fullmatch(r"([A-Z]+) (/\S*)", str(told.get("operation", "")))
    if not match:
        raise UsageError(f"The row {row!r} names no operation: write it as GET /orders/{{order_id}}.")
    method, (path, _, query) = match[1], match[2].partition("?")
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


def resolved(document: dict[str, Any], node: Any) -> dict[str, Any]:
    """A node of the document with its reference followed; a reference to nowhere is an empty node."""
    for _ in range(20):
        if not isinstance(node, dict) or "$ref" not in node:
            break
        target: Any = document
        for part in str(node["$ref"]).removeprefix("#/").split("/"):
            target = target.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(target, dict) else {}
        node = target
    return node if isinstance(node, dict) else {}


def _simple(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without alternatives: of ``anyOf`` and its like the first that is not null, of ``allOf`` all."""
    schema = resolved(document, schema)
    if parts := schema.get("allOf"):
        every = [_simple(document, one) for one in parts] + [{name: value for name, value in schema.items() if name != "allOf"}]
        inner = {name: told for one in every for name, told in one.get("properties", {}).items()}
        needed = [name for one in every for name in one.get("required", [])]
        together = {name: value for one in every for name, value in one.items()}
        return together | ({"properties": inner, "required": needed} if inner else {})
    for key in ("anyOf", "oneOf"):
        options = [resolved(document, one) for one in schema.get(key, [])]
        chosen = next((one for one in options if one.get("type") != "null"), None)
        if chosen:
            rest = {name: value for name, value in schema.items() if name != key}
            return _simple(document, chosen | rest)
    return schema


def _properties(
    document: dict[str, Any], schema: dict[str, Any], above: tuple[str, ...] = (), *, required: bool = True
) -> Iterator[Parameter]:
    schema = _simple(document, schema)
    if schema.get("type") == "array" and not above:
        yield from _properties(document, schema.get("items", {}), (FIRST,))
    needed = schema.get("required", [])
    for name, told in schema.get("properties", {}).items():
        inner = _simple(document, told)
        pointer = (*above, name)
        always = required and name in needed
        items = _simple(document, inner.get("items", {})) if inner.get("type") == "array" else {}
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


def sample(document: dict[str, Any], schema: dict[str, Any], depth: int = 0) -> Any:  # noqa: PLR0911  # one line a type
    """A value that a schema allows, with what is required and no more; where nothing is, with what has an example."""
    schema = _simple(document, schema)
    for key in ("example", "const", "default"):
        if schema.get(key) is not None:
            return copy.deepcopy(schema[key])
    if isinstance(schema.get("examples"), list) and schema["examples"]:
        return copy.deepcopy(schema["examples"][0])
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = next((one for one in kind if one != "null"), "string") if isinstance(kind, list) else kind
    if kind == "object":
        named = schema.get("properties", {})
        needed = [name for name in schema.get("required", []) if name in named]
        needed = needed or [name for name, told in named.items() if GIVEN & _simple(document, told).keys()]
        return {name: sample(document, named[name], depth + 1) for name in needed} if depth < DEEPEST else {}
    if kind == "array":
        least = schema.get("minItems", 0 if depth else 1)
        return [sample(document, schema.get("items", {}), depth + 1) for _ in range(least)]
    if kind in ("integer", "number"):
        least = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1 if "exclusiveMinimum" in schema else 1)
        return min(max(1, least), schema.get("maximum", max(1, least)))
    if kind == "boolean":
        return False
    return _text(schema)


def _text(schema: dict[str, Any]) -> str:
    formats = {
        "date-time": "2026-01-02T03:04:05Z",
        "date": "2026-01-02",
        "email": "qa@example.com",
        "uuid": "7b0b1c1e-3d7c-4a55-9c2e-0d6a4f1e2b3c",
        "uri": "https://example.com/",
        "url": "https://example.com/",
        "hostname": "example.com",
        "ipv4": "192.0.2.1",
    }
    if "pattern" in schema and (made := _of_pattern(str(schema["pattern"]), schema)):
        return made
    text = formats.get(schema.get("format", ""), "sample")
    return text.ljust(int(schema.get("minLength", 0)), "a")[: int(schema.get("maxLength", 10**6))]


def _of_pattern(pattern: str, schema: dict[str, Any]) -> str:
    """A text that a pattern allows; empty where none is found."""
    import rstr

    maker = rstr.Rstr(random.Random(pattern))  # noqa: S311  # the same one each time
    for _ in range(TRIES):
        try:
            text = str(maker.xeger(pattern))
        except (re.error, ValueError, KeyError, OverflowError):
            return ""
        if schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", 10**6) and text.isprintable():
            return text
    return ""
