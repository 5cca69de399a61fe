"""Objects that somebody else has made, and that become one's own when they are added anew by what they are known by."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from SecurityLibrary.description import graphql
from SecurityLibrary.objects.identifiers import identifier_in, identifiers_of
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.probes.base import Probe
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

TWICE, ONCE_MORE = 2, 3  # times that an object is added: what is unique is refused the second time


def listing(scan: Scan, operation: ScanOperation) -> ScanOperation | None:
    """What lists the objects that an operation adds to; None where nothing does, or where it adds nothing."""
    if operation.method != "POST" or "{" in operation.route or graphql.reads(operation) or not operation.takes_json:
        return None
    lists = (each for each in scan.plan.operations if each.method == "GET" and each.route == operation.route)
    return next(lists, None) if not scan.authenticator.signs_in(operation) else None


def by_adding(probe: Probe, scan: Scan, operation: ScanOperation, owner: Identity, other_user: Identity) -> Finding | None:
    """A finding if a new object of the owner is the other user's once they add it as well, and the owner's no longer.

    The owner adding it a second time has to be refused: what there may be several of is nobody's in particular.
    """
    lists = listing(scan, operation)
    if lists is None:
        return None
    scan.plan.control(operation, owner)
    seen: list[Exchange] = []
    for _ in range(TWICE):
        added = _added(scan, operation, owner)
        if added is None:
            return None
        made, identifier = added
        if scan.sender.send(operation, owner, body=made.sent_body).ok:
            return None
        if identifier not in identifiers_of(scan.sender.send(lists, owner).body):
            return None
        claimed = scan.sender.send(operation, other_user, body=made.sent_body)
        scan.coverage.tried(probe.id, f"{operation} (added once more)")
        theirs = identifiers_of(scan.sender.send(lists, other_user).body)
        if not claimed.ok or identifier not in theirs or identifier in identifiers_of(scan.sender.send(lists, owner).body):
            return None
        seen.append(claimed)
    observed = f"what '{owner.name}' has added is that of '{other_user.name}' once they add it too, and no longer theirs"
    return probe.finding(str(operation), observed, *seen, identity=other_user.name)


def _added(scan: Scan, operation: ScanOperation, owner: Identity) -> tuple[Exchange, str] | None:
    """A new object that the owner has added, with its identifier; None where none is taken."""
    for _ in range(ONCE_MORE):
        with suppress(NotEvaluatedError):
            made = scan.sender.send(operation, owner)
            identifier = identifier_in(made.body, "id") if made.ok else None
            if identifier is not None:
                return made, str(identifier)
    return None
