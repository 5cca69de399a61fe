"""Whether an operation really changed something, as the owner of the object sees it."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from SecurityLibrary.proof import comparison

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

LONGER = 1.5  # times as long as a change by another took


def done(answer: Exchange) -> bool:
    """Whether an answer says that what was wanted was done: as forms do, by leading on to a page that is not the sign-in."""
    return answer.ok or (bool(answer.location) and not answer.asks_to_sign_in)


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
    if sender is owner and scan.plan.possible_after_others(operation, owner, answer):
        return effect(scan, operation, owner, sender)
    after = scan.sender.send(read, owner, reading)
    leaves = [comparison.leaves(answer) for answer in before]
    changed = comparison.differ(leaves[1], comparison.leaves(after), comparison.changing(leaves))
    if identifier is None or not done(answer) or not before[0].ok or not changed:
        return None
    if sender is not owner and after.status == before[1].status:
        passed = (after.sent - before[0].sent).total_seconds()
        untouched, seen = _untouched(scan, read, path[-1], owner, LONGER * passed), comparison.leaves(after)
        if untouched and all(untouched.get(place) == seen.get(place) for place in changed):
            return None  # it becomes so by itself, as a job gets done
    return answer


def visible(
    scan: Scan,
    reads: Iterable[ScanOperation],
    identity: Identity,
    leaves: Callable[[Exchange], comparison.Leaves] = comparison.leaves,
    given: Callable[[ScanOperation], Mapping[InsertableParameter, Any] | None] = lambda _: None,
) -> comparison.Leaves:
    """All that some operations show an identity, by operation and place; what refuses shows nothing.

    Args:
        scan: The scan.
        reads: What is sent.
        identity: Who reads.
        leaves: What is taken of an answer.
        given: The values for an operation, in place of good ones.
    """
    seen: comparison.Leaves = {}
    for read in reads:
        answer = scan.sender.send(read, identity, given(read))
        if answer.ok:
            seen |= {f"{read} {place}": value for place, value in leaves(answer).items()}
    return seen


def _untouched(scan: Scan, read: ScanOperation, named: InsertableParameter, owner: Identity, seconds: float) -> comparison.Leaves:
    """What another new object says after so many seconds in which nobody touches it; empty where there is none."""
    identifier = scan.objects.identifier(read, named, owner, fresh=True) if read.last else None
    if identifier is None:
        return {}
    scan.sender.pause(seconds)
    answer = scan.sender.send(read, owner, {each: identifier for each in read.parameters if each.name == named.name})
    return comparison.leaves(answer) if answer.ok else {}
