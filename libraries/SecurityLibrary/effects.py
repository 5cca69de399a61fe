"""Whether an operation really changed something, as the owner of the object sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary import comparison

if TYPE_CHECKING:
    from SecurityLibrary.operations import ScanOperation
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
    return answer if identifier is not None and answer.ok and before[0].ok and changed else None
