"""Objects as an API gives them: their identifiers, their fields, the items of a list, and bodies with values of their own."""

from __future__ import annotations

import re
import secrets
import uuid
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from ApiLibrary.consistency.resources import enveloping, identifying
from theodore_qa.openapi import samples

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ApiLibrary.consistency.resources import Resource
    from theodore_qa.openapi import Document
    from theodore_qa.systems.exchange import Exchange

TOTALS = ("total", "total_count", "totalcount", "total_items", "totalitems", "count", "total_results", "totalresults")
FAR = 2_000_000_000  # a number that no identifier has come to


def fields(answer: Exchange, variable: str) -> dict[str, Any]:
    """The object that an answer holds, out of its envelope."""
    body = answer.body
    if isinstance(body, dict):
        inner = next((body[name] for name in enveloping(body, variable) if isinstance(body[name], dict)), None)
        return dict(inner if inner is not None else body)
    return {}


def identifier(found: Mapping[str, Any], variable: str, answer: Exchange | None = None) -> str:
    """The identifier of an object, by the name of the variable of its path, ``id`` and their like, or by Location; or empty."""
    plain = {re.sub(r"[_\-]", "", name).lower(): value for name, value in found.items()}
    for name in identifying(variable):
        value = plain.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return str(value)
    location = answer.headers.get("location", "") if answer else ""
    return urlsplit(location).path.rstrip("/").rpartition("/")[2]


def items(answer: Exchange) -> list[dict[str, Any]] | None:
    """The objects of a list; None if the answer holds no list of objects."""
    body = answer.body
    if isinstance(body, dict) and isinstance(body.get("data"), dict):
        body = body["data"]
    if isinstance(body, list):
        return [item for item in body if isinstance(item, dict)] if all(isinstance(item, dict) for item in body) else None
    lists = [value for value in body.values() if isinstance(value, list)] if isinstance(body, dict) else []
    objects = [value for value in lists if all(isinstance(item, dict) for item in value)]
    return max(objects, key=len) if objects else None


def total(answer: Exchange) -> int | None:
    """The number of all objects that a list says there are; None if it says none."""
    body = answer.body if isinstance(answer.body, dict) else {}
    holders = [body, *(value for value in body.values() if isinstance(value, dict))]
    for holder in holders:
        for name, value in holder.items():
            if name.lower() in TOTALS and isinstance(value, int) and not isinstance(value, bool):
                return value
    return None


def unknown_identifier(document: Document, resource: Resource) -> str:
    """An identifier of the form that a resource has, which no object has."""
    given = {parameter.name: parameter.schema for parameter in resource.read.parameters if parameter.location == "path"}
    schema = samples.simple(document, given.get(resource.variable) or {})
    if schema.get("type") == "integer":
        return str(min(int(schema.get("maximum", FAR)), FAR))
    return str(uuid.uuid4()) if schema.get("format") == "uuid" else f"qa-{secrets.token_hex(8)}"
