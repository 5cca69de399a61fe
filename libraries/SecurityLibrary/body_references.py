"""Objects of somebody else that are named in the body of a change."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from SecurityLibrary import comparison
from SecurityLibrary.objects import item_of, like, noun_of
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.operations import Operation, Parameter
    from SecurityLibrary.probes.base import Probe
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

MOST_LOOKS = 8


def borrowable(scan: Scan, operation: Operation, owner: Identity) -> Iterator[tuple[Parameter, Any]]:
    """The places in a body that name an object, with the owner's."""
    for parameter in operation.parameters:
        if parameter.location != "body":
            continue
        told = owner.values.get(parameter.name)
        found = (
            told
            if told is not None or not noun_of(operation, parameter)
            else scan.objects.identifier(operation, parameter, owner)
        )
        if found is not None:
            yield parameter, found


def used(probe: Probe, scan: Scan, operation: Operation, owner: Identity, stranger: Identity) -> Finding | None:
    """A change that names an object of somebody else in its body."""
    if reason := scan.plan.skip_reason(operation):
        raise NotEvaluatedError(reason)
    for parameter, identifier in borrowable(scan, operation, owner):
        if scan.objects.of_both(operation, parameter, (owner, stranger), identifier):
            continue
        used: list[Exchange] = []
        shown: list[Exchange] = []
        for _ in range(2):
            before = _looks(scan, owner)
            answer = scan.sender.send(operation, stranger, {parameter: identifier})
            after = _looks(scan, owner)
            nowhere = scan.sender.send(operation, stranger, {parameter: like(identifier)})
            scan.coverage.tried(probe.id, f"{operation} {parameter}")
            used += [answer] if answer.ok and not nowhere.ok and comparison.differ(before, after) else []
            owned = scan.sender.send(operation, owner, {parameter: identifier})
            shown += [answer] if _shows(answer, owned, identifier) and not _shows(nowhere, nowhere, like(identifier)) else []
        for done, told in ((used, "uses what belongs to '{}', who sees it"), (shown, "gets what belongs to '{}'")):
            if len(done) == 2:  # noqa: PLR2004  # twice
                observed = f"'{stranger.name}' {told.format(owner.name)}"
                return probe.finding(f"{operation} {parameter}", observed, *done, identity=stranger.name)
    return None


def shown(probe: Probe, scan: Scan, operation: Operation, owner: Identity, stranger: Identity) -> Finding | None:
    """What a stranger is shown of an object by naming it in a body: a text that its owner has just put into it."""
    if reason := scan.plan.skip_reason(operation):
        raise NotEvaluatedError(reason)
    for parameter, _ in borrowable(scan, operation, owner):
        seen: list[Exchange] = []
        for _ in range(2):
            mark = f"qa{scan.random.number()}{scan.random.number()}"
            made = scan.objects.marked(operation, parameter, owner, mark)
            if made is None:
                break
            below = f"{made[1].path.rstrip('/')}/{{"
            items = [one for one in scan.target.operations if one.method == "GET" and one.path.startswith(below)]
            reads = [(one, {one.last: made[0]}) for one in items if one.last and one.path.endswith("}")]
            if any(mark in scan.sender.send(one, stranger, given).text for one, given in reads):
                break
            answer = scan.sender.send(operation, stranger, {parameter: made[0]})
            after = [answer, *(scan.sender.send(one, stranger, given) for one, given in reads)] if answer.ok else []
            scan.coverage.tried(probe.id, f"{operation} {parameter}")
            seen += [one for one in after if mark in one.text][:1]
        if len(seen) == 2:  # noqa: PLR2004  # twice
            told = f"'{stranger.name}' is shown what belongs to '{owner.name}' and is refused otherwise"
            return probe.finding(f"{operation} {parameter}", told, *seen, identity=stranger.name)
    return None


def _looks(scan: Scan, owner: Identity) -> comparison.Leaves:
    """All that an owner sees of what is theirs."""
    reads = [one for one in scan.target.operations if one.method == "GET" and not one.admin and one.secured is not False]
    seen: comparison.Leaves = {}
    for one in reads[:MOST_LOOKS]:
        answer = scan.sender.send(one, owner)
        if answer.ok:
            seen |= {f"{one} {place}": value for place, value in comparison.leaves(answer).items()}
    return seen


def _shows(answer: Exchange, owned: Exchange, identifier: Any) -> bool:
    """Whether an answer holds the object with an identifier, as it is shown to its owner."""
    item, own = item_of(answer.body, identifier), item_of(owned.body, identifier)
    return answer.ok and item is not None and len(item) > 1 and item == own
