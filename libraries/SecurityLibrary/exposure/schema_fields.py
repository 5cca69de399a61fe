"""Fields of a GraphQL schema that no query of the description asks for, whose names say that they are secret or private."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description import graphql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan

INNERMOST = re.compile(r"\{([^{}()]*)\}")
SCHEMA = "{__schema{types{name kind fields{name args{name} type{kind name ofType{kind name}}}}}}"
SUGGESTED = re.compile(r"(?i)did you mean (.{1,200})")
QUOTED = re.compile(r"[\"'`](\w+)[\"'`]")
# Asked for where the schema is not revealed; those that are spelt wrong on purpose bring what they are mistaken for.
USUAL = (
    "password", "passwordHash", "passwordDigest", "hash", "digest", "salt", "secret", "token", "apiKey", "resetToken",
    "recoveryCode", "pin", "ssn", "iban", "salary", "email", "phone", "internalNotes", "mfaSecret",
)  # fmt: skip
MISSPELT = ("passwrd", "passwordHsh", "secrt", "tokn", "emal", "salry", "ibn", "internalNots")
MOST = 24


def names(scan: Scan, operation: ScanOperation, matters: Callable[[str], bool]) -> list[str]:
    """The names of fields that may be there and that matter: by the schema, or else usual ones and those that errors suggest."""
    query = str(operation.body.get("query", "")) if isinstance(operation.body, dict) else ""
    asked_for = set(re.findall(r"\w+", query))
    identity = scan.plan.identity_for(operation)
    schema = scan.sender.send(operation, identity, body=json.dumps({"query": SCHEMA}).encode())
    known = list(_scalars(schema.body)) if schema.ok else []
    if not known:
        known = [*USUAL, *(name for word in MISSPELT for name in _suggested(scan, operation, word))]
    return [name for name in dict.fromkeys(known) if name not in asked_for and matters(name)][:MOST]


def asking(operation: ScanOperation, name: str) -> Iterator[ScanOperation]:
    """An operation that asks for one more field, in each of its selections that hold no other."""
    query = str(operation.body["query"])
    for match in list(INNERMOST.finditer(query))[:2]:
        extended = f"{query[: match.end(1)]} {name}{query[match.end(1) :]}"
        yield replace(operation, body=operation.body | {"query": extended})


def applies(operation: ScanOperation) -> bool:
    """Whether an operation is a query that chooses fields."""
    body = operation.body if isinstance(operation.body, dict) else {}
    return "#" in operation.path and graphql.reads(operation) and bool(INNERMOST.search(str(body.get("query", ""))))


def _suggested(scan: Scan, operation: ScanOperation, word: str) -> list[str]:
    """What an error takes a misspelt field for."""
    for extended in asking(operation, word):
        answer = scan.sender.send(extended, scan.plan.identity_for(operation))
        if match := SUGGESTED.search(answer.text.replace('\\"', '"')):
            return QUOTED.findall(match[1])
    return []


def _scalars(body: Any) -> Iterator[str]:
    """The names of the fields of all types that hold no objects and need no argument."""
    schema = ((body.get("data") or {}) if isinstance(body, dict) else {}).get("__schema")
    for kind in (schema.get("types") or []) if isinstance(schema, dict) else []:
        fields = kind.get("fields") if isinstance(kind, dict) and not str(kind.get("name")).startswith("__") else None
        for field in fields or []:
            inner = field.get("type") or {}
            while isinstance(inner.get("ofType"), dict):
                inner = inner["ofType"]
            if inner.get("kind") in ("SCALAR", "ENUM", "NON_NULL", "LIST") and not field.get("args"):
                yield str(field.get("name"))
