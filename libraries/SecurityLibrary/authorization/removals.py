"""Objects of others that a mutation removes: seen by what a second removal is answered, where nothing else shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary.objects.identifiers import scalars, unknown_identifier

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.probes.base import Probe
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

ROUNDS = 2


def tell(scan: Scan, operation: ScanOperation, parameter: InsertableParameter, owner: Identity) -> bool:
    """Whether the answers to an owner tell a removal from one of what is gone already."""
    identifier = scan.sender.builder.made_for_removal(operation, parameter, owner)
    done = [_removed(scan.sender.send(operation, owner, {parameter: identifier})) for _ in range(ROUNDS)]
    return done == [True, False]


def by_another(
    probe: Probe, scan: Scan, operation: ScanOperation, parameter: InsertableParameter, identities: tuple[Identity, Identity]
) -> Finding | None:
    """A finding if another user removes two objects that were made for it as their owner, whose own removals find nothing then.

    A made-up identifier is refused to the other user.
    """
    owner, other_user = identities
    removed: list[Exchange] = []
    for _ in range(ROUNDS):
        identifier = scan.sender.builder.made_for_removal(operation, parameter, owner)
        if scan.objects.belongs_to_both(operation, parameter, identities, identifier):
            return None
        nowhere = scan.sender.send(operation, other_user, {parameter: unknown_identifier(identifier)})
        answer = scan.sender.send(operation, other_user, {parameter: identifier})
        scan.coverage.tried(probe.id, f"{operation} {parameter}")
        left = _removed(scan.sender.send(operation, owner, {parameter: identifier}))
        if _removed(nowhere) or not _removed(answer) or left:
            return None
        removed.append(answer)
    observed = f"'{other_user.name}' removes an object of '{owner.name}', which is gone for its owner then"
    return probe.finding(f"{operation} {parameter}", observed, *removed, identity=other_user.name)


def _removed(answer: Exchange) -> bool:
    """Whether an answer says that something was removed: a success that does not only say no, or nothing."""
    values = list(scalars(answer.body))
    return answer.ok and not (values and all(value is False or value is None for value in values))
