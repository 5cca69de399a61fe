"""The life of two objects of a resource, from their creation to their deletion, with what every route says of them meanwhile.

The checks that other tools know have their names behind them: use after free, resource leak, user namespace (RESTler),
ensure_resource_availability (Schemathesis).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING

from ApiLibrary import operations
from ApiLibrary.consistency import lists, objects
from ApiLibrary.consistency.comparing import first_difference, moment_of, same
from ApiLibrary.consistency.resources import answer_properties, body_schema, changes_by_itself
from theodore_qa.openapi import samples

if TYPE_CHECKING:
    from collections.abc import Collection

    from ApiLibrary.consistency.resources import Resource
    from theodore_qa.observing.checks import Checks
    from theodore_qa.openapi import Operation
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity
    from theodore_qa.systems.system import System

SUCCESS = range(200, 300)
GONE, REFUSED = (404, 410), (401, 403, 404)
CREATED = re.compile(r"creat", re.IGNORECASE)
UPDATED = re.compile(r"updat|modif|chang", re.IGNORECASE)
CLOCKS = dt.timedelta(minutes=5)  # by which the system's clock may differ from ours
FILTER_ITEMS, FILTER_VALUES = 400, 4


@dataclass
class Made:
    """An object that we created: its identifier, what was sent, and when."""

    id: str
    sent: dict[str, Any]
    answer: Exchange
    began: dt.datetime
    known: dict[str, Any] = field(default_factory=dict)


class Walk:
    """Leads objects of one resource through their life and records what does not agree."""

    def __init__(
        self,
        system: System,
        resource: Resource,
        checks: Checks,
        caller: Identity | None,
        other: Identity | None,
        ignored: Collection[str] = (),
    ) -> None:
        self.system, self.resource, self.checks = system, resource, checks
        self.caller, self.other, self.ignored = caller, other, set(ignored)
        self.document = system.contract.needed
        self.values = operations.good_values(system)
        self._answered = answer_properties(self.document, resource.read, resource.variable)
        self._moves = changes_by_itself(self._answered)
        self._sent: set[str] = set()

    def run(self) -> None:
        """All checks; what was made is deleted in the end."""
        first = self._create(0)
        if first is None:
            return
        second = self._create(1)
        try:
            if second is None:
                return
            self.checks.that("consistency.identifiers", first.id != second.id, "two identifiers", f"{first.id}, {second.id}", n=2)
            self._read_back(second)
            self._read_back(first)
            self._repeated(first)
            self._times(first)
            listed = self._listed((first, second))
            self._filters(listed)
            self._changed(first, second)
            self._for_others(first)
            self._unknown()
            self._refused_creation(listed)
            self._deleted(first, second)
        finally:
            for made in (first, second):
                if made and self._may(self.resource.delete):
                    self._send(self.resource.delete, made.id)

    # Sending

    def _may(self, operation: Operation | None) -> bool:
        return operation is not None and not operations.not_sent(self.system, operation)

    def _path(self, operation: Operation, identifier: str = "") -> str:
        known = self.values | ({self.resource.variable: identifier} if identifier else {})
        return operations.synthetic_path(self.system.contract, operation, known)

    def _send(
        self, operation: Operation | None, identifier: str = "", body: Any = None, query: str = "", *, other: bool = False
    ) -> Exchange:
        if operation is None:
            raise ValueError(operation)
        path = self._path(operation, identifier) + query
        return self.system.request(operation.method, path, json_body=body, identity=self.other if other else self.caller)

    def _object(self, answer: Exchange) -> dict[str, Any]:
        return objects.fields(answer, self.resource.variable)

    # Checks, in the order of an object's life

    def _create(self, nth: int) -> Made | None:
        operation = self.resource.create
        reason = operations.not_sent(self.system, operation)
        body = None if reason else objects.unique_body(self.document, operation, self.values, nth)
        if reason:
            self._nothing(f"{operation.label} is skipped: {reason}")
            return None
        began = dt.datetime.now(dt.UTC)
        answer = self._send(operation, body=body)
        found = self._object(answer)
        identifier = objects.identifier(found, self.resource.variable, answer)
        if answer.status not in SUCCESS or not identifier:
            self._nothing(
                f"{operation.label} answered {answer.status}" + ("" if answer.status not in SUCCESS else " without an identifier")
            )
            return None
        self._sent |= set(body or {})
        return Made(identifier, body or {}, answer, began)

    def _nothing(self, reason: str) -> None:
        self.checks.not_evaluated("consistency.created", "an object to act on", reason)

    def _read_back(self, made: Made) -> None:
        """What was created is read with what was sent (ensure_resource_availability)."""
        answer = self._send(self.resource.read, made.id)
        self.checks.that(
            "consistency.created_is_read", answer.status in SUCCESS, "status 200", f"status {answer.status} for {answer.path}"
        )
        made.known = self._object(answer)
        self._agree("consistency.read_back", made.sent, made.known)

    def _agree(self, check: str, sent: dict[str, Any], found: dict[str, Any]) -> None:
        """Each field that was sent, and that the answer's schema has, is as it was sent."""
        schema = body_schema(self.document, self.resource.create) or {}
        for name, value in sent.items():
            own = samples.simple(self.document, (schema.get("properties") or {}).get(name, {}))
            if own.get("writeOnly") or name in self.ignored or name not in (self._answered or found):
                continue
            observed = found.get(name, "missing")
            self.checks.that(f"{check}.{name}", same(value, observed), value, observed)

    def _repeated(self, made: Made) -> None:
        """A request that is safe changes nothing."""
        again = self._object(self._send(self.resource.read, made.id))
        self._unchanged("consistency.repeated", made.known, again)

    def _unchanged(self, check: str, before: dict[str, Any], after: dict[str, Any]) -> None:
        names = set(self._sent) if self._moves else {*before, *after}  # of a job the rest may change by itself
        differing = sorted(name for name in names - self.ignored if before.get(name) != after.get(name))
        observed = "; ".join(f"{name}: {before.get(name)} → {after.get(name)}" for name in differing) or "no field changed"
        self.checks.that(check, not differing, "no field changed", observed, n=len(before))

    def _times(self, made: Made) -> None:
        """Times have a zone, are those of the creation, and in order."""
        given = self._answered
        times = {
            name: made.known.get(name) for name, own in given.items() if own.get("format") == "date-time" and made.known.get(name)
        }
        read: dict[str, dt.datetime] = {}
        for name, text in times.items():
            moment = moment_of(text)
            zoned = moment is not None and moment.tzinfo is not None
            self.checks.that(f"consistency.time_zone.{name}", zoned, "a time with its zone", text)
            if moment and zoned:
                read[name] = moment
        for name, moment in read.items():
            if CREATED.search(name):
                near = made.began - CLOCKS <= moment <= dt.datetime.now(dt.UTC) + CLOCKS
                self.checks.that(
                    f"consistency.time.{name}", near, f"within 5 min of {made.began.isoformat(timespec='seconds')}", times[name]
                )
        created = next((moment for name, moment in read.items() if CREATED.search(name)), None)
        for name, moment in read.items():
            if created and UPDATED.search(name):
                self.checks.that(
                    f"consistency.time_order.{name}", moment >= created, f"not before {created.isoformat()}", times[name]
                )

    def _listed(self, made: tuple[Made, ...]) -> lists.Listed | None:
        """Lists are whole, without doubles, stable, with true totals, and say the same of an object as its own route."""
        if not self._may(self.resource.listing):
            return None
        listed = lists.whole(self.resource, self._list, {})
        if listed.problem:
            self.checks.not_evaluated("consistency.listed", "a list of objects", listed.problem)
            return None
        ids = self._ids(listed)
        for each in made:
            times = ids.count(each.id)
            self.checks.that(
                "consistency.listed", times == 1, "listed once", f"{each.id}: {times} times in {len(ids)} items", n=len(ids)
            )
        doubles = sorted({found for found in ids if found and ids.count(found) > 1})
        self.checks.that("consistency.no_doubles", not doubles, "no identifier twice", ", ".join(doubles) or "none", n=len(ids))
        if listed.size:
            most = max(listed.pages)
            self.checks.that(
                "consistency.page_size", most <= listed.size, f"at most {listed.size} items", f"{most} items", n=len(listed.pages)
            )
        large = lists.whole(self.resource, self._list, {}, lists.LARGE)
        again = lists.whole(self.resource, self._list, {})
        if sorted(self._ids(again)) != sorted(ids):
            self.checks.not_evaluated(
                "consistency.pages", "a list that nobody changes meanwhile", "other objects at each reading"
            )
        elif not large.problem:
            other = self._ids(large)
            self.checks.that(
                "consistency.pages",
                sorted(other) == sorted(ids),
                f"{len(other)} items, as on large pages",
                f"{len(ids)} items",
                n=len(ids),
            )
            self.checks.that("consistency.order", other == ids, "one order", first_difference(ids, other), n=len(ids))
        for claimed in sorted(set(listed.totals)):
            self.checks.that(
                "consistency.total", claimed == len(ids), f"{len(ids)}, the items of all pages", claimed, n=len(listed.pages)
            )
        self._item_agrees(listed, made[0])
        return listed

    def _list(self, query: str) -> Exchange:
        return self._send(self.resource.listing, query=query)

    def _ids(self, listed: lists.Listed) -> list[str]:
        return [objects.identifier(item, self.resource.variable) for item in listed.items]

    def _item_agrees(self, listed: lists.Listed, made: Made) -> None:
        item = next((item for item in listed.items if objects.identifier(item, self.resource.variable) == made.id), {})
        differing = [name for name in item.keys() & made.known.keys() - self.ignored if item[name] != made.known[name]]
        observed = "; ".join(f"{name}: {item[name]} ≠ {made.known[name]}" for name in sorted(differing)) or "no difference"
        if item:
            self.checks.that("consistency.list_and_object", not differing, "no difference", observed, n=len(item))

    def _filters(self, listed: lists.Listed | None) -> None:
        """Each filter by a field gives all objects with a value, and only these."""
        if listed is None or self.resource.listing is None or len(listed.items) > FILTER_ITEMS:
            return
        for parameter in self.resource.listing.parameters:
            values = [item.get(parameter.name) for item in reversed(listed.items)]  # our own are mostly the last ones
            plain = [value for value in values if isinstance(value, str | int | float) and value != ""]
            if parameter.location == "query":
                for value in list(dict.fromkeys(plain))[:FILTER_VALUES]:
                    self._filter(listed, parameter.name, value)

    def _filter(self, listed: lists.Listed, name: str, value: Any) -> None:
        text = str(value).lower() if isinstance(value, bool) else value
        found = lists.whole(self.resource, self._list, {name: text}, lists.LARGE)
        if found.problem:
            self.checks.not_evaluated(f"consistency.filter.{name}", f"the objects with {text}", found.problem)
            return
        pairs = zip(self._ids(listed), listed.items, strict=True)
        right = {identifier for identifier, item in pairs if item.get(name) == value}
        given = set(self._ids(found))
        observed = f"{len(given)} objects, {len(given - right)} of them without it, {len(right - given)} missing"
        expected = f"the {len(right)} objects with {text}"
        self.checks.that(f"consistency.filter.{name}", given == right, expected, observed, n=len(listed.items))

    def _changed(self, made: Made, bystander: Made) -> None:
        """A change is read back, and changes no other object."""
        before = self._object(self._send(self.resource.read, bystander.id))
        for operation in (self.resource.replace, self.resource.change):
            if not operation or not self._may(operation):
                continue
            body = objects.unique_body(self.document, operation, {})
            if not body:
                continue
            answer = self._send(operation, made.id, body)
            kind = operation.method.lower()
            if answer.status not in SUCCESS:
                self.checks.not_evaluated(
                    f"consistency.{kind}", "a change that is accepted", f"{operation.label} answered {answer.status}"
                )
                continue
            after = self._object(self._send(self.resource.read, made.id))
            self._agree(f"consistency.{kind}_is_read", body, after)
            self.checks.that(
                f"consistency.{kind}_keeps_identifier",
                objects.identifier(after, self.resource.variable) in (made.id, ""),
                made.id,
                objects.identifier(after, self.resource.variable),
            )
            made.known = after
        self._unchanged("consistency.bystander", before, self._object(self._send(self.resource.read, bystander.id)))

    def _for_others(self, made: Made) -> None:
        """Another identity that may not read an object may do nothing with it by any route (user namespace)."""
        if self.other is None:
            self.checks.not_evaluated(
                "consistency.others", "the same refusal on each route", "no second identity", waived="one identity"
            )
            return
        read = self._send(self.resource.read, made.id, other=True)
        if read.status not in REFUSED:
            return  # objects that all may read
        for operation in (self.resource.replace, self.resource.change, self.resource.delete):
            if operation and self._may(operation):
                body = objects.unique_body(self.document, operation, {}) if operation is not self.resource.delete else None
                answer = self._send(operation, made.id, body, other=True)
                self.checks.that(
                    "consistency.others", answer.status in REFUSED, "401, 403 or 404", f"{answer.status} for {operation.label}"
                )
        self._unchanged("consistency.others_change_nothing", made.known, self._object(self._send(self.resource.read, made.id)))
        if self._may(self.resource.listing):
            listed = lists.whole(
                self.resource, lambda query: self._send(self.resource.listing, query=query, other=True), {}, lists.LARGE
            )
            if not listed.problem:
                there = made.id in self._ids(listed)
                self.checks.that(
                    "consistency.others_list",
                    not there,
                    f"not {made.id}",
                    made.id if there else "other objects",
                    n=len(listed.items),
                )

    def _unknown(self) -> None:
        """An identifier that nobody has is not found."""
        path = self._path(self.resource.read, objects.unknown_identifier(self.document, self.resource))
        answer = self.system.request("GET", path, identity=self.caller)
        self.checks.that(
            "consistency.unknown", answer.status in (*GONE, 400, 403, 422), "status 404", f"status {answer.status} for {path}"
        )

    def _refused_creation(self, listed: lists.Listed | None) -> None:
        """What is refused leaves nothing behind (resource leak)."""
        schema = body_schema(self.document, self.resource.create) or {}
        needed = schema.get("required") or ()
        body = objects.unique_body(self.document, self.resource.create, self.values)
        if listed is None or not needed or not body:
            return
        answer = self._send(self.resource.create, body={name: value for name, value in body.items() if name != needed[0]})
        if answer.status in SUCCESS:
            self.checks.that(
                "consistency.incomplete_refused",
                holds=False,
                expected=f"a refusal without {needed[0]}",
                observed=f"status {answer.status}",
            )
            return
        after = self._ids(lists.whole(self.resource, self._list, {}))
        left = [found for found in after if found not in self._ids(listed)]
        self.checks.that("consistency.refused_leaves_nothing", not left, "no new object", ", ".join(left) or "none", n=len(after))

    def _deleted(self, made: Made, bystander: Made) -> None:
        """What was deleted is gone from every route, and nothing else is (use after free)."""
        if not self._may(self.resource.delete):
            return
        answer = self._send(self.resource.delete, made.id)
        fine = (*SUCCESS, 409) if self._moves else tuple(SUCCESS)  # a job may have ended
        self.checks.that("consistency.deleted", answer.status in fine, "status 200 or 204", f"status {answer.status}")
        if self._moves:  # a job is stopped, and may be read afterwards
            again = self._send(self.resource.delete, made.id)
            self.checks.that("consistency.stopped", again.status in (*GONE, 409), "status 404 or 409", f"status {again.status}")
            return
        for operation in (self.resource.read, self.resource.change, self.resource.delete):
            if operation and self._may(operation):
                body = objects.unique_body(self.document, operation, {}) if operation is self.resource.change else None
                again = self._send(operation, made.id, body)
                allowed = (*GONE, 204) if operation is self.resource.delete else GONE  # to delete twice may be no error
                self.checks.that(
                    "consistency.gone", again.status in allowed, "status 404", f"{again.status} for {operation.label}"
                )
        if self._may(self.resource.listing):
            ids = self._ids(lists.whole(self.resource, self._list, {}))
            self.checks.that(
                "consistency.gone_from_list", made.id not in ids, f"not {made.id}", f"{ids.count(made.id)} times", n=len(ids)
            )
        left = self._send(self.resource.read, bystander.id)
        self.checks.that(
            "consistency.bystander_is_left", left.status in SUCCESS, "status 200", f"status {left.status} for {left.path}"
        )
