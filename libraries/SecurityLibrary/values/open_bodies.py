"""Bodies of which a document says no more than that they are objects: their properties are learned from the system itself.

Other operations of the same resource name some, the object itself shows some, and a refusal names what an empty object lacks.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from SecurityLibrary.description import graphql
from SecurityLibrary.description.operations import InsertableParameter, JSON
from SecurityLibrary.description.protected_properties import GIVEN_BY_ITSELF, MATTERS, OWNERSHIP, PROTECTED
from SecurityLibrary.identities.profiles import ABOUT_ONESELF
from SecurityLibrary.sending.pacing import BudgetError, INVALID
from SecurityLibrary.sending.sender import UnresponsiveError
from SecurityLibrary.values.refused_names import MOST, named_in
from SecurityLibrary.values.usual_values import usual
from theodore_qa.errors import QaError
from theodore_qa.openapi import samples

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan

WRITING = ("POST", "PUT", "PATCH")
ROUNDS = 4  # refusals that are read for more properties
CREDENTIAL = re.compile(r"(?i)pass|pwd|secret|token|user_?name|login|e?-?mail|^name$")


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
        if answer.ok or answer.outcome not in INVALID:
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
