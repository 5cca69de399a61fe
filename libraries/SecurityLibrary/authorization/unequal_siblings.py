"""Removals that are open to whoever may neither make nor change what they remove."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from SecurityLibrary.objects.identifiers import scalars
from SecurityLibrary.proof.effects import done

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

REFUSED, TWICE = (401, 403), 2


def removed(scan: Scan, operation: ScanOperation, sender: Identity) -> list[Exchange] | None:
    """The two answers by which an identity removed new objects of another role; empty if it is refused, or may change them too.

    None where this says nothing: another role makes no such object, or nothing shows that it is gone.
    """
    beside = _siblings(scan, operation)
    if operation.last is None or not beside or scan.plan.skip_reason(operation):
        return None
    answers: list[Exchange] = []
    for _ in range(TWICE):
        maker, identifier = _made(scan, operation, sender)
        if maker is None or not _present(scan, operation, maker, identifier):
            return None
        for sibling in beside:
            given = {each: identifier for each in sibling.parameters if each == sibling.last}
            if scan.sender.send(sibling, sender, given, owner=maker).status not in REFUSED:
                return []
        answer = scan.sender.send(operation, sender, {operation.last: identifier}, owner=maker)
        if not done(answer) or _present(scan, operation, maker, identifier):
            return []
        answers.append(answer)
    return answers


def _siblings(scan: Scan, operation: ScanOperation) -> list[ScanOperation]:
    """The operations that make or change what another one removes."""
    route = operation.route.rstrip("/")
    return [
        each
        for each in scan.plan.operations
        if each.method in ("POST", "PUT", "PATCH")
        and each.route.rstrip("/") in (route, route.rpartition("/")[0])
        and not scan.plan.skip_reason(each)
    ]


def _made(scan: Scan, operation: ScanOperation, sender: Identity) -> tuple[Identity | None, Any]:
    """An object that an identity of another role has just made, and who made it."""
    for maker in scan.target.identities.values():
        if maker.role == sender.role or operation.last is None:
            continue
        identifier = scan.objects.identifier(operation, operation.last, maker, fresh=True)
        if identifier is not None and str(identifier) in scan.objects.made:
            return maker, identifier
    return None, None


def _present(scan: Scan, operation: ScanOperation, maker: Identity, identifier: Any) -> bool:
    """Whether the object, or a list, shows an object to whoever made it."""
    route = operation.route.rstrip("/")
    for read in scan.plan.operations:
        if read.method == "GET" and read.route.rstrip("/") in (route, route.rpartition("/")[0]):
            own = {each: identifier for each in read.parameters if each == read.last and read.route.rstrip("/") == route}
            answer = scan.sender.send(read, maker, own)
            if answer.ok and str(identifier) in map(str, scalars(answer.body)):
                return True
    return False
