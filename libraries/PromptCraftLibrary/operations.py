"""Each operation of the vocabulary, as it is sent to see who may."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PromptCraftLibrary.realm import Realm
    from theodore_qa.observing.checks import Checks

UNAUTHORISED = 401
MOST_SHOWN = 5


def each(realm: Realm) -> Iterator[tuple[str, str, Any]]:
    """Method, path and body of each operation; those that change something are about what there is not."""
    acts = {name: act.get("body") for name, act in dict(realm.words.get("acts", default={})).items()}
    for operation in (*realm.words.needed("operations"), *acts):
        method, _, path = operation.partition(" ")
        yield method, path, acts.get(operation)


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
