"""Sessions as the platform lists them: a person's own, and those of a tenant for its administrators."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TYPE_CHECKING

from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.display import compared, plural, written
from theodore_qa.systems import conformance, pointers
from theodore_qa.systems.conventions import instant

if TYPE_CHECKING:
    from datetime import datetime

    from PromptCraftLibrary.realm import Realm
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.exchange import Exchange

OK, MISSING = 200, 404
SAID_OF_THE_USER = {"user_id": "user_id", "username": "username", "organization": "organization"}


def moments(checks: Checks, stored: dict[str, Any], opened: Exchange) -> None:
    """Record whether a session in the store began when it was opened, and was active then."""
    margin = timedelta(seconds=context.environment.clock_tolerance + 1)
    begins, ends = opened.sent - margin, opened.sent + timedelta(seconds=opened.duration) + margin
    for name in ("created_at", "last_activity"):
        try:
            holds = begins <= instant(str(stored.get(name))) <= ends
        except ValueError:
            holds = False
        checks.that(f"sessions.stored_{name}", holds, "the moment at which it was opened", written(stored.get(name)))


def own(realm: Realm, session: dict[str, Any]) -> list[dict[str, Any]]:
    """The sessions that a person is shown of themselves; an answer that is no list is NOT EVALUATED."""
    return _listed(realm, str(realm.words.needed("session.own")), session)


def of_tenant(realm: Realm, session: dict[str, Any]) -> list[dict[str, Any]]:
    """The sessions that an administrator is shown."""
    return _listed(realm, str(realm.words.needed("tenant_bound.sessions.list")), session)


def sent(realm: Realm, way: str, number: str, session: dict[str, Any]) -> Exchange:
    """Read or remove a session by its id."""
    method, _, path = str(realm.words.needed(f"tenant_bound.sessions.{way}")).partition(" ")
    return realm.system.request(method, path.replace("{session_id}", number), token=session["access_token"])


def ids(listed: list[dict[str, Any]]) -> list[str]:
    """The ids of sessions in their order."""
    return [str(entry.get("session_id")) for entry in listed]


def _listed(realm: Realm, operation: str, session: dict[str, Any]) -> list[dict[str, Any]]:
    method, _, path = operation.partition(" ")
    answer = realm.system.request(method, path, token=session["access_token"])
    found = pointers.found(answer.body, "data") if answer.ok else None
    if not isinstance(found, list):
        raise NotEvaluatedError(f"Expected sessions from {operation}, observed {answer.status} with {answer.excerpt()}.")
    return [entry for entry in found if isinstance(entry, dict)]


def as_opened(checks: Checks, realm: Realm, entry: dict[str, Any], session: dict[str, Any], began: datetime) -> None:
    """Record whether an entry of a list says of a session what was said when it was opened, and when that was."""
    user = session["user"]
    expected = {name: user[field] for name, field in SAID_OF_THE_USER.items()}
    expected |= {"roles": ",".join(user["roles"]), "expires_at": session["expires_at"]}
    for name, value in expected.items():
        checks.that(f"sessions.listed_{name}", entry.get(name) == value, *compared(value, entry.get(name)))
    tolerance = timedelta(seconds=realm.system.environment.clock_tolerance)
    try:
        created, active = (instant(str(entry.get(name))) for name in ("created_at", "last_activity"))
        lasts = (instant(str(entry.get("expires_at"))) - created).total_seconds()
    except (TypeError, ValueError):
        checks.that("sessions.listed_moments", False, "moments", written([entry.get("created_at"), entry.get("last_activity")]))
        return
    ordered = began - tolerance <= created <= active
    observed = f"begun {created.isoformat()}, used {active.isoformat()}"
    checks.that("sessions.listed_moments", ordered, f"begun after {began.isoformat()}, used then or later", observed)
    seconds = int(realm.words.needed("session.seconds"))
    checks.that(
        "sessions.listed_length", abs(lasts - seconds) < 1, f"{seconds} s from its beginning to its end", f"{lasts:.0f} s"
    )


def open_in(checks: Checks, check: str, listed: list[dict[str, Any]], sessions: list[dict[str, Any]], *, there: bool) -> None:
    """Record whether a list holds sessions, once each, or none of them."""
    found = ids(listed)
    times = [found.count(str(session["session_id"])) for session in sessions]
    expected = f"{plural(len(sessions), 'session')} {'once each' if there else 'not there'}"
    checks.that(check, times == [int(there)] * len(sessions), expected, f"{written(times)} times of {len(found)}", n=len(found))


def ended(checks: Checks, check: str, answer: Exchange, number: str) -> None:
    """Record whether the end of a session was answered with its id."""
    conformance.answered(checks, check, OK, answer)
    named = answer.object().get("session_id") if answer.ok else None
    checks.equal(f"{check}_named", number, named)
