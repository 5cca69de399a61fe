"""The operations of an API and what can be put into each, from an OpenAPI document or from a table."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, TYPE_CHECKING
from urllib.parse import parse_qsl

from SecurityLibrary.description import xml_texts
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
IDENTIFIER = re.compile(r"([A-Za-z]\w*?)(?:[_-](?i:id|uuid|guid)|I[dD]|U[uU][iI][dD])s?")
ENVELOPES = (
    "data",
    "attributes",
    "relationships",
    "filter",
    "variables",
    "params",
    "input",
    "[]",
)  # around what is meant, as JSON:API and GraphQL have them
FIRST = "[]"  # in a pointer: the first item of a list
# An operation of such a name ends sessions or stops the service, the scan's own included.
DISRUPTIVE = re.compile(
    r"log-?out|sign-?out|revoke|restart|shutdown|/refresh",
    re.IGNORECASE,
)
# Names of what makes, fills or empties all data of a system anew.
RESETS = re.compile(
    r"(?i)[/_-](?:(?:re)?(?:create|init(?:ialize)?|load|fill|seed|build|clear|empty|drop|truncate|wipe|purge|reset|restore|migrate|setup)"
    r"[-_]?(?:(?:the|all)[-_]?)?(?:db|databases?|schemas?|tables?|(?:test|demo|sample|dummy)?[-_]?data|fixtures?|defaults?)"
    r"|populate(?:[-_]?\w*)?|drop[-_]?all|factory[-_]?reset|start[-_]?over)/?$"
)
CHANGES_PASSWORD = re.compile(
    r"(?i)(change|update|set|reset)[-_/]?password|password[-_/]?(change|update|reset)|/password/?$"
)  # but for its page
NEW_PASSWORD = re.compile(r"(?i)passw|pwd|^new|new$")  # in an address that is only read, and changes something for all that
ADDRESSED, DECISIVE = re.compile(r"(?i)mail|user|login"), re.compile(r"(?i)password|token|code|otp")
REMOVING = re.compile(r"(?i)\s*mutation[^{]*\{\s*(\w+\s*:\s*)?(delete|remove|destroy|purge)")  # a query of GraphQL
REMOVALS = {"delete", "remove", "destroy", "purge", "erase", "discard", "drop"}  # words of a call's name
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
REMOVES_WHAT_IS_SENT = re.compile(r"(?i)[^}]/(?:bulk[-_]?)?(?:delete|destroy|discard|erase|purge|remove)(?:[-_]?\w+)?/?$")
TAKES_AWAY = re.compile(r"(?i)\}/(?:delete|destroy|discard|erase|purge|remove|withdraw)/?$")  # the object that a path names
NAMED = re.compile(r"(?i)(?:^|[._])(?:id|uuid|key|number|slug)$|[a-z](?:Id|Uuid|ID)$")
KEPT = re.compile(r"(?i)user|account|member|customer|person|profile|session|token|key|device|me$|self")  # not removed for a trial
ITS_OWN = re.compile(r"/(sessions?|tokens?)(/[^/]+)?/?$|/(me|self|account|profile)/?$", re.IGNORECASE)
ADMINISTRATIVE = "/admin"  # part of the path of what is for administrators, where nothing else is said
ROW = ("operation", "query", "header", "cookie", "body", "form", "media", "public", "admin")


@dataclass(frozen=True)
class InsertableParameter:
    """A parameter that takes a payload: ``location`` is path, query, header, cookie or body, ``pointer`` the path in the body."""

    name: str
    location: str
    pointer: tuple[str, ...] = ()
    schema: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)
    required: bool = False

    @property
    def kind(self) -> str:
        """The JSON type of its value; ``string`` where the document does not say."""
        kind = self.schema.get("type", "string")
        return str(next((kind_name for kind_name in kind if kind_name != "null"), "string") if isinstance(kind, list) else kind)

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
class ScanOperation:
    """One method on one path; what follows a ``#`` tells queries apart that are sent to one path, as GraphQL's are."""

    method: str
    path: str
    parameters: tuple[InsertableParameter, ...] = ()
    media: str | None = None
    body: Any = None
    secured: bool | None = None
    admin: bool = False
    problems: tuple[str, ...] = ()  # what of its description is not understood
    root: str = "document"  # what the outermost element is called where it takes XML

    @property
    def safe(self) -> bool:
        """Whether its method promises to change nothing."""
        return self.method in SAFE

    @property
    def route(self) -> str:
        """Its path as it is sent."""
        return self.path.partition("#")[0]

    @property
    def last(self) -> InsertableParameter | None:
        """The last parameter of its path, which names what it is about; None where the path has none."""
        return next((parameter for parameter in reversed(self.parameters) if parameter.location == "path"), None)

    @property
    def takes_json(self) -> bool:
        """Whether its body is JSON, of whatever kind."""
        return is_json(self.media or "")

    @property
    def takes_form(self) -> bool:
        """Whether its body is a form, with files or without."""
        return (self.media or "").startswith((FORM, MULTIPART))

    @property
    def disruptive(self) -> bool:
        """Whether it would end the scan's own session, stop the service or change a password."""
        takes = " ".join(parameter.name for parameter in self.parameters)
        asks_for_mail = ADDRESSED.search(takes) and not DECISIVE.search(takes)  # who has forgotten a password is sent something
        in_query = any(each.location == "query" and NEW_PASSWORD.search(each.name) for each in self.parameters)
        ends = bool(DISRUPTIVE.search(self.path)) or (not self.safe and bool(CHANGES_PASSWORD.search(self.path)))
        ends = ends or (self.safe and in_query and bool(CHANGES_PASSWORD.search(self.path)))
        taken_away = ends and not (self.method == "POST" and asks_for_mail)
        removes = self._removes_by_name and self.removed is None
        return taken_away or removes or (self.method == "DELETE" and bool(ITS_OWN.search(self.path)))

    @property
    def resets(self) -> bool:
        """Whether it makes, fills or empties all data of the system anew, by its name."""
        return "{" not in self.route and RESETS.search(self.route) is not None

    @property
    def takes_away(self) -> bool:
        """Whether it removes the object that its path names, by its method or, as forms do, by the last word of its path."""
        return self.method == "DELETE" or (self.method == "POST" and bool(TAKES_AWAY.search(self.route)))

    @property
    def _removes_by_name(self) -> bool:
        """Whether it is a mutation of GraphQL, or a call of JSON-RPC, that removes something, by its name."""
        body = self.body if isinstance(self.body, dict) and "#" in self.path else {}
        words = {word.lower() for word in WORDS.findall(str(body.get("method", "")))}
        return bool(REMOVING.match(str(body.get("query", "")))) or ("jsonrpc" in body and not words.isdisjoint(REMOVALS))

    @property
    def removed(self) -> InsertableParameter | None:
        """What names the object that is removed, as the end of a path does for DELETE; None where nothing does.

        It is a variable of GraphQL, a parameter of a call, or a property of what is sent to a path such as ``/orders/delete``.
        """
        if self._removes_by_name:
            above, kept = ("variables", "params"), self.path.partition("#")[2]
            places = [each for each in self.parameters if each.pointer[:1] and each.pointer[0] in above]
        elif self.method == "POST" and "#" not in self.path and REMOVES_WHAT_IS_SENT.search(self.route):
            kept, places = self.route, [each for each in self.parameters if each.location in ("body", "query")]
        else:
            return None
        return None if KEPT.search(kept) else next((each for each in places if NAMED.search(each.name)), None)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def __hash__(self) -> int:
        return hash((self.method, self.path))


def is_json(media: str) -> bool:
    """Whether a media type is JSON or one of its kinds, such as application/vnd.api+json."""
    return media.partition(";")[0].strip().endswith(("/json", "+json"))


def from_contract(contract: Contract) -> list[ScanOperation]:
    """The operations of a system's OpenAPI document, with all places for values in each."""
    return [_operation(contract, operation) for operation in contract.needed.operations]


def _operation(contract: Contract, described: openapi.Operation) -> ScanOperation:
    document = contract.needed
    parameters = [
        InsertableParameter(parameter.name, parameter.location, (), _with_example(document, parameter), parameter.required)
        for parameter in described.parameters
        if parameter.location in ("path", "query", "header", "cookie")
    ]
    media, body, root = None, None, ScanOperation.root
    if described.bodies:
        known = (JSON, *filter(is_json, described.bodies), FORM, XML, "text/xml", MULTIPART)
        media = next((kind for kind in known if kind in described.bodies), next(iter(described.bodies)))
        given = described.bodies[media]
        schema = given.schema if given.schema is not None else {}
        body = given.example if given.example is not None else samples.sample(document, schema)
        root = str((samples.simple(document, schema).get("xml") or {}).get("name") or root) if schema else root
        parameters += [each for parameter in _properties(document, schema) for each in _with_example_properties(parameter, body)]
    security = described.security
    secured = None if security is None else bool(security) and {} not in security
    admin = bool(described.raw.get("x-admin"))
    path = contract.full(described.path)
    problems = tuple(map(str, described.problems))
    return ScanOperation(described.method, path, tuple(parameters), media, body, secured, admin, problems, root)


def _with_example(document: Document, parameter: openapi.Parameter) -> dict[str, Any]:
    schema = samples.simple(document, parameter.schema) if parameter.schema else {}
    return schema | ({"example": parameter.example} if parameter.example is not None else {})


def without_headers(operation: ScanOperation, known_by: set[str]) -> ScanOperation:
    """An operation without the headers that carry credentials: those are no insertion points."""
    kept = tuple(
        parameter
        for parameter in operation.parameters
        if parameter.location != "header" or parameter.name.lower() not in known_by
    )
    return replace(operation, parameters=kept)


def from_table(row: str | dict[str, Any], system: System | None = None) -> ScanOperation:
    """An operation of a system from a row such as ``GET /orders/{id}?status=open``, or a mapping.

    docs/ENVIRONMENT_FILE.md#operations has the entries of a mapping.
    """
    entries: dict[str, Any] = {"operation": row} if isinstance(row, str) else dict(row)
    for key in entries:
        if key not in ROW:
            raise unknown("entry", str(key), ROW, f"the row {entries.get('operation')}")
    match = re.fullmatch(r"([A-Z]+) (/\S*)", str(entries.get("operation", "")))
    if not match:
        raise UsageError(f"The row {row!r} names no operation: write it as GET /orders/{{order_id}}.")
    method, (path, _, query) = match[1], match[2].partition("?")
    path = system.full(path) if system else path
    parameters = [InsertableParameter(name, "path", required=True) for name in re.findall(r"\{(\w+)\}", path)]
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters.append(InsertableParameter(name, "query", schema=_example_schema(value), required=True))
    for location in ("query", "header", "cookie"):
        given: dict[str, Any] = dict(entries.get(location, {}))
        as_sent = {name: value if isinstance(value, list | dict) else _as_text(value) for name, value in given.items()}
        parameters += [
            InsertableParameter(name, location, schema=_example_schema(value), required=True) for name, value in as_sent.items()
        ]
    body = entries.get("body", entries.get("form"))
    media = entries.get("media", FORM if "form" in entries else JSON if body is not None else None)
    if isinstance(body, dict | list):
        parameters += [
            InsertableParameter(_named(pointer), "body", pointer, _example_schema(value), required=True)
            for pointer, value in _leaves(body)
            if not (isinstance(body, dict) and "jsonrpc" in body and (pointer[:1] != ("params",) or pointer == ("params",)))
        ]
    if isinstance(body, str) and (media or "").endswith("xml"):
        parameters += [
            InsertableParameter(name, "body", pointer, _example_schema(value), required=True)
            for name, pointer, value in xml_texts.places(body)
        ]
    secured = not entries.get("public")
    return ScanOperation(method, path, tuple(parameters), media, body, secured, bool(entries.get("admin")))


def _as_text(value: Any) -> str:
    """A value as an address or a header has it: a number there is a text, and may be another one."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _example_schema(value: Any) -> dict[str, Any]:
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


def _properties(
    document: Document, schema: Any, above: tuple[str, ...] = (), *, required: bool = True
) -> Iterator[InsertableParameter]:
    schema = samples.simple(document, schema)
    if schema.get("type") == "array" and not above:
        yield from _properties(document, schema.get("items", {}), (FIRST,))
    needed = schema.get("required", [])
    for name, described in schema.get("properties", {}).items():
        inner = samples.simple(document, described)
        if inner.get("readOnly"):  # it is in answers only, whether it is required or not
            continue
        pointer = (*above, name)
        always = required and name in needed
        items = samples.simple(document, inner.get("items", {})) if inner.get("type") == "array" else {}
        if inner.get("properties") and len(pointer) < DEEPEST:
            yield from _properties(document, inner, pointer, required=always)
        elif items.get("properties") and len(pointer) < DEEPEST:
            yield from _properties(document, items, (*pointer, FIRST), required=always and bool(inner.get("minItems")))
        else:
            yield InsertableParameter(_named(pointer), "body", pointer, inner | ({"items": items} if items else {}), always)


def _with_example_properties(parameter: InsertableParameter, body: Any) -> Iterator[InsertableParameter]:
    """A parameter, or in place of an object whose properties the schema does not name those that an example of it has."""
    inner = body
    for part in parameter.pointer:
        inner = inner.get(part) if isinstance(inner, dict) else None
    named = isinstance(inner, dict) and bool(inner)
    own = (parameter.schema.get("example"), *parameter.schema.get("examples", ()), parameter.schema.get("default"))
    inner = next((each for each in (inner, *own) if isinstance(each, dict) and each), None)  # the body may lack what is optional
    if parameter.kind != "object" or inner is None:
        yield parameter
        return
    for below, value in _leaves(inner):
        pointer = (*parameter.pointer, *below)
        yield InsertableParameter(_named(pointer), "body", pointer, _example_schema(value), required=named or parameter.required)
