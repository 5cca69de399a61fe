"""Who acts on the objects of one resource: sends its requests, makes objects, and reads lists."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from ApiLibrary import operations
from ApiLibrary.consistency import bodies, lists, objects
from ApiLibrary.consistency.resources import answer_properties, changes_by_itself
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ApiLibrary.consistency.resources import Resource
    from theodore_qa.openapi import Operation
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity
    from theodore_qa.systems.system import System

SUCCESS = range(200, 300)
INVALID = (400, 422)


@dataclass
class Made:
    """An object that we created: its identifier, the text that is its own, what was sent, when, and what the answer was."""

    id: str
    mark: str
    sent: dict[str, Any]
    began: dt.datetime
    answered: dict[str, Any] = field(default_factory=dict)
    location: str = ""
    known: dict[str, Any] = field(default_factory=dict)


class NoObjectError(NotEvaluatedError):
    """No object of a resource could be created."""


class Actor:
    """Sends the requests of one resource, as its owner or as somebody else; what it makes it deletes in the end."""

    def __init__(
        self,
        system: System,
        resource: Resource,
        caller: Identity | None,
        other: Identity | None,
        ignored: Collection[str] = (),
        values: Mapping[str, Any] | None = None,
    ) -> None:
        self.system, self.resource, self.caller, self.other = system, resource, caller, other
        self.ignored = set(ignored)
        self.document = system.contract.needed
        self.values = operations.good_values(system) | dict(values or {})
        self.answered = answer_properties(self.document, resource.read, resource.variable)
        self.moves = changes_by_itself(self.answered)
        self.sent: set[str] = set()
        self.made: list[tuple[Made, bool]] = []
        self._tags: dict[str, str] = {}

    def may(self, operation: Operation | None) -> bool:
        """Whether there is such an operation, and the description lets it be sent."""
        return operation is not None and not operations.not_sent(self.system, operation)

    def send(
        self, operation: Operation | None, identifier: str = "", body: Any = None, query: str = "", *, other: bool = False
    ) -> Exchange:
        """Send an operation on the collection, or on an object; the version of the object goes along where it is asked for."""
        if operation is None:
            raise NoObjectError("the contract has no such operation")
        known = self.values | ({self.resource.variable: identifier} if identifier else {})
        path = operations.synthetic_path(self.system.contract, operation, known) + query
        wants = any(item.location == "header" and item.name.lower() == "if-match" for item in operation.parameters)
        headers = {"If-Match": self._tags.get(identifier, "*")} if wants else None
        answer = self.system.request(
            operation.method, path, json_body=body, identity=self.other if other else self.caller, headers=headers
        )
        if identifier and "etag" in answer.headers:
            self._tags[identifier] = answer.headers["etag"]
        return answer

    def read(self, identifier: str, *, other: bool = False) -> Exchange:
        """Read one object."""
        return self.send(self.resource.read, identifier, other=other)

    def at(self, address: str, *, other: bool = False) -> Exchange:
        """What stands at an address of the system that an answer gave."""
        parts = urlsplit(address)
        path = parts.path.removeprefix(self.system.prefix.rstrip("/")) + (f"?{parts.query}" if parts.query else "")
        return self.system.request("GET", path, identity=self.other if other else self.caller)

    def object(self, identifier: str) -> dict[str, Any]:
        """The fields of one object now."""
        return objects.fields(self.read(identifier), self.resource.variable)

    def create(self, nth: int, *, other: bool = False, body: dict[str, Any] | None = None) -> Made:
        """Make an object; where the system refuses special texts, one with plain texts, and then one with usual numbers.

        Raises:
            NoObjectError: none could be made.
        """
        operation = self.resource.create
        if reason := operations.not_sent(self.system, operation):
            raise NoObjectError(f"{operation.label} is skipped: {reason}")
        mark, began = bodies.new_mark(), dt.datetime.now(dt.UTC)
        given = body or bodies.body(self.document, operation, self.values, mark, nth)
        answer = self.send(operation, body=given, other=other)
        for usual in (False, True) if body is None else ():
            if answer.status in INVALID:
                given = bodies.body(self.document, operation, self.values, mark, nth, plain=True, usual=usual)
                answer = self.send(operation, body=given, other=other)
        found = objects.fields(answer, self.resource.variable)
        identifier = objects.identifier(found, self.resource.variable, answer)
        if answer.status not in SUCCESS or not identifier:
            lacking = "" if answer.status not in SUCCESS else " without an identifier"
            raise NoObjectError(f"{operation.label} answered {answer.status}{lacking}")
        self.sent |= set(given or {})
        made = Made(identifier, mark, given or {}, began, found, answer.headers.get("location", ""))
        self.made.append((made, other))
        return made

    def clean_up(self) -> None:
        """Delete what was made, where the contract has a DELETE."""
        for made, other in reversed(self.made):
            if self.may(self.resource.delete):
                self.send(self.resource.delete, made.id, other=other)
        self.made.clear()

    def listing(self, query: Mapping[str, Any] | None = None, size: int = lists.LARGE, *, other: bool = False) -> lists.Listed:
        """The list to its end."""

        def send(text: str) -> Exchange:
            return self.send(self.resource.listing, query=text, other=other)

        def follow(address: str) -> Exchange:
            parts = urlsplit(address)
            if not parts.path:
                return send(f"?{parts.query}")
            if parts.netloc and not self.system.is_own(address):
                raise NotEvaluatedError(f"the next page is at another host, {parts.netloc}")
            return self.at(address, other=other)

        return lists.whole(self.resource, send, follow, query or {}, size)

    def identifiers(self, listed: lists.Listed) -> list[str]:
        """The identifiers of the items of a list, in its order."""
        return [objects.identifier(item, self.resource.variable) for item in listed.items]
