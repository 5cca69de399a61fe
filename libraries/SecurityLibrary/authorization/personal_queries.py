"""Queries that name a person or what is a person's own: another's in place of it, or both, of which one may be checked."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from SecurityLibrary.description.nouns import noun_of
from SecurityLibrary.exposure import private_data
from SecurityLibrary.objects.ownership import own_values
from SecurityLibrary.proof import comparison

if TYPE_CHECKING:
    from typing import Any

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.probes.base import Probe
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

TWICE = 2


def read_by_name(probe: Probe, scan: Scan, operation: ScanOperation, owner: Identity, other_user: Identity) -> Finding | None:
    """A finding if another user is answered as the owner where a query names the owner, or the two of them.

    What many may look up, such as what somebody has published, is none: it has to hold what concerns one alone.
    """
    for parameter in operation.parameters:
        theirs, own = (_value(scan, operation, parameter, identity) for identity in (owner, other_user))
        if parameter.location != "query" or theirs is None or own is None or theirs == own:
            continue
        owned = scan.sender.send(operation, owner, {parameter: theirs})
        mine, refused = (scan.sender.send(operation, other_user, {parameter: value}) for value in (own, theirs))
        if not owned.ok or not mine.ok or _alike(mine, owned):
            continue
        scan.coverage.tried(probe.id, str(operation))
        if _alike(refused, owned):
            again = scan.sender.send(operation, other_user, {parameter: theirs})
            nobody = scan.sender.send(operation, None, {parameter: theirs})
            if private_data.holds(owned.body) and _alike(again, owned) and not nobody.ok:
                observed = f"'{other_user.name}' reads what concerns '{owner.name}' by naming them in {parameter.name}"
                return probe.finding(f"{operation} {parameter}", observed, refused, again, identity=other_user.name)
            continue
        for first, second in ((own, theirs), (theirs, own)):
            query = urlencode([(parameter.name, first), (parameter.name, second)])
            path = mine.path.replace(urlencode({parameter.name: own}), query)
            seen = [scan.sender.request(operation.method, path, other_user) for _ in range(TWICE)]
            if path != mine.path and all(
                _alike(answer, scan.sender.send(operation, owner, {parameter: theirs})) for answer in seen
            ):
                observed = f"'{other_user.name}' reads an object of '{owner.name}' by naming {parameter.name} twice"
                return probe.finding(f"{operation} {parameter}", observed, *seen, identity=other_user.name)
    return None


def _value(scan: Scan, operation: ScanOperation, parameter: InsertableParameter, identity: Identity) -> Any:
    """An identity's own value for a place of a query that names an object or a person; None where it has none."""
    if parameter.location != "query":
        return None
    if known := own_values(operation, parameter, identity):
        return known[0]
    names = {each for other in scan.target.identities.values() for each in (other.username, other.name) if each}
    if parameter.schema.get("example") in names:
        return identity.username or identity.name
    return scan.objects.identifier(operation, parameter, identity) if noun_of(operation, parameter) else None


def _alike(answer: Exchange, owned: Exchange) -> bool:
    """Whether an answer is that of the owner."""
    return answer.ok and not comparison.differ(comparison.leaves(answer), comparison.leaves(owned))
