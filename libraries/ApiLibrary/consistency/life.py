"""The life of objects of a resource, from their creation to their deletion, with what every route says of them meanwhile.

The checks that other tools know have their names behind them: use after free, resource leak, resource hierarchy, user namespace
(RESTler), ensure_resource_availability (Schemathesis).
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from typing import Any, TYPE_CHECKING

from ApiLibrary.consistency import bodies, list_checks, list_queries, objects
from ApiLibrary.consistency.actor import INVALID, Made, NoObjectError, SUCCESS
from ApiLibrary.consistency.comparing import moment_of, same
from ApiLibrary.consistency.resources import body_schema
from theodore_qa.observing.display import plural
from theodore_qa.openapi import samples

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from ApiLibrary.consistency.actor import Actor
    from ApiLibrary.consistency.lists import Listed
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.exchange import Exchange

GONE, REFUSED = (404, 410), (401, 403, 404)
CREATED = re.compile(r"creat", re.IGNORECASE)
UPDATED = re.compile(r"updat|modif|chang", re.IGNORECASE)
# What the answer to a creation alone shows in full, or what is another one each time.
SECRET = re.compile(r"secret|token|key|password|pin\b|url|link|etag|version", re.IGNORECASE)
CLOCKS = dt.timedelta(minutes=5)  # by which the system's clock may differ from ours
MOST_OBJECTS, MOST_PARTS, MOST_ACTIONS = 8, 2, 6


class Life:
    """Leads objects through their life, beside one of another identity, and records what does not agree.

    They are three, or as many as have each value that the contract lists for a field, at most eight.
    """

    def __init__(self, actor: Actor, checks: Checks, *, shared: bool = False) -> None:
        """
        Args:
            actor: who makes the objects.
            checks: that the observations are added to.
            shared: whether anybody may read an object whose identifier he knows.
        """
        self.actor, self.checks, self.shared = actor, checks, shared
        self.resource = actor.resource

    def run(self) -> None:
        """All checks; what was made is deleted in the end."""
        try:
            choices = 0 if self.actor.moves else min(bodies.most_choices(self.actor.document, self.resource.create), MOST_OBJECTS)
            made = [self.actor.create(nth) for nth in (0, 1, 4, *range(2, choices))]
            first, bystanders = made[0], made[1:]
            self._beside()
            ids = [each.id for each in made]
            distinct = len(set(ids)) == len(ids)
            self.checks.that("consistency.identifiers", distinct, f"{len(ids)} identifiers", ", ".join(ids), n=len(ids))
            for each in made:
                self._read_back(each)
            self._answer_of_creation(first)
            self._repeated(first)
            self._times(first)
            listed = list_checks.listed(self.actor, self.checks, made)
            list_checks.filters(self.actor, self.checks, listed)
            list_queries.orders(self.actor, self.checks, listed)
            list_queries.bounds(self.actor, self.checks, listed)
            self._changed(first, bystanders, listed)
            self._acted_on(bystanders[-1], first)
            self._for_others(first)
            self._unknown()
            self._refused_creation(listed)
            self._deleted(first, bystanders, listed)
        except NoObjectError as error:
            self.checks.not_evaluated("consistency.created", "an object to act on", str(error))
        finally:
            self.actor.clean_up()

    def _beside(self) -> None:
        """An object of somebody else: it must be in no list, and in no total, of ours."""
        if self.actor.other is not None:
            try:
                self.actor.create(0, other=True)
            except NoObjectError:
                return  # not everybody may create objects

    def _agree(self, check: str, sent: dict[str, Any], found: dict[str, Any]) -> None:
        """Each field that was sent, and that the answer's schema has, is as it was sent."""
        schema = body_schema(self.actor.document, self.resource.create) or {}
        for name, value in sent.items():
            own = samples.simple(self.actor.document, (schema.get("properties") or {}).get(name, {}))
            if own.get("writeOnly") or name in self.actor.ignored or name not in (self.actor.answered or found):
                continue
            observed = found.get(name, "missing")
            self.checks.that(f"{check}.{name}", same(value, observed), value, observed)

    def _unchanged(self, check: str, before: dict[str, Any], after: dict[str, Any]) -> None:
        names = set(self.actor.sent) if self.actor.moves else {*before, *after}  # of a job the rest may change by itself
        differing = sorted(name for name in names - self.actor.ignored if before.get(name) != after.get(name))
        observed = "; ".join(f"{name}: {before.get(name)} → {after.get(name)}" for name in differing) or "no field changed"
        self.checks.that(check, not differing, "no field changed", observed, n=max(1, len(before)))

    # In the order of an object's life

    def _read_back(self, made: Made) -> None:
        """What was created is read with what was sent (ensure_resource_availability)."""
        answer = self.actor.read(made.id)
        observed = f"status {answer.status} for {answer.path}"
        self.checks.that("consistency.created_is_read", answer.status in SUCCESS, "status 200", observed)
        made.known = objects.fields(answer, self.resource.variable)
        self._agree("consistency.read_back", made.sent, made.known)

    def _answer_of_creation(self, made: Made) -> None:
        """The answer to the creation, and the place to which its Location leads, show the object that is read."""
        if self.actor.moves:
            return  # a job has gone on meanwhile

        def agree(name: str, first: Any, second: Any) -> bool:
            return _near(moment_of(first), moment_of(second)) or same(first, second) or bool(UPDATED.search(name))

        if names := self._comparable(made.answered.keys() & made.known.keys()):
            self._answered_as_read("consistency.creation_answer", names, made.answered, made.known, agree)
        own = made.location.startswith("/") or (made.location and self.actor.system.is_own(made.location))
        if own:
            answer = self.actor.at(made.location)
            found = objects.identifier(objects.fields(answer, self.resource.variable), self.resource.variable)
            fine = answer.status in SUCCESS and found in (made.id, "")
            observed = f"status {answer.status} and {found or 'no identifier'} at {made.location}"
            self.checks.that("consistency.location", fine, f"status 200 and {made.id}", observed)

    def _repeated(self, made: Made) -> None:
        """A request that is safe changes nothing."""
        again = self.actor.object(made.id)
        self._unchanged("consistency.repeated", made.known, again)
        made.known = again

    def _moments(self, known: dict[str, Any]) -> dict[str, dt.datetime]:
        """The times of an object that have a zone."""
        given = {name for name, own in self.actor.answered.items() if own.get("format") == "date-time"}
        found = {name: moment_of(known.get(name)) for name in given - set(self.actor.sent)}
        return {name: moment for name, moment in found.items() if moment and moment.tzinfo}

    def _times(self, made: Made) -> None:
        """Times that the system gives have a zone, are those of the creation, and in order."""
        for name, own in self.actor.answered.items():
            text = made.known.get(name)
            if own.get("format") == "date-time" and isinstance(text, str) and name not in self.actor.sent:
                moment = moment_of(text)
                self.checks.that(f"consistency.time_zone.{name}", bool(moment and moment.tzinfo), "a time with its zone", text)
        moments = self._moments(made.known)
        created = next((moment for name, moment in moments.items() if CREATED.search(name)), None)
        for name, moment in moments.items():
            if CREATED.search(name):
                near = made.began - CLOCKS <= moment <= dt.datetime.now(dt.UTC) + CLOCKS
                expected = f"within 5 min of {made.began.isoformat(timespec='seconds')}"
                self.checks.that(f"consistency.time.{name}", near, expected, made.known[name])
            if created and UPDATED.search(name):
                expected = f"not before {created.isoformat()}"
                self.checks.that(f"consistency.time_order.{name}", moment >= created, expected, made.known[name])

    def _changed(self, made: Made, bystanders: list[Made], listed: Listed | None) -> None:
        """A change is read back, moves the time of change alone, and changes no other object."""
        before = [self.actor.object(each.id) for each in bystanders]
        for operation in (self.resource.replace, self.resource.change):
            if operation is None or not self.actor.may(operation):
                continue
            whole = bodies.body(self.actor.document, operation, {}, bodies.new_mark(), 1)
            self._change(made, operation.method.lower(), whole, listed)
            if operation is self.resource.change and whole:
                flipped = {name: True for name, value in whole.items() if value is False}
                if flipped:
                    self._change(made, "patch", flipped, None)
                parts = bodies.changed_fields(self.actor.document, operation, self.actor.object(made.id), bodies.new_mark())
                for part in itertools.islice(parts, MOST_PARTS):
                    self._change(made, "patch", part, None)
        for each, earlier in zip(bystanders, before, strict=True):
            self._unchanged("consistency.bystander", earlier, self.actor.object(each.id))

    def _change(self, made: Made, kind: str, body: dict[str, Any] | None, listed: Listed | None) -> None:
        if not body:
            return
        before = self.actor.object(made.id)
        answer = self.actor.send(self.resource.replace if kind == "put" else self.resource.change, made.id, body)
        if answer.status not in SUCCESS:
            observed = f"{answer.method} {answer.path} answered {answer.status}"
            self.checks.not_evaluated(f"consistency.{kind}", "a change that is accepted", observed)
            return
        after = self.actor.object(made.id)
        self._agree(f"consistency.{kind}_is_read", body, after)
        identifier = objects.identifier(after, self.resource.variable)
        self.checks.that(f"consistency.{kind}_keeps_identifier", identifier in (made.id, ""), made.id, identifier)
        self._keeps_the_rest(kind, body, before, after)
        self._time_moves(before, after)
        if listed is not None:
            times = self.actor.identifiers(self.actor.listing()).count(made.id)
            self.checks.that("consistency.listed_after_change", times == 1, "listed once", f"{made.id}: {plural(times, 'time')}")
        made.known = after

    def _keeps_the_rest(self, kind: str, body: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> None:
        """Fields that were not sent are as before."""
        kept = {name for name in before if name not in body and not UPDATED.search(name)} - self.actor.ignored
        if kind == "put":  # a whole new object: what is not sent may take its default
            kept = {name for name in kept if CREATED.search(name)}
        for name in sorted(kept & self.actor.answered.keys()):
            value, now = before[name], after.get(name)
            counts_versions = type(value) is int and now == value + 1
            if not counts_versions:
                self.checks.that(f"consistency.{kind}_keeps.{name}", now == value, value, after.get(name, "missing"))

    def _time_moves(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        """The time of the last change is a later one."""
        earlier, later = self._moments(before), self._moments(after)
        for name in earlier.keys() & later.keys():
            if UPDATED.search(name):
                moved = later[name] > earlier[name]
                self.checks.that(f"consistency.time_moves.{name}", moved, f"after {before[name]}", after[name])

    def _comparable(self, names: AbstractSet[str]) -> list[str]:
        """The names of fields that are read as they were answered."""
        return sorted(name for name in names - self.actor.ignored if not SECRET.search(name))

    def _answered_as_read(
        self,
        check: str,
        names: list[str],
        answered: dict[str, Any],
        read: dict[str, Any],
        agree: Callable[[str, Any, Any], bool],
    ) -> None:
        """Fields are read as an answer has them."""
        differing = [name for name in names if not agree(name, answered[name], read.get(name))]
        observed = "; ".join(f"{name}: {answered[name]} → {read.get(name)}" for name in differing)
        observed = observed or f"{len(names)} of {len(names)} fields equal"
        self.checks.that(check, not differing, "no field that differs", observed, n=len(names) or 1)

    def _acted_on(self, made: Made, bystander: Made) -> None:
        """What an action answers of an object, such as ``POST /orders/7/cancel``, is read of it, and of no other object."""
        actor = self.actor
        if actor.moves:
            return
        for action in [each for each in self.resource.actions if actor.may(each)][:MOST_ACTIONS]:
            before = actor.object(bystander.id)
            body = bodies.body(actor.document, action, actor.values, bodies.new_mark(), plain=True)
            answer = actor.send(action, made.id, body)
            answered = objects.fields(answer, self.resource.variable)
            if answer.status not in SUCCESS or objects.identifier(answered, self.resource.variable) != made.id:
                continue  # refused in this state, or an answer about something else
            names = self._comparable(answered.keys() & actor.answered.keys())
            check = f"consistency.action_is_read.{action.label}"
            self._answered_as_read(check, names, answered, actor.object(made.id), lambda _, first, second: same(first, second))
            self._unchanged("consistency.bystander", before, actor.object(bystander.id))

    def _for_others(self, made: Made) -> None:
        """Another identity that may not read an object may do nothing with it by any route (user namespace)."""
        actor = self.actor
        if actor.other is None:
            expected = "the same refusal on each route"
            self.checks.not_evaluated("consistency.others", expected, "no second identity", waived="one identity")
            return
        seen = actor.read(made.id, other=True)
        if seen.status not in REFUSED:
            self._readable(made, seen)
            return
        before = actor.object(made.id)
        for operation in (self.resource.replace, self.resource.change, self.resource.delete):
            if operation and actor.may(operation):
                deletes = operation is self.resource.delete
                body = None if deletes else bodies.body(actor.document, operation, {}, bodies.new_mark())
                answer = actor.send(operation, made.id, body, other=True)
                observed = f"{answer.status} for {operation.label}"
                self.checks.that("consistency.others", answer.status in REFUSED, "401, 403 or 404", observed)
        self._unchanged("consistency.others_change_nothing", before, actor.object(made.id))
        found = actor.listing(other=True) if actor.may(self.resource.listing) else None
        if found is not None and not found.problem:
            list_checks.not_listed(self.checks, "consistency.others_list", made.id, actor.identifiers(found))

    def _readable(self, made: Made, seen: Exchange) -> None:
        """What another identity reads is in its list as well, unless anybody may read what he knows the identifier of."""
        actor = self.actor
        found = actor.listing(other=True) if actor.may(self.resource.listing) and not self.shared else None
        if seen.status in SUCCESS and found is not None and not found.problem:
            listed = made.id in actor.identifiers(found)
            expected = "401, 403 or 404 for what the other's list does not have (or shared=True)"
            observed = f"{seen.status} for {self.resource.read.label}, {'' if listed else 'not '}in the other's list"
            self.checks.that("consistency.others_read", listed, expected, observed)

    def _unknown(self) -> None:
        """An identifier that nobody has is not found."""
        answer = self.actor.read(objects.unknown_identifier(self.actor.document, self.resource))
        observed = f"status {answer.status} for {answer.path}"
        self.checks.that("consistency.unknown", answer.status in (*GONE, *INVALID, 403), "status 404", observed)

    def _refused_creation(self, listed: Listed | None) -> None:
        """What is refused leaves nothing behind (resource leak): a body that lacks a field, and one that is there already."""
        actor = self.actor
        needed = (body_schema(actor.document, self.resource.create) or {}).get("required") or ()
        mark = bodies.new_mark()
        body = bodies.body(actor.document, self.resource.create, actor.values, mark, plain=True)
        if listed is None or not body:
            return
        if needed:
            self._refused({name: value for name, value in body.items() if name != needed[0]}, str(needed[0]))
        again = actor.create(0, body=body)
        repeated = actor.send(self.resource.create, body=body)
        if repeated.status in SUCCESS:
            identifier = objects.identifier(objects.fields(repeated, self.resource.variable), self.resource.variable, repeated)
            actor.made.append((Made(identifier, mark, body, again.began), False))
        else:
            self._left(mark)

    def _refused(self, incomplete: dict[str, Any], lacking: str) -> None:
        """An incomplete creation is refused twice, and the list grows by neither."""
        grown = []
        for _ in range(2):
            before = len(self.actor.listing().items)
            answer = self.actor.send(self.resource.create, body=incomplete)
            if answer.status in SUCCESS:
                expected, observed = f"a refusal without {lacking}", f"status {answer.status}"
                self.checks.that("consistency.incomplete_refused", holds=False, expected=expected, observed=observed)
                return
            grown.append(len(self.actor.listing().items) - before)
        observed = f"{' and '.join(map(str, grown))} more objects after creations without {lacking}"
        self.checks.that("consistency.refused_leaves_nothing", min(grown) <= 0, "no new object", observed, n=len(grown))

    def _left(self, mark: str) -> None:
        """How many objects hold the text of a creation that was refused since there was one like it."""
        holding = [item for item in self.actor.listing().items if any(mark in str(value) for value in item.values())]
        self.checks.that(
            "consistency.repeated_leaves_nothing", len(holding) == 1, "1 object", f"{plural(len(holding), 'object')} with {mark}"
        )

    def _deleted(self, made: Made, bystanders: list[Made], listed: Listed | None) -> None:
        """What was deleted is gone from every route, and nothing else is (use after free)."""
        actor = self.actor
        if not actor.may(self.resource.delete):
            return
        answer = actor.send(self.resource.delete, made.id)
        fine = (*SUCCESS, 409) if actor.moves else tuple(SUCCESS)  # a job may have ended
        self.checks.that("consistency.deleted", answer.status in fine, "status 200 or 204", f"status {answer.status}")
        if actor.moves:  # a job is stopped, and may be read afterwards
            again = actor.send(self.resource.delete, made.id)
            self.checks.that("consistency.stopped", again.status in (*GONE, 409), "status 404 or 409", f"status {again.status}")
            return
        self._gone(made)
        if listed is not None:
            self._gone_from_list(made)
        others = [each.id for each, _ in actor.made if each is not made]
        new = actor.create(1)
        self.checks.that("consistency.new_identifier", new.id not in others, f"none of {', '.join(others)}", new.id)
        for each in bystanders:
            left = actor.read(each.id)
            observed = f"status {left.status} for {left.path}"
            self.checks.that("consistency.bystander_is_left", left.status in SUCCESS, "status 200", observed)

    def _gone(self, made: Made) -> None:
        """No operation on an object finds it after its deletion."""
        actor = self.actor
        for operation in (self.resource.read, self.resource.change, self.resource.delete):
            if operation and actor.may(operation):
                changes = operation is self.resource.change
                body = bodies.body(actor.document, operation, {}, bodies.new_mark()) if changes else None
                again = actor.send(operation, made.id, body)
                allowed = (*GONE, 204) if operation is self.resource.delete else GONE  # to delete twice may be no error
                observed = f"{again.status} for {operation.label}"
                self.checks.that("consistency.gone", again.status in allowed, "status 404", observed)

    def _gone_from_list(self, made: Made) -> None:
        """Neither the list nor its totals nor its filters know a deleted object any more."""
        after = self.actor.listing()
        ids = self.actor.identifiers(after)
        list_checks.not_listed(self.checks, "consistency.gone_from_list", made.id, ids)
        expected = f"{len(ids)}, the items of all pages"
        for claimed in sorted(set(after.totals)):
            self.checks.that("consistency.total_after_deletion", claimed == len(ids), expected, claimed)
        list_checks.filters(self.actor, self.checks, after, "consistency.filter_after_deletion")


def _near(first: dt.datetime | None, second: dt.datetime | None) -> bool:
    """Whether two moments are one, for databases that keep fewer digits than an answer has."""
    if first is None or second is None or (first.tzinfo is None) != (second.tzinfo is None):
        return False
    return abs(first - second) < dt.timedelta(seconds=1)
