"""Bodies of which a document says no more than that they are objects: their properties are learned from the system itself.

Other operations of the same resource name some, the object itself shows some, and a refusal names what an empty object lacks.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, TYPE_CHECKING

from SecurityLibrary import graphql
from SecurityLibrary.operations import InsertableParameter, JSON
from SecurityLibrary.pacing import BudgetError, INVALID
from SecurityLibrary.profiles import ABOUT_ONESELF
from SecurityLibrary.protected_properties import GIVEN_BY_ITSELF, MATTERS, OWNERSHIP, PROTECTED
from SecurityLibrary.sender import UnresponsiveError
from SecurityLibrary.usual_values import usual
from theodore_qa.errors import QaError
from theodore_qa.openapi import samples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.operations import ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

WRITING = ("POST", "PUT", "PATCH")
MOST, ROUNDS = 12, 4  # properties, and refusals that are read for more of them
NAME = re.compile(r"[A-Za-z_][\w-]{1,39}")
CREDENTIAL = re.compile(r"(?i)pass|pwd|secret|token|user_?name|login|e?-?mail|^name$")
DOTTED = re.compile(rf"{NAME.pattern}(?:\.{NAME.pattern}){{0,3}}")
QUOTED = re.compile(r"[\"'`\u201c\u2018]([A-Za-z_][\w.-]{1,39})[\"'`\u201d\u2019]")
# What stands before or behind the name of a property in a refusal.
LACKING = re.compile(
    r"(?i)(?:missing|required|invalid|provide|expected|needs?|specify|field|property|parameter|param|attribute|key)s?"
    r"(?:\s+(?:a|an|the|valid|required|field|property|parameter|is|are|value|for))*[\s:]+([A-Za-z_][\w.-]{1,39})"
    r"|\b([A-Za-z_][\w.-]{1,39})\s+(?:is|are|must|should|can(?:not|'t)|has to|may not|was not)\b"
)
FIELDS = re.compile(
    r"(?i)^(?:fields?|params?|parameters?|propert(?:y|ies)|path|loc|location|pointer|source|attributes?|keys?|missing)$"
)
ERRORS = re.compile(r"(?i)^errors?$|^details?$|violations|problems|issues")
NO_NAMES = frozenset(
    ("a", "an", "the", "it", "this", "that", "there", "which", "what", "value", "values", "field", "fields", "body",
     "json", "object", "request", "input", "data", "payload", "error", "errors", "message", "detail", "details", "invalid",
     "missing", "required", "is", "are", "be", "must", "should", "not", "valid", "string", "number", "integer", "boolean",
     "array", "null", "none", "undefined", "empty", "and", "or", "for", "with", "of", "in", "to", "type", "expected",
     "property", "properties", "parameter", "parameters", "please", "you", "one", "at", "least", "content", "syntax",
     "format", "schema", "bad", "status", "code", "user")
)  # fmt: skip


def learn(scan: Scan) -> None:
    """Give operations whose body is an object of nothing known the properties that it may have; once in a scan.

    What makes objects comes first: the others are called by the identifiers of these.
    """
    made_first = sorted(enumerate(scan.target.operations), key=lambda each: each[1].route.count("{"))
    for number, operation in made_first:
        if not is_open(operation) or operation in scan.open_bodies or scan.plan.skip_reason(operation):
            continue
        scan.open_bodies.add(operation)
        try:
            learned = _learned(scan, operation)
        except (BudgetError, UnresponsiveError):
            raise
        except QaError:
            continue
        if learned is not operation:
            scan.target.operations[number] = learned
            scan.sender.operations[:] = [learned if each == operation else each for each in scan.sender.operations]


def is_open(operation: ScanOperation) -> bool:
    """Whether a body is an object of which no property is known; one that changes an object and has none described counts too."""
    if operation.method not in WRITING or "#" in operation.path or operation in graphql.endpoints([operation]).values():
        return False
    if any(parameter.location == "body" for parameter in operation.parameters):
        return False
    return (operation.takes_json and operation.body in ({}, None)) or (operation.media is None and operation.method != "POST")


def _learned(scan: Scan, operation: ScanOperation) -> ScanOperation:
    """The operation with the properties that others name; those that a refusal names are required."""
    identity = scan.plan.served_identity(operation)
    known = _of_others(scan, operation) | _of_the_object(scan, operation)
    bare = replace(operation, media=operation.media or JSON, body={})
    answer = scan.sender.send(bare, identity)
    if answer.ok and operation.media is None:
        return operation  # it needs no body
    required: set[str] = set()
    for _ in range(ROUNDS):
        if answer.ok or answer.status not in INVALID:
            break
        lacking = [name for name in named_in(answer) if name not in required]
        if not lacking:
            break
        if any(_signs_in(operation, name) for name in lacking):
            return operation
        for name in lacking:
            known.setdefault(name, InsertableParameter(name, "body", tuple(name.split(".")), {"type": "string"}))
        required |= set(lacking)
        answer = scan.sender.send(_with(scan, bare, known, required), identity)
    if not known:
        return operation
    if not answer.ok and not required:  # it does not say what it lacks
        required = {name for name, parameter in known.items() if parameter.required} or set(known)
    return _with(scan, bare, known, required)


def _with(scan: Scan, operation: ScanOperation, known: dict[str, InsertableParameter], required: set[str]) -> ScanOperation:
    """An operation that takes some properties, those that are required with usual values."""

    def valued(parameter: InsertableParameter) -> InsertableParameter:
        needed = parameter.name in required
        sampled = samples.sample(scan.target.document, parameter.schema)
        value = usual(parameter, sampled)
        schema = parameter.schema if value == sampled else parameter.schema | {"example": value}
        return replace(parameter, schema=schema, required=needed)

    return replace(operation, parameters=(*operation.parameters, *map(valued, list(known.values())[:MOST])))


def _of_others(scan: Scan, operation: ScanOperation) -> dict[str, InsertableParameter]:
    """Properties of other operations of the same resource: at its path, above it and beside it."""
    found: dict[str, InsertableParameter] = {}
    for other in sorted(scan.target.operations, key=lambda each: _distance(operation, each)):
        if other is operation or other.method not in WRITING or _distance(operation, other) > 1:
            continue
        for parameter in other.parameters:
            if parameter.location == "body" and len(parameter.pointer) == 1 and not _signs_in(operation, parameter.name):
                found.setdefault(parameter.name, parameter)
    return found


def _distance(operation: ScanOperation, other: ScanOperation) -> int:
    """How far two operations are apart: 0 for one object or collection, 1 for verbs beside each other, else 2."""
    own, theirs = _resource(operation), _resource(other)
    if own == theirs:
        return 0
    beside = own.rpartition("/")[0] == theirs.rpartition("/")[0] and own.count("/") > 2  # noqa: PLR2004  # below a resource
    return 1 if beside else 2


def _resource(operation: ScanOperation) -> str:
    """The collection that an operation is about: its path without the object at its end."""
    return re.sub(r"/\{[^/]+\}$", "", operation.route.rstrip("/"))


def _of_the_object(scan: Scan, operation: ScanOperation) -> dict[str, InsertableParameter]:
    """Properties that the object shows which is changed, but for what protects something or is given by itself."""
    read = next(
        (
            each
            for each in scan.plan.operations
            if each.method == "GET" and each.route.rstrip("/") == operation.route.rstrip("/") and operation.method != "POST"
        ),
        None,
    )
    answer = scan.sender.send(read, scan.plan.served_identity(read)) if read else None
    body = answer.body if answer is not None and answer.ok else None
    if isinstance(body, dict) and len(inner := [value for value in body.values() if isinstance(value, dict)]) == len(body) == 1:
        body = inner[0]  # an envelope
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return {
        name: InsertableParameter(name, "body", (name,), {"type": kinds[type(value)], "example": value})
        for name, value in (body.items() if isinstance(body, dict) else ())
        if type(value) in kinds and not _protects(name) and not _signs_in(operation, name)
    }


def _signs_in(operation: ScanOperation, name: str) -> bool:
    """Whether a property may be what the account signs in by which an operation changes: the scan may stand on it."""
    changes = operation.method != "POST" or ABOUT_ONESELF.search(operation.path) is not None
    return changes and CREDENTIAL.search(name) is not None


def _protects(name: str) -> bool:
    """Whether a property is given by the system, or its change is an attack of its own."""
    return bool(GIVEN_BY_ITSELF.search(name) or MATTERS.search(name) or OWNERSHIP.search(name)) or name in PROTECTED


def named_in(answer: Exchange) -> list[str]:
    """The properties that a refusal names, by its fields or by its text."""
    found = [name for name in _named(answer.body) if DOTTED.fullmatch(name)]
    texts = [answer.text] if answer.body is None else [text for text in _texts(answer.body) if len(text) < 500]  # noqa: PLR2004
    for text in () if found else texts:
        found += QUOTED.findall(text)
        found += [first or second for first, second in LACKING.findall(text)]
    plain = dict.fromkeys(re.sub(r"^(?:body|json|data\.attributes|request)\.", "", name.strip("-.")) for name in found)
    named = [name for name in plain if DOTTED.fullmatch(name) and name.lower() not in NO_NAMES]
    return [name for name in named if not any(other.startswith(f"{name}.") for other in named)][:MOST]


def _named(body: Any, *, within: bool = False) -> Iterator[str]:
    """The names that stand in the fields of a refusal, and the keys of its errors."""
    if isinstance(body, list):
        for item in body:
            if within and isinstance(item, str):
                yield item
            else:
                yield from _named(item, within=within)
    elif isinstance(body, dict):
        for key, value in body.items():
            if FIELDS.match(str(key)):
                parts = [part for part in value if isinstance(part, str)] if isinstance(value, list) else [value]
                # a location such as ["body", "title"] names one property, a list of fields several
                at_end = parts[-1:] if parts[:1] in (["body"], ["json"], ["data"]) else parts
                yield from (str(part).lstrip("/").replace("/", ".") for part in at_end if isinstance(part, str))
                yield from _named(value)
            elif ERRORS.match(str(key)) and isinstance(value, dict) and not any(FIELDS.match(str(name)) for name in value):
                yield from (str(name) for name in value if NAME.fullmatch(str(name)))
            else:
                yield from _named(value)


def _texts(body: Any) -> Iterator[str]:
    if isinstance(body, str):
        yield body
    for value in body.values() if isinstance(body, dict) else body if isinstance(body, list) else ():
        yield from _texts(value)
