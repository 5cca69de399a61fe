"""Object-level authorization through the body (BOLA): changes whose body names an object of another user."""

from __future__ import annotations

import copy
import json
from typing import Any, TYPE_CHECKING

from SecurityLibrary.authorization import removals
from SecurityLibrary.description import graphql
from SecurityLibrary.description.insertion_points import put_in, value_at
from SecurityLibrary.description.nouns import noun_of
from SecurityLibrary.description.operations import FIRST
from SecurityLibrary.objects.identifiers import item_of, unknown_identifier
from SecurityLibrary.objects.ownership import is_open
from SecurityLibrary.proof import comparison
from SecurityLibrary.proof.effects import visible
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.probes.base import Probe
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

MOST_LOOKS = 8
SETTLING = 1.0  # seconds


def object_references(scan: Scan, operation: ScanOperation, owner: Identity) -> Iterator[tuple[InsertableParameter, Any]]:
    """The places in a body that name an object, with the owner's."""
    for parameter in operation.parameters:
        if parameter.location != "body":
            continue
        known = owner.values.get(f"{operation} {parameter.name}", owner.values.get(parameter.name))
        found = (
            known
            if known is not None or not noun_of(operation, parameter)
            else scan.objects.identifier(operation, parameter, owner)
        )
        if found is not None:
            yield parameter, found
        elif noun_of(operation, parameter):
            yield from ((parameter, each) for each in scan.objects.of_any_kind(operation, parameter, owner))


def used_by_other_user(
    probe: Probe, scan: Scan, operation: ScanOperation, owner: Identity, other_user: Identity
) -> Finding | None:
    """A finding if a change uses, or shows, the object of another user that its body names."""
    if reason := scan.plan.skip_reason(operation):
        raise NotEvaluatedError(reason)
    for parameter, identifier in object_references(scan, operation, owner):
        if parameter == operation.removed and removals.tell(scan, operation, parameter, owner):
            if found := removals.by_another(probe, scan, operation, parameter, (owner, other_user)):
                return found
            continue
        own = _own_before(scan, operation, parameter, other_user)
        for before in (None, own) if own is not None else (None,):  # where several are named, some look at the first one alone
            for subject in (identifier, None):  # the owner's, and one that is made for it: some can be used once alone
                if subject is None and scan.objects.identifier(operation, parameter, owner, fresh=True) is None:
                    continue
                if found := _used(probe, scan, _Place(scan, operation, parameter, before), subject, (owner, other_user)):
                    return found
    return None


def _own_before(scan: Scan, operation: ScanOperation, parameter: InsertableParameter, other_user: Identity) -> Any:
    """What the other user may name before a foreign object: one of their own, that is taken; None where one alone is named."""
    several = parameter.kind == "array" or (FIRST in parameter.pointer and operation.takes_json)
    if not several:
        return None
    own = scan.objects.identifier(operation, parameter, other_user, fresh=True) if noun_of(operation, parameter) else None
    if own is None:
        own = next((found for each, found in object_references(scan, operation, other_user) if each == parameter), None)
    own = own[0] if isinstance(own, list) and own else own
    taken = own not in (None, []) and scan.sender.send(operation, other_user, {parameter: own}).ok
    return own if taken else None


class _Place:
    """A place in a body that names an object, alone or behind one that is the sender's own."""

    def __init__(self, scan: Scan, operation: ScanOperation, parameter: InsertableParameter, before: Any = None) -> None:
        self.scan, self.operation, self.parameter, self.before = scan, operation, parameter, before

    def __str__(self) -> str:
        behind = " (behind one's own)" if self.before is not None else ""
        return f"{self.operation} {self.parameter}{behind}"

    @property
    def passes_over(self) -> bool:
        """Whether a made-up identifier among others is often passed over with a success."""
        return self.before is not None or self.parameter.kind == "array"

    def send(self, identity: Identity, identifier: Any) -> Exchange:
        """The answer to a request that names an object."""
        sender, operation, parameter = self.scan.sender, self.operation, self.parameter
        if self.before is None:
            return sender.send(operation, identity, {parameter: identifier})
        if parameter.kind == "array" and FIRST not in parameter.pointer:
            others = identifier if isinstance(identifier, list) else [identifier]
            return sender.send(operation, identity, {parameter: [self.before, *others]})
        content = sender.builder.composed(operation, {parameter: self.before}, identity, raw=False)[2]
        last = len(parameter.pointer) - 1 - parameter.pointer[::-1].index(FIRST)
        above, below = parameter.pointer[:last], parameter.pointer[last + 1 :]
        first = value_at(content, (*above, FIRST))
        value = [identifier] if parameter.kind == "array" else identifier
        both = [first, put_in(copy.deepcopy(first), below, value)]
        return sender.send(operation, identity, body=json.dumps(put_in(content, above, both)).encode())


def _used(probe: Probe, scan: Scan, place: _Place, subject: Any, identities: tuple[Identity, Identity]) -> Finding | None:
    """A finding for an object that is used or read, twice; for None two new ones.

    Where many may be named at once, a made-up one is often passed over with a success: it must have no effect then.
    """
    owner, other_user = identities
    operation, parameter = place.operation, place.parameter
    used: list[Exchange] = []
    disclosed: list[Exchange] = []
    for _ in range(2):
        identifier = subject if subject is not None else scan.objects.identifier(operation, parameter, owner, fresh=True)
        if identifier is None or scan.objects.belongs_to_both(operation, parameter, identities, identifier):
            return None
        scan.sender.pause(SETTLING if used else 0)  # what changed may have done so by itself
        nowhere = place.send(other_user, unknown_identifier(identifier))
        before = _looks(scan, owner)
        answer = place.send(other_user, identifier)
        after = _looks(scan, owner)
        scan.coverage.tried(probe.id, str(place))
        distinguished = not nowhere.ok or place.passes_over
        changed = set(comparison.differ(before, after)) if answer.ok and distinguished else set()
        if changed and changed - set(comparison.differ(after, _looks(scan, owner))):  # what changes always tells nothing
            used.append(answer)
        owned = scan.sender.send(operation, owner, {parameter: identifier})
        disclosed += (
            [answer] if _shows(answer, owned, identifier) and not _shows(nowhere, nowhere, unknown_identifier(identifier)) else []
        )
    for done, effect in ((used, "uses an object of '{}'"), (disclosed, "reads an object of '{}'")):
        if len(done) == 2:  # noqa: PLR2004  # twice
            behind = ", named behind one of their own" if place.before is not None else ""
            observed = f"'{other_user.name}' {effect.format(owner.name)}{behind}"
            return probe.finding(f"{operation} {parameter}", observed, *done, identity=other_user.name)
    return None


def disclosed_to_other_user(
    probe: Probe, scan: Scan, operation: ScanOperation, owner: Identity, other_user: Identity
) -> Finding | None:
    """A finding if another user reads a text that the owner has just put into an object, by naming it in a body."""
    if reason := scan.plan.skip_reason(operation):
        raise NotEvaluatedError(reason)
    for parameter, _ in object_references(scan, operation, owner):
        seen: list[Exchange] = []
        for _ in range(2):
            mark = f"qa{scan.random.number()}{scan.random.number()}"
            made = scan.objects.marked(operation, parameter, owner, mark)
            if made is None:
                break
            below = f"{made[1].path.rstrip('/')}/{{"
            items = [
                operation for operation in scan.plan.operations if operation.method == "GET" and operation.path.startswith(below)
            ]
            reads = [(item, {item.last: made[0]}) for item in items if item.last and item.path.endswith("}")]
            if any(mark in scan.sender.send(operation, other_user, given).text for operation, given in reads):
                break
            answer = scan.sender.send(operation, other_user, {parameter: made[0]})
            if is_open(item_of(answer.body, made[0])):
                break
            after = [answer, *(scan.sender.send(operation, other_user, given) for operation, given in reads)] if answer.ok else []
            scan.coverage.tried(probe.id, f"{operation} {parameter}")
            seen += [answer for answer in after if mark in answer.text][:1]
        if len(seen) == 2:  # noqa: PLR2004  # twice
            observed = f"'{other_user.name}' reads an object of '{owner.name}' through the body, and is refused otherwise"
            return probe.finding(f"{operation} {parameter}", observed, *seen, identity=other_user.name)
    return None


def _looks(scan: Scan, owner: Identity) -> comparison.Leaves:
    """All that an owner sees of what is theirs."""
    reads = [
        operation
        for operation in scan.plan.operations
        if graphql.reads(operation) and not operation.admin and operation.secured is not False
    ]
    reads.sort(key=lambda operation: any(graphql.takes_variable(parameter) for parameter in operation.parameters))
    return visible(scan, reads[:MOST_LOOKS], owner, comparison.of_items)


def _shows(answer: Exchange, owned: Exchange, identifier: Any) -> bool:
    """Whether an answer holds the object with an identifier, as it is shown to its owner, and not as one for everybody."""
    item, own = item_of(answer.body, identifier), item_of(owned.body, identifier)
    return answer.ok and item is not None and len(item) > 1 and item == own and not is_open(item)
