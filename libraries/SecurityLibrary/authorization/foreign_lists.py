"""Lists that a request chooses by whose they are: by a tenant or an owner that it names itself."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any, TYPE_CHECKING
from urllib.parse import urlencode

from SecurityLibrary.description import graphql
from SecurityLibrary.identities import tenants
from SecurityLibrary.identities.profiles import ABOUT_ONESELF
from SecurityLibrary.objects.identifiers import identifiers_of, unknown_identifier
from SecurityLibrary.objects.ownership import OWNING
from SecurityLibrary.proof import comparison
from SecurityLibrary.values import other_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.probes.base import Probe
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

    Put = Callable[["Identity | None", Any], Exchange]

MOST_LISTS, MOST_SETTINGS = 3, 2  # what lists, and what shows settings: made-up headers are sent to those
MOST_NAMES = 3  # of an owner that are tried
MOST_SHOWING = 8  # operations that are asked for what an owner alone is shown
TWICE = 2
CONDITIONS = re.compile(r"(?i)filters?|where|query|conditions?|criteria|search|q|selector")
OWNERS = ("owner", "user", "username", "owner_id", "user_id", "userId", "ownerId", "author", "created_by", "createdBy", "member")


def by_tenant(
    probe: Probe,
    lists: dict[str, list[ScanOperation]],
    scan: Scan,
    operation: ScanOperation,
    owner: Identity,
    other_user: Identity,
) -> Finding | None:
    """A finding if what is shown is that of whatever tenant a parameter, a cookie or a header names, described or not.

    The first ``lists`` and settings by identity are looked up once; headers that are not described are sent to them alone.
    """
    places: list[tuple[str, InsertableParameter | str, Any]] = [
        (f"{operation} {parameter}", parameter, scan.objects.tenant_of(owner, parameter))
        for parameter in operation.parameters
        if parameter.location in ("query", "header", "cookie") or parameter == operation.last
        if scan.objects.tenant_of(owner, parameter) is not None
    ]
    described = {parameter.name.lower() for parameter in operation.parameters}
    if other_user.name not in lists:
        lists[other_user.name] = list(_first(scan, other_user))
    own_names = tenants.values_of(other_user, scan.objects.about(other_user))
    if operation in lists[other_user.name]:
        headers = [name for name in tenants.HEADERS if name.lower() not in described]
        for theirs in tenants.values_of(owner, scan.objects.about(owner)):
            if theirs not in own_names and not _ignored(scan, operation, other_user, headers, theirs):
                places += [(str(operation), name, theirs) for name in headers]
    for location, place, theirs in places:
        own = scan.objects.tenant_of(other_user, place) if not isinstance(place, str) else other_user.tenant
        if theirs in (None, own):
            continue
        in_path = not isinstance(place, str) and place.location == "path"
        put = partial(_put, scan, operation, place)
        owned = partial(_owned, scan, operation, owner)
        seen = _foreign(put, theirs, owned, (owner, other_user)) or _settings(put, theirs, owned, (owner, other_user))
        if not isinstance(place, str) and (not in_path or identifiers_of(put(owner, theirs).body)):
            scan.coverage.tried(probe.id, str(operation) if in_path else location)
        if seen and in_path and identifiers_of(put(None, theirs).body):
            continue  # it is open to everybody: that is meant, or an operation without authentication
        if seen:
            by = f" in the header {place}" if isinstance(place, str) else ""
            what = "the list" if identifiers_of(seen[0].body) else "what is shown to the tenant"
            observed = f"'{other_user.name}' gets {what} of '{owner.name}' by naming their tenant{by}"
            return probe.finding(location, observed, *seen, identity=other_user.name)
    return None


def by_owner(
    probe: Probe, read_by_others: set[str], scan: Scan, operation: ScanOperation, owner: Identity, other_user: Identity
) -> Finding | None:
    """A finding if a list is that of whoever a filter names, while no list shows the same to everybody.

    Objects that the other user may read one by one are meant to be listed, unless they are ``read_by_others`` by mistake.
    """
    for parameter in operation.parameters:
        filters = parameter.location == "query" or graphql.takes_variable(parameter)
        if not filters or parameter.noun or not OWNING.search(parameter.name.rpartition(".")[2]):
            continue
        put = partial(_put, scan, operation, parameter)
        for theirs in _names(owner):
            owned = put(owner, theirs)
            if not identifiers_of(owned.body):
                continue
            seen = _foreign(put, theirs, partial(_both, put, owner, theirs), (owner, other_user))
            scan.coverage.tried(probe.id, f"{operation} {parameter}")
            meant = _readable(scan, operation, other_user, identifiers_of(owned.body), read_by_others)
            if seen and not meant and not identifiers_of(put(None, theirs).body) & identifiers_of(owned.body):
                observed = f"'{other_user.name}' gets what belongs to '{owner.name}' by naming them in a filter"
                return probe.finding(f"{operation} {parameter}", observed, *seen, identity=other_user.name)
            break
    return None


def by_what_owners_see(
    probe: Probe, read_by_others: set[str], scan: Scan, operation: ScanOperation, owner: Identity, other_user: Identity
) -> Finding | None:
    """A finding if a filter by what the owner alone is shown, such as the plate of a car, brings what belongs to the owner.

    Without the filter each of them has to have a list of their own: what lists the same to both is a catalogue.
    """
    for parameter in operation.parameters:
        name = parameter.name.rpartition(".")[2]
        filters = parameter.location == "query" and parameter.kind == "string" and "enum" not in parameter.schema
        if not filters or parameter.noun or OWNING.search(name):
            continue
        put = partial(_put, scan, operation, parameter)
        own, others = identifiers_of(put(owner, None).body), identifiers_of(put(other_user, None).body)
        if not own or not others or own & others:
            continue
        for theirs in _shown_to_one(scan, name, owner, other_user):
            owned = identifiers_of(put(owner, theirs).body)
            if not owned:
                continue
            scan.coverage.tried(probe.id, f"{operation} {parameter}")
            seen = _foreign(put, theirs, partial(_both, put, owner, theirs), (owner, other_user))
            meant = _readable(scan, operation, other_user, owned, read_by_others)
            if seen and not meant and not identifiers_of(put(None, theirs).body) & owned:
                observed = f"'{other_user.name}' gets what belongs to '{owner.name}' by a {name} that is shown to them alone"
                return probe.finding(f"{operation} {parameter}", observed, *seen, identity=other_user.name)
            break
    return None


def _shown_to_one(scan: Scan, name: str, owner: Identity, other_user: Identity) -> list[Any]:
    """The first values of a property that the owner is shown by what lists or shows things, and the other user is not."""
    reads = [
        each
        for each in scan.plan.operations
        if graphql.reads(each) and not each.admin and each.secured is not False and "{" not in each.path
    ][:MOST_SHOWING]

    def values_for(identity: Identity) -> list[Any]:
        answers = (scan.sender.send(each, identity) for each in reads if not scan.plan.skip_reason(each))
        return [value for answer in answers if answer.ok for value in other_names.called(answer.body, name)]

    theirs = [value for value in dict.fromkeys(map(str, values_for(owner))) if value]
    return [value for value in theirs if value not in set(map(str, values_for(other_user)))][:TWICE] if theirs else []


def by_hidden_owner(
    probe: Probe, read_by_others: set[str], scan: Scan, operation: ScanOperation, owner: Identity, other_user: Identity
) -> Finding | None:
    """A finding if a filter by an owner, which the description does not have, brings what belongs to the owner.

    Objects that the other user may read one by one are meant to be listed, unless they are ``read_by_others`` by mistake.
    """
    if operation.method != "GET" or "{" in operation.route or "#" in operation.path:
        return None
    path = scan.plan.control(operation, other_user)[0].path
    described = {each.name.lower() for each in operation.parameters}
    names = [name for name in OWNERS if name.lower() not in described]

    def brought(filters: list[str], value: str) -> tuple[Exchange, set[str]]:
        query = urlencode(dict.fromkeys(filters, value))
        answer = scan.sender.request("GET", f"{path}{'&' if '?' in path else '?'}{query}", other_user)
        return answer, identifiers_of(answer.body) if answer.ok else set()

    theirs = identifiers_of(scan.sender.send(operation, owner).body) - identifiers_of(
        scan.sender.send(operation, other_user).body
    )
    if not theirs:
        return None
    scan.coverage.tried(probe.id, f"{operation} (filters by owner)")
    for value in _names(owner):
        if not brought(names, value)[1] & theirs:
            continue
        for name in names:
            seen = [brought([name], value) for _ in range(TWICE)]
            nobody = brought([name], f"qa-{value}")[1] | brought([f"qa_{name}"], value)[1]
            found = all(shows & theirs for _, shows in seen) and not nobody & theirs
            if found and not _readable(scan, operation, other_user, theirs, read_by_others):
                observed = f"'{other_user.name}' gets what belongs to '{owner.name}' by {name}={value}, which is not described"
                return probe.finding(str(operation), observed, *(answer for answer, _ in seen), identity=other_user.name)
    return None


def by_conditions(probe: Probe, scan: Scan, operation: ScanOperation, owner: Identity, other_user: Identity) -> Finding | None:
    """A finding if a parameter that takes conditions of any property brings what belongs to the owner."""
    for parameter in operation.parameters:
        if parameter.location != "query" or not CONDITIONS.fullmatch(parameter.name):
            continue
        theirs = identifiers_of(scan.sender.send(operation, owner).body)
        theirs -= identifiers_of(scan.sender.send(operation, other_user).body)
        if not theirs:
            continue
        scan.coverage.tried(probe.id, f"{operation} {parameter}")
        for key in OWNERS:
            for name in _names(owner):
                seen: list[Exchange] = []
                for _ in range(TWICE):
                    answer = scan.sender.send(operation, other_user, {parameter: json.dumps({key: name})})
                    seen += [answer] if answer.ok and identifiers_of(answer.body) & theirs else []
                nobody = scan.sender.send(operation, other_user, {parameter: json.dumps({key: f"qa-{name}"})}) if seen else None
                if len(seen) == TWICE and nobody is not None and not identifiers_of(nobody.body) & theirs:
                    observed = f"'{other_user.name}' gets what belongs to '{owner.name}' by a condition of {key}"
                    return probe.finding(f"{operation} {parameter}", observed, *seen, identity=other_user.name)
    return None


def _readable(scan: Scan, listing: ScanOperation, identity: Identity, known: set[str], by_mistake: set[str]) -> bool:
    """Whether an identity may read an object of a list by itself, by an operation that is not open by mistake."""
    below = f"{listing.route.rstrip('/')}/{{"
    items = (each for each in scan.plan.operations if each.method == "GET" and each.route.startswith(below))
    item = next((each for each in items if each.route.endswith("}") and each.route.count("{") == 1), None)
    if item is None or item.last is None or str(item) in by_mistake or not known:
        return False
    return scan.sender.send(item, identity, {item.last: min(known)}).ok


def _foreign(
    put: Put, theirs: Any, owners: Callable[[], list[Exchange]], identities: tuple[Identity, Identity]
) -> list[Exchange]:
    """The two answers that hold what the owner's list does, and neither the other user's own nor that of nobody; else none."""
    other_user = identities[1]
    seen: list[Exchange] = []
    for _ in range(TWICE):
        answer = put(other_user, theirs)
        brought = identifiers_of(answer.body) if answer.ok else set()
        if not brought or not (brought := brought & set().union(*(identifiers_of(each.body) for each in owners()))):
            return []
        for own in (*_names(other_user), None, unknown_identifier(theirs)):
            brought -= identifiers_of(put(other_user, own).body)
        if not brought:
            return []
        seen.append(answer)
    return seen


def _settings(
    put: Put, theirs: Any, owners: Callable[[], list[Exchange]], identities: tuple[Identity, Identity]
) -> list[Exchange]:
    """The two answers, of one object without an identifier, that show the owner's values, and other values to others."""
    other_user = identities[1]
    seen: list[Exchange] = []
    for _ in range(TWICE):
        own = [comparison.leaves(put(other_user, None)) for _ in range(TWICE)]
        answer, owned = put(other_user, theirs), owners()[0]
        if not answer.ok or not owned.ok or not isinstance(answer.body, dict) or identifiers_of(answer.body):
            return []
        foreign, mask = comparison.leaves(answer), comparison.changing(own)
        differing = set(comparison.differ(own[1], foreign, mask)) - {"status", "media"}
        if not differing or comparison.differ(foreign, comparison.leaves(owned), mask):
            return []
        nowhere = put(other_user, unknown_identifier(theirs))
        if nowhere.ok and not set(comparison.differ(comparison.leaves(nowhere), foreign, mask)) & differing:
            return []
        seen.append(answer)
    return seen


def _ignored(scan: Scan, operation: ScanOperation, identity: Identity, headers: list[str], theirs: Any) -> bool:
    """Whether no header of some makes a difference: all at once bring what none of them does."""
    together = scan.sender.send(operation, identity, headers=dict.fromkeys(headers, str(theirs)))
    without = scan.sender.send(operation, identity)
    return together.ok and not comparison.differ(comparison.of_items(together), comparison.of_items(without))


def _owned(scan: Scan, operation: ScanOperation, owner: Identity) -> list[Exchange]:
    return [scan.sender.send(operation, owner)]


def _both(put: Put, owner: Identity, theirs: Any) -> list[Exchange]:
    return [put(owner, theirs)]


def _names(identity: Identity) -> list[str]:
    """By what an API may call an identity."""
    names = (identity.username, identity.name, identity.username.partition("@")[0])
    return list(dict.fromkeys(name for name in names if name))[:MOST_NAMES]


def _put(
    scan: Scan, operation: ScanOperation, place: InsertableParameter | str, identity: Identity | None, value: Any
) -> Exchange:
    """Send an operation with a value in a parameter or in a header; without it for None, or with null in a body."""
    if isinstance(place, str):
        return scan.sender.send(operation, identity, headers={} if value is None else {place: str(value)})
    if place.location == "path":
        return scan.sender.send(operation, identity, {} if value is None else {place: value}, owner=identity or _whoever(scan))
    if value is None and place.location != "body":
        return scan.sender.send(operation, identity, {} if not place.required else {place: ""})
    return scan.sender.send(operation, identity, {place: value})


def _whoever(scan: Scan) -> Identity | None:
    """Whose good values a request of nobody has."""
    return next(iter(scan.target.identities.values()), None)


def _first(scan: Scan, identity: Identity) -> Iterator[ScanOperation]:
    """The first operations that list something to an identity, and those that show it settings."""
    lists = settings = 0
    for operation in scan.plan.operations:
        if not graphql.reads(operation) or operation.admin or operation.secured is False or "{" in operation.path:
            continue
        if lists >= MOST_LISTS and settings >= MOST_SETTINGS:
            return
        answer = scan.sender.send(operation, identity)
        listed = bool(identifiers_of(answer.body))
        single = answer.ok and isinstance(answer.body, dict) and bool(answer.body) and not ABOUT_ONESELF.search(operation.path)
        if listed and lists < MOST_LISTS:
            lists += 1
            yield operation
        elif single and not listed and settings < MOST_SETTINGS:
            settings += 1
            yield operation


def item_operation(scan: Scan, listing: ScanOperation) -> ScanOperation | None:
    """The operation that reads one object of a list."""
    below = f"{listing.path.rstrip('/')}/{{"
    items = (
        operation
        for operation in scan.plan.operations
        if operation.method == "GET" and operation.path.startswith(below) and operation.path.endswith("}")
    )
    return next((item for item in items if item.path.count("{") == listing.path.count("{") + 1), None)
