"""The resources of a contract: collections in which objects can be created, and the operations on one object."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from theodore_qa.openapi import samples

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from theodore_qa.openapi import Document, Operation, Parameter

JSON = "application/json"
SIZES = ("limit", "page_size", "pagesize", "per_page", "perpage", "size", "count", "top", "$top", "first", "max_results", "take")
OFFSETS = ("offset", "skip", "$skip", "start")
CURSORS = ("cursor", "page_token", "pagetoken", "after", "starting_after", "continuation", "next_token", "nexttoken", "marker")
PAGES = ("page", "page_number", "pagenumber", "p")
ENVELOPES = ("data", "result", "item", "object", "record", "payload")
_LAST = re.compile(r"^(.*)/\{([^{}/]+)\}$")


@dataclass(frozen=True)
class Resource:
    """One collection with the operations on it and on one of its objects; None where the contract has none.

    An action is a POST below an object where nothing can be read, such as ``POST /orders/{order_id}/cancel``.
    """

    path: str
    variable: str
    create: Operation
    read: Operation
    listing: Operation | None = None
    replace: Operation | None = None
    change: Operation | None = None
    delete: Operation | None = None
    actions: tuple[Operation, ...] = ()

    def __str__(self) -> str:
        return self.path

    @property
    def on_object(self) -> list[Operation]:
        """The operations on one object."""
        return [operation for operation in (self.read, self.replace, self.change, self.delete) if operation]

    def parameter(self, names: Sequence[str]) -> Parameter | None:
        """A query parameter of the listing by one of its usual names."""
        given = self.listing.parameters if self.listing else ()
        known = {parameter.name.lower(): parameter for parameter in given if parameter.location == "query"}
        return next((known[name] for name in names if name in known), None)


def resources(document: Document) -> Iterator[Resource]:
    """Collections with a POST whose objects can be read at ``collection/{variable}``, the outer ones first."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in document.operations:
        by_path.setdefault(operation.path, {})[operation.method] = operation
    for path in sorted(by_path, key=lambda path: path.count("{")):
        match = _LAST.match(path)
        if not match or "GET" not in by_path[path] or "POST" not in by_path.get(match[1], {}):
            continue
        on_object, collection = by_path[path], by_path[match[1]]
        below = (
            found for at, found in by_path.items() if at.startswith(f"{path}/") and not re.search(r"[/{]", at[len(path) + 1 :])
        )
        yield Resource(
            match[1],
            match[2],
            collection["POST"],
            on_object["GET"],
            collection.get("GET"),
            on_object.get("PUT"),
            on_object.get("PATCH"),
            on_object.get("DELETE"),
            tuple(found["POST"] for found in below if "POST" in found and "GET" not in found),
        )


def body_schema(document: Document, operation: Operation) -> dict[str, Any] | None:
    """The simplified schema of an operation's JSON body; None if it takes none."""
    media = next((media for media in operation.bodies if media.endswith(("/json", "+json"))), "")
    return samples.simple(document, operation.bodies[media].schema or {}) if media else None


def answer_properties(document: Document, operation: Operation, variable: str) -> dict[str, dict[str, Any]]:
    """The properties of the object that an operation answers with success, each simplified; an envelope is entered."""
    response = next((found for status in (200, 201) if (found := operation.response(status))), None)
    media = response.media(JSON) if response else None
    whole = samples.simple(document, media.schema) if media and isinstance(media.schema, dict) else {}
    properties = {name: samples.simple(document, own) for name, own in (whole.get("properties") or {}).items()}
    envelope = next((name for name in enveloping(properties, variable) if properties[name].get("properties")), None)
    if envelope is None:
        return properties
    return {name: samples.simple(document, own) for name, own in properties[envelope]["properties"].items()}


def identifying(variable: str) -> tuple[str, ...]:
    """The names that an object's identifier may have, without signs and in small letters, the likeliest first."""
    plain = re.sub(r"[_\-]", "", variable).lower()
    return (plain, "id", "uuid", "guid", f"{plain}id", "key", "name", "slug")


def enveloping(names: Iterable[str], variable: str) -> list[str]:
    """Which of an answer's names may be the envelope of the object: none if the object's identifier stands beside them."""
    plain = {re.sub(r"[_\-]", "", name).lower() for name in names}
    return [] if plain & set(identifying(variable)[:4]) else [name for name in names if name in ENVELOPES]


def changes_by_itself(properties: Mapping[str, dict[str, Any]]) -> bool:
    """Whether objects are jobs: one of their fields has a state such as running, which the system leaves on its own."""
    states = {str(value).lower() for own in properties.values() for value in own.get("enum") or ()}
    return bool(states & {"running", "queued", "pending", "processing", "in_progress", "in-progress"})
