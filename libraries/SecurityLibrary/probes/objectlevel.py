"""Whose objects one may see and change: those of other people, those of other tenants."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, TYPE_CHECKING

from SecurityLibrary import body_references, comparison
from SecurityLibrary.effects import effect
from SecurityLibrary.findings import Severity
from SecurityLibrary.objects import identifiers_of, like, PEOPLE
from SecurityLibrary.owasp import ACCESS
from SecurityLibrary.probes.base import Probe
from theodore_qa.errors import NotEvaluatedError, QaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.operations import Operation, Parameter
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

REFUSALS = (401, 403, 404, 410)
OWNING = re.compile(r"(?i)owner|author|user|account|created_?by|creator|customer|member|sender|^by$|^from$")
OWNING_ITEM = re.compile(OWNING.pattern + r"|(?i:^name$)")


def pairs(scan: Scan, *, tenants: bool) -> list[tuple[Identity, Identity]]:
    """Owner and stranger, both without special rights: of two tenants, or of one."""
    people = [one for one in scan.target.identities.values() if one.role != "admin"]
    return [(one, two) for one in people for two in people if one is not two and (one.tenant != two.tenant) is tenants]


class ObjectLevel(Probe):
    """Somebody sees or changes the objects of somebody else."""

    id = "object-level"
    tier = 2  # Theodore's objects belong to tenants, not to single accounts
    title = "Other people's objects are open (BOLA)"
    topic = "authorization"
    severity = Severity.HIGH
    cwe = 639
    owasp = (*ACCESS, "API1:2023")
    sends = "the identifier of an object that one identity made or listed, in path, query or body, as another identity"
    decides = (
        "the stranger gets what the owner gets and does not get for an identifier that there is not, for two requests; or the "
        "owner sees afterwards what the stranger changed; or a list shows what the object's own operation refuses"
    )
    bad = "return orders[order_id]"
    good = "return orders.where(id=order_id, owner=caller.id)"
    mend = "Look objects up together with their owner, in one query, in each operation."

    tenants = False

    def run(self, scan: Scan) -> Iterator[Finding]:
        """Each owner's objects, as each stranger."""
        chosen = pairs(scan, tenants=self.tenants)
        if not chosen:
            kind = "two tenants" if self.tenants else "one tenant"
            raise NotEvaluatedError(f"two identities without special rights, of {kind}, are needed")
        for operation in scan.target.operations:
            if operation.admin or operation.secured is False:
                continue
            if not self.tenants and any(operation.path.startswith(path) for path in scan.target.shared):
                scan.coverage.skip(self.id, str(operation), "the API's description says that it is shared")
                continue
            for owner, stranger in chosen[:2]:
                if found := self._tried(scan, operation, owner, stranger):
                    yield found
                    break

    def _tried(self, scan: Scan, operation: Operation, owner: Identity, stranger: Identity) -> Finding | None:
        """Try an operation in each way that it allows."""
        ways: list[Callable[[Scan, Operation, Identity, Identity], Finding | None]] = []
        if _naming(operation, owner):
            ways.append(self._read if operation.safe else self._change)
        elif operation.method == "GET" and _item(scan, operation) is not None:
            ways.append(self._listed)
        if self.tenants and operation.method == "GET":
            ways.append(self._of_tenant)
        if not operation.safe and any(body_references.borrowable(scan, operation, owner)):
            ways += [partial(body_references.used, self), partial(body_references.shown, self)]
        for way in ways:
            try:
                if found := way(scan, operation, owner, stranger):
                    return found
            except QaError as error:
                if scan.stopped:
                    raise
                scan.coverage.skip(self.id, str(operation), str(error))
        return None

    def _read(self, scan: Scan, operation: Operation, owner: Identity, stranger: Identity) -> Finding | None:
        control = scan.plan.control(operation, owner)[0]
        naming = _naming(operation, owner)
        known = [owner.values.get(naming[-1].name), scan.objects.identifier(operation, naming[-1], owner)]
        known.append(scan.objects.identifier(operation, naming[-1], owner, listed=True))
        candidates = [one for one in dict.fromkeys(known) if one is not None]
        told = "no object belongs to one identity alone"
        for identifier in candidates:
            if scan.objects.of_both(operation, naming[-1], (owner, stranger), identifier):
                continue
            owned = scan.sender.send(operation, owner, {naming[-1]: identifier})
            if (owned if owned.ok else control).body in ([], {}):
                told = "what belongs to one identity alone is empty"
                continue
            return self._foreign(scan, operation, naming, (owner, stranger), identifier, control)
        raise NotEvaluatedError(told)

    def _foreign(
        self,
        scan: Scan,
        operation: Operation,
        naming: list[Parameter],
        people: tuple[Identity, Identity],
        identifier: Any,
        control: Exchange,
    ) -> Finding | None:
        """An owner's object as a stranger gets it."""
        owner, stranger = people
        parameter = naming[-1]
        # Of several identifiers in a path the last one alone is foreign, and then all of them.
        for whose in (stranger, owner)[: len(naming)]:
            owned = scan.sender.send(operation, owner, {parameter: identifier})
            first = scan.sender.send(operation, stranger, {parameter: identifier}, owner=whose)
            nowhere = scan.sender.send(operation, stranger, {parameter: like(identifier)}, owner=whose)
            scan.coverage.tried(self.id, str(operation))
            if (
                not first.ok
                or not self._same(owned if owned.ok else control, first)
                or (nowhere.ok and self._same(nowhere, first))
            ):
                continue
            other = scan.objects.identifier(operation, parameter, owner, fresh=True)
            given = {parameter: other if other is not None else identifier}
            second, owned = scan.sender.send(operation, stranger, given, owner=whose), scan.sender.send(operation, owner, given)
            if second.ok and any(comparison.alike(second, one) for one in (owned, first, control)):
                told = f"'{stranger.name}' gets what belongs to '{owner.name}'"
                return self.finding(str(operation), told, first, second, identity=stranger.name)
        return None

    def _change(self, scan: Scan, operation: Operation, owner: Identity, stranger: Identity) -> Finding | None:
        if reason := scan.plan.skip_reason(operation):
            raise NotEvaluatedError(reason)
        if not self.tenants:
            self._refuse_shared(scan, operation, owner, stranger)
        look = effect if effect(scan, operation, owner, owner) else _unread_effect
        if look is _unread_effect and not _unread_effect(scan, operation, owner, owner):
            raise NotEvaluatedError("its effect cannot be seen by reading the object")
        scan.coverage.tried(self.id, str(operation))
        done = [look(scan, operation, owner, stranger) for _ in range(2)]
        if done[0] and done[1]:
            told = f"'{stranger.name}' changes what belongs to '{owner.name}', who sees it"
            return self.finding(str(operation), told, done[0], done[1], identity=stranger.name)
        return None

    @staticmethod
    def _refuse_shared(scan: Scan, operation: Operation, owner: Identity, stranger: Identity) -> None:
        """Raise where a change by somebody else may be meant: of what both are shown and nobody is named as the owner of."""
        parameter = _naming(operation)[-1]
        identifier = scan.objects.identifier(operation, parameter, owner, fresh=True)
        if identifier is None:
            raise NotEvaluatedError("no object belongs to one identity alone")
        beyond = operation.path.partition(f"{{{parameter.name}}}")[2].strip("/")
        items = [one for one in scan.target.operations if one.method == "GET" and _names_last(one, parameter) and not one.admin]
        answers = [scan.sender.send(one, stranger, {_naming(one)[-1]: identifier}, owner=owner) for one in items]
        readable = [one for one in answers if one.ok]
        if answers and not readable:
            return  # a list may show it: that is not meant where the object itself is refused
        if not readable and not scan.objects.shared(operation, parameter, (owner, stranger), identifier):
            return
        if operation.method == "POST" and beyond:
            raise NotEvaluatedError("it adds to what the other one may read as well")
        named = any(_is_named(answer.body, owner) for answer in readable)
        if not named and parameter.noun not in PEOPLE:  # a list may show by whom a thing is
            named = _is_named(scan.objects.listed(operation, parameter, (owner, stranger), identifier), owner, OWNING_ITEM)
        if not named:
            raise NotEvaluatedError(
                "both are shown the object, and it names no owner: if it is nobody's own, name it by 'shared'"
            )

    def _listed(self, scan: Scan, operation: Operation, owner: Identity, stranger: Identity) -> Finding | None:
        """A list that shows what the object's own operation refuses."""
        item = _item(scan, operation)
        if item is None:
            return None
        scan.plan.control(operation, stranger)
        parameter = _naming(item)[-1]
        shown: list[Exchange] = []
        for _ in range(2):
            identifier = scan.objects.identifier(item, parameter, owner, fresh=True)
            identifier = identifier if identifier is not None else scan.objects.identifier(item, parameter, owner)
            if identifier is None:
                raise NotEvaluatedError("no object belongs to one identity alone")
            refused = scan.sender.send(item, stranger, {parameter: identifier})
            listing = scan.sender.send(operation, stranger)
            scan.coverage.tried(self.id, str(operation))
            its_own = scan.sender.send(item, owner, {parameter: identifier})
            if refused.status not in REFUSALS or not its_own.ok or not _holds(listing.body, identifier):
                return None
            shown += [listing, refused]
        told = f"'{stranger.name}' is shown what belongs to '{owner.name}', and what {item} refuses"
        return self.finding(str(operation), told, *shown[-2:], identity=stranger.name)

    def _of_tenant(self, scan: Scan, operation: Operation, owner: Identity, stranger: Identity) -> Finding | None:
        """A list that is that of whatever tenant a query names."""
        for parameter in (one for one in operation.parameters if one.location == "query"):
            theirs, own = (scan.objects.tenant_of(one, parameter) for one in (owner, stranger))
            if theirs in (None, own):
                continue
            seen: list[Exchange] = []
            for _ in range(2):
                owned = identifiers_of(scan.sender.send(operation, owner, {parameter: theirs}).body)
                ordinary = identifiers_of(scan.sender.send(operation, stranger).body)
                made_up = identifiers_of(scan.sender.send(operation, stranger, {parameter: like(theirs)}).body)
                answer = scan.sender.send(operation, stranger, {parameter: theirs})
                scan.coverage.tried(self.id, f"{operation} {parameter}")
                seen += [answer] if answer.ok and (identifiers_of(answer.body) & owned) - ordinary - made_up else []
            if len(seen) == 2:  # noqa: PLR2004  # twice
                told = f"'{stranger.name}' gets the list of '{owner.name}' by naming the other tenant"
                return self.finding(f"{operation} {parameter}", told, *seen, identity=stranger.name)
        return None

    @staticmethod
    def _same(one: Exchange, two: Exchange) -> bool:
        """Whether two answers are about one thing: what does not change by itself is nearly all the same."""
        first, second = comparison.leaves(one), comparison.leaves(two)
        same = sum(first.get(place) == value for place, value in second.items())
        return comparison.alike(one, two) and same * 10 >= max(len(first), len(second)) * 7


class TenantLevel(ObjectLevel):
    """One tenant sees or changes the objects of another."""

    id = "tenant-level"
    tier = 1
    title = "Other tenants' objects are open"
    severity = Severity.CRITICAL
    cwe = 639
    bad = "return jobs[job_id]"
    good = "return jobs.where(id=job_id, tenant=caller.tenant)"
    mend = "Bind each query to the caller's tenant, in one place that no operation can go round."

    tenants = True


def _naming(operation: Operation, owner: Identity | None = None) -> list[Parameter]:
    """The parameters that name an object: those of the path, or else those of the query that are called as identifiers.

    So are those for which the description has a value of the owner's own.
    """
    own = owner.values if owner else {}
    path = [one for one in operation.parameters if one.location == "path"]
    return path or [one for one in operation.parameters if one.location == "query" and (one.noun or one.name in own)]


def _names_last(operation: Operation, parameter: Parameter) -> bool:
    """Whether a path ends with this parameter."""
    return operation.path.rstrip("/").endswith(f"{{{parameter.name}}}") and bool(_naming(operation))


def _item(scan: Scan, listing: Operation) -> Operation | None:
    """The operation that reads one object of a list."""
    below = f"{listing.path.rstrip('/')}/{{"
    items = (
        one for one in scan.target.operations if one.method == "GET" and one.path.startswith(below) and one.path.endswith("}")
    )
    return next((one for one in items if one.path.count("{") == listing.path.count("{") + 1), None)


def _unread_effect(scan: Scan, operation: Operation, owner: Identity, sender: Identity) -> Exchange | None:
    """The answer to a change that nothing reads, as it shows by itself: a second removal finds nothing, or it tells the object.

    A made-up identifier has to be refused, so that it is this object that was meant.
    """
    parameter = _naming(operation)[-1]
    identifier = scan.objects.identifier(operation, parameter, owner, fresh=True)
    if identifier is None:
        return None
    answer = scan.sender.send(operation, sender, {parameter: identifier}, owner=owner)
    nowhere = scan.sender.send(operation, sender, {parameter: like(identifier)}, owner=owner)
    if not answer.ok or nowhere.ok:
        return None
    if operation.method == "DELETE":
        again = scan.sender.send(operation, owner, {parameter: identifier})
        return answer if again.status in REFUSALS else None
    return answer if _holds(answer.body, identifier) else None


def _holds(body: Any, identifier: Any) -> bool:
    """Whether a body holds an identifier as one of its values."""
    if isinstance(body, dict | list):
        return any(_holds(value, identifier) for value in (body.values() if isinstance(body, dict) else body))
    return str(body) == str(identifier)


def _is_named(body: Any, owner: Identity, owning: re.Pattern[str] = OWNING) -> bool:
    """Whether a body names somebody as the one to whom it belongs."""
    if isinstance(body, list):
        return any(_is_named(value, owner, owning) for value in body)
    if not isinstance(body, dict):
        return False
    names = {owner.name.lower(), owner.username.lower(), owner.username.partition("@")[0].lower()} - {""}
    for key, value in body.items():
        if owning.search(str(key)) and isinstance(value, str | int) and str(value).lower() in names:
            return True
        if isinstance(value, dict | list) and _is_named(value, owner, owning):
            return True
    return False
