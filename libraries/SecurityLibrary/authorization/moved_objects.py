"""Objects that are given away by a property beside those of the schema: to another tenant, or to another owner."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description.protected_properties import candidates, find, OWNERSHIP
from SecurityLibrary.proof.effects import done

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

AWAY, MOST_VALUES = (401, 403, 404, 410), 2
TENANTS = re.compile(r"(?i)tenant|org")


def given_away(
    scan: Scan, operation: ScanOperation, read: ScanOperation, identity: Identity | None
) -> dict[str, list[Exchange]] | None:
    """The properties by which objects of the scan's own went to somebody else, each with two changes; None where none is made.

    An object has gone where its maker cannot read it any more, or reads there whose it is; a made-up property has no such effect.
    """
    if operation.method == "POST" or operation.last is None or identity is None or read.route != operation.route:
        return None
    others = [each for each in scan.target.identities.values() if each.role != "admin" and each is not identity]
    gift = _Gift(scan, operation, read, identity)
    first = gift.seen(made) if (made := gift.made()) is not None else None
    if first is None or not first.ok or not others:
        return None
    taken: dict[str, list[Exchange]] = {}
    for name in (name for name in candidates(operation, first.body) if OWNERSHIP.search(name)):
        other = next((each for each in others if each.tenant != identity.tenant), others[0])
        for value in _values(scan, name, other)[:MOST_VALUES]:
            twice = [answer for _ in range(2) if (answer := gift.effect(name, value, other))]
            if len(twice) == 2 and not gift.effect(f"{name}_qa", value, other):  # noqa: PLR2004  # twice
                taken[name] = twice
                break
    return taken


def _values(scan: Scan, name: str, identity: Identity) -> list[Any]:
    """What a property of this name would hold for an identity: as the API reports it to them, then as the description has it."""
    reported = [find(body, name) for body in scan.objects.about(identity)]
    declared = [identity.tenant if TENANTS.search(name) else identity.username]
    return list(
        dict.fromkeys(each for each in (*reported, *declared) if isinstance(each, str | int) and each not in ("", "default"))
    )


class _Gift:
    """Objects that are made to be given away."""

    def __init__(self, scan: Scan, operation: ScanOperation, read: ScanOperation, identity: Identity) -> None:
        self.scan, self.operation, self.read, self.identity = scan, operation, read, identity
        self._left: Any = None  # an object that a change left as it was: what makes one may cost something

    def made(self) -> Any:
        last = self.operation.last
        left, self._left = self._left, None
        if left is not None:
            return left
        return self.scan.objects.identifier(self.operation, last, self.identity, fresh=True) if last else None

    def seen(self, identifier: Any) -> Exchange:
        given = {self.read.last: identifier} if self.read.last else {}
        return self.scan.sender.send(self.read, self.identity, given)

    def effect(self, name: str, value: Any, other: Identity) -> Exchange | None:
        """The answer to a change after which a new object is somebody else's; what cannot be read any more is taken back."""
        identifier = self.made()
        before = self.seen(identifier) if identifier is not None else None
        if before is None or not before.ok or find(before.body, name) == value or self.operation.last is None:
            return None
        given = {self.operation.last: identifier}
        answer = self.scan.sender.send(self.operation, self.identity, given, extra={name: value})
        if not done(answer):
            self._left = identifier if self.seen(identifier).body == before.body else None
            return None
        after = self.seen(identifier)
        if after.status in AWAY:
            own = _values(self.scan, name, self.identity)
            with self.scan.sender.traces.putting_back():
                self.scan.sender.send(self.operation, other, given, extra={name: own[0] if own else None})
                if not self.seen(identifier).ok:
                    self.scan.sender.traces.not_removed.append(f"{self.operation} {identifier}: it was given to '{other.name}'")
            return answer
        if after.ok and find(after.body, name) == value:
            return answer
        self._left = identifier if after.ok and after.body == before.body else None
        return None
