"""Requests that name another method than their own, and do by it what the method itself is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from SecurityLibrary.description.operations import FORM, InsertableParameter
from SecurityLibrary.objects.identifiers import item_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

HEADERS = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
FIELD, NEUTRAL = "_method", "X-Qa"
METHODS, REFUSED, GONE = ("DELETE", "PUT", "PATCH"), (401, 403, 404, 405), (404, 410)


def performed(scan: Scan, operation: ScanOperation) -> tuple[str, list[Exchange]] | None:
    """Who did by a POST that names its method what the operation refuses them, and how, with the two requests; else None.

    It is done to objects that the scan made for it, and seen by their owner. The same POST that names the method in a header of
    another name changes nothing.
    """
    above = operation.route.rstrip("/").rpartition("/")[0]
    reading = {each.route.rstrip("/"): each for each in reversed(scan.plan.operations) if each.method == "GET"}
    read = reading.get(operation.route.rstrip("/")) or reading.get(above)  # the object, or else the list that it stands in
    ordinary = next((each for each in scan.target.identities.values() if each.role != "admin"), None)
    if operation.method not in METHODS or operation.last is None or read is None or ordinary is None:
        return None
    attempt = _Attempt(scan, operation, read, ordinary)
    for sender in (ordinary, None):
        if not attempt.refused(sender):
            continue
        scan.coverage.tried("methods", str(operation))
        for how, posted, headers, extra in _ways(operation):
            twice = [answer for _ in range(2) if (answer := attempt.effect(sender, posted, headers, extra))]
            if len(twice) == 2:  # noqa: PLR2004  # twice
                if attempt.effect(sender, replace(operation, method="POST"), {NEUTRAL: operation.method}, {}):
                    break  # a POST does it, whatever it names
                who = f"'{sender.name}'" if sender else "an anonymous caller"
                return f"{who}, refused by {operation.method}, does it by a POST with {how}", twice
    return None


def _ways(operation: ScanOperation) -> Iterator[tuple[str, ScanOperation, dict[str, str], dict[str, str]]]:
    """How a POST may name the method: in a header, in its query, and in a form."""
    posted = replace(operation, method="POST")
    for header in HEADERS:
        yield f"{header}: {operation.method}", posted, {header: operation.method}, {}
    schema = {"type": "string", "example": operation.method}
    queried = InsertableParameter(FIELD, "query", schema=schema, required=True)
    in_query = replace(posted, parameters=(*posted.parameters, queried))
    yield f"{FIELD}={operation.method} in its query", in_query, {}, {}
    if operation.media in (None, FORM):
        form = replace(posted, media=FORM, body=operation.body or {})
        yield f"{FIELD}={operation.method} in a form", form, {}, {FIELD: operation.method}


class _Attempt:
    """An operation that is refused, on objects that are there for it."""

    def __init__(self, scan: Scan, operation: ScanOperation, read: ScanOperation, owner: Identity) -> None:
        self.scan, self.operation, self.read, self.owner = scan, operation, read, owner

    def refused(self, sender: Identity | None) -> bool:
        """Whether the operation itself is refused, and the object is there to be read by its owner."""
        identifier = self._made()
        if identifier is None or not self._seen(identifier)[0]:
            return False
        answer = self._sent(sender, self.operation, identifier)
        return answer.status in REFUSED and bool(self._seen(identifier)[0])

    def effect(
        self, sender: Identity | None, posted: ScanOperation, headers: dict[str, str], extra: dict[str, str]
    ) -> Exchange | None:
        """The answer to a request after which the owner sees its effect on an object that was made for it."""
        identifier = self._made()
        if identifier is None or not (before := self._seen(identifier)[0]):
            return None
        mark = f"qa{self.scan.random.number()}{self.scan.random.number()}"
        answer = self._sent(sender, posted, identifier, headers, extra, mark)
        after, gone = self._seen(identifier)
        removed = self.operation.method == "DELETE" and gone
        return answer if removed or (mark in after and mark not in before) else None

    def _made(self) -> object:
        last = self.operation.last
        return self.scan.objects.identifier(self.operation, last, self.owner, fresh=True) if last else None

    def _sent(
        self,
        sender: Identity | None,
        operation: ScanOperation,
        identifier: object,
        headers: dict[str, str] | None = None,
        extra: dict[str, str] | None = None,
        mark: str = "",
    ) -> Exchange:
        texts = (each for each in operation.parameters if each.location == "body" and each.kind == "string")
        free = next((each for each in texts if not {"enum", "const", "format", "pattern"} & each.schema.keys()), None)
        given: dict[InsertableParameter, object] = {operation.last: identifier} if operation.last else {}
        given |= {free: mark} if free and mark and self.operation.method != "DELETE" else {}
        return self.scan.sender.send(operation, sender, given, headers=headers, owner=self.owner, extra=extra)

    def _seen(self, identifier: object) -> tuple[str, bool]:
        """What the owner reads of the object, empty if they do not see it, and whether it is gone."""
        if self.read.last:
            answer = self.scan.sender.send(self.read, self.owner, {self.read.last: identifier})
            return answer.text if answer.ok else "", answer.status in GONE
        answer = self.scan.sender.send(self.read, self.owner)
        item = item_of(answer.body, identifier) if answer.ok else None
        return json.dumps(item) if item is not None else "", answer.ok and item is None
