"""What a scan leaves in the system under test: objects that it made, which it removes, and values, which it puts back."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TYPE_CHECKING
from urllib.parse import unquote

from SecurityLibrary.description.insertion_points import value_at
from SecurityLibrary.identities.made_identity import MadeIdentity
from SecurityLibrary.objects.identifiers import identifier_in, identifiers_of, scalars
from SecurityLibrary.values import known_values
from theodore_qa.errors import QaError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

CHANGING = ("PUT", "PATCH")
CREATED, GONE = 201, (404, 410)
MISSING = object()
MOST_TRIES = 3  # to put a value back, after which the last one is at the end


class Requests(Protocol):
    """What sends the requests of a scan, and the operations that it may send."""

    operations: list[ScanOperation]
    administrators: list[Identity]

    def send(
        self,
        operation: ScanOperation,
        identity: Identity | None,
        given: Mapping[InsertableParameter, Any] | None = None,
        *,
        extra: dict[str, Any] | None = None,
    ) -> Exchange:
        """Send an operation."""

    def request(self, method: str, path: str, identity: Identity | None = None) -> Exchange:
        """Send a request to a path."""


@dataclass
class Change:
    """An object that was there before the scan, as it was when the scan first changed it."""

    operation: ScanOperation
    identity: Identity | None
    path: str
    before: Any
    shown_at: str  # where the object is read: at the path itself, or above it
    extras: set[str] = field(default_factory=set)  # properties beside those of the schema that were sent
    changed: bool = False
    refused: str = ""  # why it could not be put back, where it is not tried again before the end
    tries: int = 0  # that were in vain

    @property
    def names_the_identity(self) -> bool:
        """Whether the object holds the name by which the identity signs in."""
        name = self.identity.username if self.identity else ""
        return bool(name) and any(value == name for value in self.values.values())

    @property
    def values(self) -> dict[InsertableParameter, Any]:
        """The values of before that the operation can write."""
        found = {
            parameter: _value_in(self.before, parameter.pointer)
            for parameter in self.operation.parameters
            if parameter.location == "body"
        }
        return {parameter: value for parameter, value in found.items() if value is not MISSING}

    @property
    def named(self) -> dict[InsertableParameter, Any]:
        """What the path names: it is this object that is put back, and no other one of the same kind."""
        parts = zip(self.operation.route.split("/"), self.path.split("/"), strict=False)
        named = {part[1:-1]: unquote(value) for part, value in parts if part.startswith("{") and part.endswith("}")}
        path = (parameter for parameter in self.operation.parameters if parameter.location == "path")
        return {parameter: named[parameter.name] for parameter in path if parameter.name in named}

    def differences(self, now: Any) -> list[str]:
        """What is other than before."""
        pointers = {parameter.name: parameter.pointer for parameter in self.values} | {name: (name,) for name in self.extras}
        pairs = {name: (_value_in(self.before, pointer), _value_in(now, pointer)) for name, pointer in pointers.items()}
        return [f"{name}: {_text(was)} → {_text(is_now)}" for name, (was, is_now) in pairs.items() if _text(was) != _text(is_now)]


class Traces:
    """Knows what a scan made and what it changed; safe to use from several threads."""

    def __init__(self, sender: Requests) -> None:
        self.sender = sender
        self.not_put_back: list[str] = []  # at the last time
        self.not_removed: list[str] = []
        self._made: dict[tuple[str, str], tuple[ScanOperation, Identity | None]] = {}
        self._identifiers: set[str] = set()  # of what was made
        self._existing: dict[tuple[str, str], set[str]] = {}  # identifiers that a list had before, by collection and identity
        self._changes: dict[tuple[str, str, str], Change | None] = {}
        self._lock = threading.RLock()
        self._busy = threading.local()

    @property
    def left(self) -> list[str]:
        """What could not be put back or removed."""
        return [*self.not_put_back, *self.not_removed]

    def renames(self, operation: ScanOperation, identity: Identity | None, path: str, content: Any) -> bool:
        """Whether a request changes the name by which an identity signs in: it goes out alone, and is put back at once."""
        change = self._changes.get(self._key(operation, identity, path.partition("?")[0]))
        if change is None or identity is None or not change.names_the_identity:
            return False
        names = [parameter.pointer for parameter, value in change.values.items() if value == identity.username]
        return any(value_at(content, pointer) not in (None, identity.username) for pointer in names)

    # Before and after each request of the scan

    def before(self, operation: ScanOperation, identity: Identity | None, path: str, extra: Mapping[str, Any] | None) -> None:
        """Look at what a request may change or add to, before it goes out for the first time."""
        if operation.safe or self.restoring:
            return
        if operation.method == "POST":
            self._list_before(operation, identity, path)
            return
        where = path.partition("?")[0]
        if operation.method not in CHANGING or isinstance(identity, MadeIdentity) or self._is_own(where):
            return
        key = self._key(operation, identity, where)
        with self._lock:
            if key not in self._changes:
                self._changes[key] = None  # looked at once, not again by the request of the look
                if (read := self._look(operation, identity, where)) is not None:
                    self._changes[key] = Change(operation, identity, where, read.body, where)
                elif (above := self._look_above(operation, identity, where)) is not None:
                    part = Change(operation, identity, where, above.body, where.rpartition("/")[0])
                    self._changes[key] = part if part.values else None
            if (change := self._changes[key]) is not None:
                change.extras |= set(extra or ())

    def after(self, operation: ScanOperation, identity: Identity | None, path: str, answer: Exchange, *, renamed: bool) -> None:
        """Note what a request made or changed; the name by which an identity signs in is put back at once."""
        if operation.safe or self.restoring:
            return
        if operation.method == "POST" and (answer.ok or answer.location):
            self._note(operation, identity, path, answer)
        change = self._changes.get(self._key(operation, identity, path.partition("?")[0]))
        if change is None:
            return
        change.changed = True
        change.refused = change.refused if change.tries >= MOST_TRIES else ""
        if renamed:
            self._put_back(change)

    def is_own(self, identifier: Any) -> bool:
        """Whether the scan made the object with an identifier."""
        return str(identifier) in self._identifiers

    def existed(self, operation: ScanOperation, identifier: Any) -> bool:
        """Whether a list that an operation adds to had an identifier before the scan added anything."""
        route = operation.route.rstrip("/")
        return any(where == route and str(identifier) in known for (where, _), known in self._existing.items())

    # At the end

    def put_back(self, *, at_end: bool = False) -> None:
        """Put all values back that were changed, and check that they are.

        What cannot be is tried again where something was sent to it since, a few times; and ``at_end`` all of it is.
        """
        self.not_put_back = []
        for change in [change for change in self._changes.values() if change is not None and change.changed]:
            if change.refused and not at_end:
                self.not_put_back.append(change.refused)
            else:
                self._put_back(change)

    def remove(self, together: int = 1) -> None:
        """Remove what the scan made, where the system has an operation for it; as many at once as may go ``together``.

        What was made first goes last: it may be a part of what was made after it.
        """
        with self._lock:
            made, self._made, self._identifiers = self._made, {}, set()
        kinds: dict[str, list[tuple[str, str, ScanOperation, Identity | None]]] = {}
        for (route, identifier), (making, identity) in made.items():
            kinds.setdefault(str(making), []).append((route, identifier, making, identity))
        with ThreadPoolExecutor(together, thread_name_prefix="remove") as pool:
            for objects in reversed(kinds.values()):
                list(pool.map(lambda each: self._remove(*each), reversed(objects)))

    def _remove(self, route: str, identifier: str, making: ScanOperation, identity: Identity | None) -> None:
        removing = self._removing(making)
        if removing is None or removing.last is None:
            return
        refused = "nobody may"
        for whose in dict.fromkeys((identity, *self.sender.administrators)):
            try:
                with self.putting_back():
                    answer = self.sender.send(removing, whose, {removing.last: identifier})
            except QaError as error:
                refused = str(error)
                continue
            if answer.ok or answer.status in GONE:
                return
            refused = f"its removal was answered {answer.status}"
        self.not_removed.append(f"{route}/{identifier}: {refused}")

    def _removing(self, making: ScanOperation) -> ScanOperation | None:
        """The operation that removes what another one makes."""
        below = f"{making.route.rstrip('/')}/{{"
        return next(
            (
                operation
                for operation in self.sender.operations
                if operation.method == "DELETE"
                and operation.route.startswith(below)
                and operation.route.endswith("}")
                and operation.route.count("{") == 1
            ),
            None,
        )

    @contextmanager
    def putting_back(self) -> Iterator[None]:
        """The requests of this thread put something back: they are no changes, and go out after a stop and beyond the budget."""
        before = self.restoring
        self._busy.is_set = True
        try:
            yield
        finally:
            self._busy.is_set = before

    @property
    def restoring(self) -> bool:
        """Whether the requests of this thread put something back."""
        return getattr(self._busy, "is_set", False)

    def _key(self, operation: ScanOperation, identity: Identity | None, where: str) -> tuple[str, str, str]:
        return str(operation), where, identity.name if identity else ""

    def _is_own(self, where: str) -> bool:
        return any(part in self._identifiers for part in where.split("/") if part)

    def _look(self, operation: ScanOperation, identity: Identity | None, where: str) -> Exchange | None:
        """The object that an operation writes, as it is read; None where nothing reads it."""
        reads = any(each.method == "GET" and each.route == operation.route for each in self.sender.operations)
        if not reads:
            return None
        try:
            with self.putting_back():
                answer = self.sender.request("GET", where, identity)
        except QaError:
            return None
        return answer if answer.ok and isinstance(answer.body, dict | list) else None

    def _look_above(self, operation: ScanOperation, identity: Identity | None, where: str) -> Exchange | None:
        """The object of which an operation writes a part, such as PUT /users/{name}/email; None where nothing reads it."""
        above, _, part = operation.route.rpartition("/")
        reads = any(each.method == "GET" and each.route == above for each in self.sender.operations)
        if not reads or not above.endswith("}") or part.startswith("{"):
            return None
        try:
            with self.putting_back():
                answer = self.sender.request("GET", where.rpartition("/")[0], identity)
        except QaError:
            return None
        return answer if answer.ok and isinstance(answer.body, dict) else None

    def _list_before(self, operation: ScanOperation, identity: Identity | None, path: str) -> None:
        route, name = operation.route.rstrip("/"), identity.name if identity else ""
        with self._lock:
            if (route, name) in self._existing:
                return
            self._existing[route, name] = set()
            below = any(each.method == "DELETE" and each.route.startswith(f"{route}/{{") for each in self.sender.operations)
            if below and (listed := self._look(operation, identity, path.partition("?")[0])) is not None:
                self._existing[route, name] = {*map(str, scalars(listed.body)), *identifiers_of(listed.body)}

    def _note(self, operation: ScanOperation, identity: Identity | None, path: str, answer: Exchange) -> None:
        route = operation.route.rstrip("/")
        removing = self._removing(operation)
        if removing is None or removing.last is None or "{" in route:
            return
        leads_to = known_values.located(answer, route)
        named = identifier_in(answer.body, removing.last.name)
        identifier = named if named is not None else leads_to
        if identifier is None or self.existed(operation, identifier):
            return
        listed = any(each.method == "GET" and each.route.rstrip("/") == route for each in self.sender.operations)
        if listed or answer.status == CREATED or leads_to is not None:
            with self._lock:
                self._made[path.partition("?")[0].rstrip("/"), str(identifier)] = operation, identity
                self._identifiers.add(str(identifier))

    def _put_back(self, change: Change) -> None:
        """Write what was there before, and read it."""
        try:
            with self.putting_back():
                now = self.sender.request("GET", change.shown_at, change.identity)
                if not now.ok or change.differences(now.body):
                    extras = {name: _value_in(change.before, (name,)) for name in change.extras}
                    extra = {name: None if was is MISSING else was for name, was in extras.items()}
                    self.sender.send(change.operation, change.identity, change.named | change.values, extra=extra or None)
                    now = self.sender.request("GET", change.shown_at, change.identity)
        except QaError as error:
            wrong = [str(error)]
        else:
            wrong = change.differences(now.body) if now.ok else [f"it is answered {now.status}"]
        change.changed = bool(wrong)
        if wrong:
            change.refused = f"{change.operation}: {', '.join(wrong)}"
            change.tries += 1
            self.not_put_back.append(change.refused)


def _value_in(body: Any, pointer: tuple[str, ...]) -> Any:
    """The value at a pointer of a body, or of the object in its envelope; MISSING where there is none."""
    bodies = [body, *(body.values() if isinstance(body, dict) else ())]
    for each in bodies:
        if isinstance(each, dict) and pointer and pointer[0] in each:
            return value_at(each, pointer)
    return MISSING


def _text(value: Any) -> str:
    return "nothing" if value is MISSING or value is None else repr(value)
