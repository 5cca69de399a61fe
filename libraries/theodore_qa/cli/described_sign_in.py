"""How identities sign in, as far as an OpenAPI document shows it: a request that takes a password and answers with a token."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from theodore_qa.openapi import Document, Operation

PLACE = re.compile(r"(?i)log-?_?in|sign-?_?in|token|auth|session")
OTHERWISE = re.compile(r"(?i)regist|sign-?_?up|reset|forgot|refresh|verif|change|revoke|log-?_?out|otp")
NAME = re.compile(r"(?i)^(?:user_?name|login|e-?_?mail|user|account|name)$")
PASSWORD = re.compile(r"(?i)^pass(?:word|wd|code)?$")
TOKEN = re.compile(r"(?i)token|jwt|^key$")
RENEWAL = re.compile(r"(?i)refresh|type|csrf")
USUAL = {"operation": "POST /login", "username": "username", "password": "password", "token": "access_token"}
COMMENT = """\
    # {who} name and password; two of a role look at each other's objects, an administrator at what is not for everybody.
    # Secrets stand in environment variables, never in this file.
    # identities:
    #   ann: {{username: ann, password_env: ANN_PASSWORD}}
    #   ben: {{username: ben, password_env: BEN_PASSWORD}}
    #   boss: {{username: boss, password_env: BOSS_PASSWORD, role: admin}}
    # sign_in: {{{way}}}
"""
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def found(document: Document) -> dict[str, str]:
    """The entries of ``sign_in``; empty where no operation takes a name and a password and is called as a sign-in."""
    for operation in document.operations:
        if operation.method != "POST" or not PLACE.search(operation.path) or OTHERWISE.search(operation.path):
            continue
        for media, body in operation.bodies.items():
            fields = _fields(document, body.schema)
            name = next(filter(NAME.search, fields), None)
            password = next(filter(PASSWORD.search, fields), None)
            if name and password and media in (FORM, JSON):
                how = {"operation": operation.label} | ({"media": media} if media == FORM else {})
                return how | {"username": name, "password": password} | _token(document, operation)
    return {}


def comment(sign_in: dict[str, str], *, beside: bool) -> str:
    """Lines for an environment file, to be filled in; ``beside`` says that the file has other identities already."""
    way = ", ".join(f"{key}: {value}" for key, value in (sign_in or USUAL).items())
    return COMMENT.format(who="Or who uses it by" if beside else "Who uses it, by", way=way)


def _token(document: Document, operation: Operation) -> dict[str, str]:
    """Where the answer holds the token; empty where the document does not show it."""
    for status, response in operation.responses.items():
        for media in response.content.values() if status.startswith("2") else ():
            for path in _paths(document, media.schema):
                last = path.rpartition(".")[2]
                if TOKEN.search(last) and not RENEWAL.search(last):
                    return {"token": path}
    return {}


def _fields(document: Document, schema: Any) -> dict[str, Any]:
    """The properties of an object, those of the schemas that it is put together of too."""
    resolved = document.resolved(schema)
    if not isinstance(resolved, dict):
        return {}
    fields = dict(resolved["properties"]) if isinstance(resolved.get("properties"), dict) else {}
    parts = resolved.get("allOf")
    for part in parts if isinstance(parts, list) else ():
        fields |= _fields(document, part)
    return fields


def _paths(document: Document, schema: Any) -> list[str]:
    """The properties of an answer, and those of the objects in it."""
    paths = []
    for name, inner in _fields(document, schema).items():
        paths += [name, *(f"{name}.{below}" for below in _fields(document, inner))]
    return paths
