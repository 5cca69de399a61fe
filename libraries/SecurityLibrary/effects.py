"""Whether an operation really changed something, as the owner of the object sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary import comparison

if TYPE_CHECKING:
    from SecurityLibrary.operations import Operation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity


def effect(scan: Scan, operation: Operation, owner: Identity, sender: Identity | None = None) -> Exchange | None:
    """The answer to an operation that really changed something, as the object's owner sees it afterwards; else None.

    It is seen by reading the object, or else the list that it stands in.
    """
    path = [one for one in operation.parameters if one.location == "path"]
    reads = [one for one in scan.target.operations if one.method == "GET" and f"{operation.path}/".startswith(f"{one.path}/")]
    if not path or not reads:
        return None
    read = max(reads, key=lambda one: len(one.path))
    identifier = scan.objects.identifier(operation, path[-1], owner, fresh=True)
    reading = {one: identifier for one in read.parameters if one.name == path[-1].name}
    before = [scan.sender.send(read, owner, reading) for _ in range(2)]
    answer = scan.sender.send(operation, sender, {path[-1]: identifier}, owner=owner)
    after = scan.sender.send(read, owner, reading)
    told = [comparison.leaves(one) for one in before]
    changed = comparison.differ(told[1], comparison.leaves(after), comparison.changing(told))
    return answer if identifier is not None and answer.ok and before[0].ok and changed else None
