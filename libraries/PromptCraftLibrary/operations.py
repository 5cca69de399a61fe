"""Each operation of the vocabulary, as it is sent to see who may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PromptCraftLibrary.realm import Realm
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.exchange import Exchange

OK, UNAUTHORISED, FORBIDDEN = 200, 401, 403
NO_PERMISSION = "-"
MOST_SHOWN = 5


@dataclass(frozen=True)
class Cell:
    """One cell of the access matrix: an operation, and the status with which it has to be answered."""

    operation: str
    body: Any
    status: int

    def sent(self, realm: Realm, token: str) -> Exchange:
        """The answer to the operation."""
        method, _, path = self.operation.partition(" ")
        return realm.system.request(method, path, json_body=self.body, token=token)


def row(realm: Realm, permitted: Sequence[str] | None) -> list[Cell]:
    """The row of the access matrix of who has these permissions; None for whoever has not signed in."""

    def status(needs: str | Sequence[str], success: int) -> int:
        if permitted is None:
            return UNAUTHORISED
        due = {needs} if isinstance(needs, str) else set(needs)
        return success if due - {NO_PERMISSION} <= set(permitted) else FORBIDDEN

    reads = [Cell(name, None, status(needs, OK)) for name, needs in realm.words.needed("operations").items()]
    acts = dict(realm.words.get("acts", default={})).items()
    return reads + [Cell(name, act.get("body"), status(act["needs"], act["answer"])) for name, act in acts]


def kept(checks: Checks, check: str, realm: Realm, token: str, permitted: Sequence[str], roles: str) -> None:
    """Record whether each operation is answered as to whoever has these permissions, which come of the roles that are named."""
    cells = row(realm, permitted)
    off = [f"{status} for {cell.operation}" for cell in cells if (status := cell.sent(realm, token).status) != cell.status]
    expected = f"the status of each of {plural(len(cells), 'operation')} with {roles}"
    checks.that(check, not off, expected, "; ".join(off[:MOST_SHOWN]) or expected, n=len(cells))


def changed(checks: Checks, check: str, realm: Realm, token: str, before: Sequence[str], after: Sequence[str]) -> None:
    """Record whether each operation that a change of permissions opens or closes is answered as after the change."""
    rows = zip(row(realm, before), row(realm, after), strict=True)
    due = [new for old, new in rows if new.status != old.status]
    off = [f"{status} for {cell.operation}" for cell in due if (status := cell.sent(realm, token).status) != cell.status]
    expected = f"the status of the new role for each of {plural(len(due), 'operation')}"
    checks.that(check, bool(due) and not off, expected, "; ".join(off[:MOST_SHOWN]) or expected, n=len(due))


def each(realm: Realm) -> Iterator[tuple[str, str, Any]]:
    """Method, path and body of each operation; those that change something are about what there is not."""
    acts = {name: act.get("body") for name, act in dict(realm.words.get("acts", default={})).items()}
    for operation in (*realm.words.needed("operations"), *acts):
        method, _, path = operation.partition(" ")
        yield method, path, acts.get(operation)


def use(realm: Realm, token: str) -> None:
    """Send each operation, whatever is answered."""
    for method, path, body in each(realm):
        realm.system.request(method, path, json_body=body, token=token)


def closed(checks: Checks, check: str, realm: Realm, token: str) -> None:
    """Record whether each operation refuses a token, that of a session which has ended."""
    opened, count = [], 0
    for method, path, body in each(realm):
        count += 1
        answer = realm.system.request(method, path, json_body=body, token=token)
        if answer.status != UNAUTHORISED:
            opened.append(f"status {answer.status} for {method} {path}")
    expected = f"status 401 for each of {plural(count, 'operation')}"
    observed = "; ".join(opened[:MOST_SHOWN]) or expected
    checks.that(check, not opened, expected, observed, n=count)
