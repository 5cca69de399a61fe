"""Whether an operation really changed something, as the owner of the object sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary import comparison

if TYPE_CHECKING:
    from SecurityLibrary.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity


def effect(scan: Scan, operation: ScanOperation, owner: Identity, sender: Identity | None = None) -> Exchange | None:
    """The answer to an operation that really changed something, as the object's owner sees it afterwards; else None.

    It is seen by reading the object, or else the list that it stands in.
    """
    path = [parameter for parameter in operation.parameters if parameter.location == "path"]
    reads = [
        candidate
        for candidate in scan.plan.operations
        if candidate.method == "GET" and f"{operation.path}/".startswith(f"{candidate.path}/")
    ]
    if not path or not reads:
        return None
    read = max(reads, key=lambda operation: len(operation.path))
    identifier = scan.objects.identifier(operation, path[-1], owner, fresh=True)
    reading = {parameter: identifier for parameter in read.parameters if parameter.name == path[-1].name}
    before = [scan.sender.send(read, owner, reading) for _ in range(2)]
    answer = scan.sender.send(operation, sender, {path[-1]: identifier}, owner=owner)
    after = scan.sender.send(read, owner, reading)
    leaves = [comparison.leaves(answer) for answer in before]
    changed = comparison.differ(leaves[1], comparison.leaves(after), comparison.changing(leaves))
    if identifier is None or not answer.ok or not before[0].ok or not changed:
        return None
    if sender is not owner and after.status == before[1].status:
        passed = (after.sent - before[1].sent).total_seconds()
        if set(changed) <= _by_itself(scan, read, path[-1], owner, passed):
            return None
    return answer


def _by_itself(scan: Scan, read: ScanOperation, named: InsertableParameter, owner: Identity, seconds: float) -> set[str]:
    """The places at which an object that was just made changes in so many seconds, although nobody touches it."""
    identifier = scan.objects.identifier(read, named, owner, fresh=True) if read.last else None
    if identifier is None:
        return set()
    reading = {parameter: identifier for parameter in read.parameters if parameter.name == named.name}
    seen = [scan.sender.send(read, owner, reading)]
    scan.sender.pause(seconds)
    seen.append(scan.sender.send(read, owner, reading))
    return comparison.changing([comparison.leaves(answer) for answer in seen]) if all(answer.ok for answer in seen) else set()
