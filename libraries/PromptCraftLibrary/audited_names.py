"""What events of the audit trail call operations and resources, and which version they say has answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PromptCraftLibrary import auditing
from theodore_qa.observing.display import plural, written
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PromptCraftLibrary.realm import Realm
    from theodore_qa.observing.checks import Checks

MOST_SHOWN = 4


def told_apart(checks: Checks, realm: Realm, attempts: list[auditing.Attempt], events: list[dict[str, object]]) -> None:
    """Record whether no two operations are called the same in events, nor the resources of two lists."""
    own = _of(realm, attempts, events)
    named = [
        (
            str(pointers.found(event, "action.operation")),
            f"{pointers.found(event, 'action.method')} {pointers.found(event, 'action.endpoint')}",
        )
        for event in own
    ]
    _once(checks, "audit.operations_apart", named)
    lists = {str(kind["list"]) for kind in dict(realm.words.needed("tenant_bound")).values() if "list" in kind}
    by_list = [
        (str(pointers.found(event, "action.resource")), place)
        for event in own
        if (place := f"{pointers.found(event, 'action.method')} {pointers.found(event, 'action.endpoint')}") in lists
    ]
    _once(checks, "audit.resources_apart", by_list)


def _once(checks: Checks, check: str, named: Iterable[tuple[str, str]]) -> None:
    """Record whether each name is that of one operation."""
    whose: dict[str, set[str]] = {}
    for name, operation in named:
        whose.setdefault(name, set()).add(operation)
    shared = [f"{name} for {plural(len(held), 'operation')}" for name, held in whose.items() if len(held) > 1]
    expected = f"a name of its own for each of {len(set().union(*whose.values()))} operations"
    checks.that(check, bool(whose) and not shared, expected, "; ".join(shared[:MOST_SHOWN]) or expected, n=len(whose))


def of_this_version(checks: Checks, realm: Realm, attempts: list[auditing.Attempt], events: list[dict[str, object]]) -> None:
    """Record whether events name the version that the platform says it is."""
    stated = realm.words.needed("audit.version")
    method, _, path = str(stated["operation"]).partition(" ")
    version = pointers.found(realm.system.request(method, path, token="").body, str(stated["field"]))
    seen = sorted({str(pointers.found(event, "source.version")) for event in _of(realm, attempts, events)})
    checks.that("audit.version", seen == [version], f"{written(version)} in each event", written(seen), n=len(attempts))


def _of(realm: Realm, attempts: list[auditing.Attempt], events: list[dict[str, object]]) -> list[dict[str, object]]:
    """The events of requests."""
    numbers = {auditing.number_of(realm, attempt.answer) for attempt in attempts}
    return [event for event in events if str(pointers.found(event, realm.words.needed("audit.request"))) in numbers]
