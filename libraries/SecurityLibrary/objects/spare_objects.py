"""Further objects of the scan's own: new ones, or, where no more can be made, those that it made earlier."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from SecurityLibrary.objects.identifiers import identifiers_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.identities import Identity

MOST = 8


def another(
    scan: Scan, operation: ScanOperation, read: ScanOperation, identity: Identity | None, fits: Callable[[Any], bool]
) -> Any:
    """The identifier of an object that the scan has made for an identity and that ``fits`` as it is read; None without one."""
    last, where = operation.last, read.last
    if last is None or where is None:
        return None
    made = scan.objects.identifier(operation, last, identity, fresh=True)
    earlier = [] if made is not None else _earlier(scan, operation, identity)
    for identifier in ([made] if made is not None else earlier)[:MOST]:
        answer = scan.sender.send(read, identity, {where: identifier})
        if answer.ok and fits(answer.body):
            return identifier
    return None


def _earlier(scan: Scan, operation: ScanOperation, identity: Identity | None) -> list[str]:
    """The objects that a list shows to an identity, and that the scan has made: none that was there before it."""
    collection = operation.route.rpartition("/{")[0].rstrip("/")
    beside = [each for each in scan.plan.operations if each.route.rstrip("/") == collection]
    making = next((each for each in beside if each.method == "POST"), None)
    listing = next((each for each in beside if each.method == "GET"), None)
    if making is None or listing is None:
        return []
    listed = identifiers_of(scan.sender.send(listing, identity).body) & scan.objects.made
    return sorted(each for each in listed if not scan.sender.traces.existed(making, each))
