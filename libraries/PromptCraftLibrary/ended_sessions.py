"""Sessions that have ended, by each way in which a session can be seen: its tokens, the lists, the store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, TYPE_CHECKING

from PromptCraftLibrary import sign_on, stored_lists
from PromptCraftLibrary.session_store import SessionStore
from theodore_qa.observing.display import written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PromptCraftLibrary.realm import Realm
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.exchange import Exchange

OK = 200


def renewed(realm: Realm, session: dict[str, Any]) -> Exchange:
    """The answer to the refresh token of a session."""
    answer = sign_on.sent(realm, "sign_on.renewal", json_body={"refresh_token": session["refresh_token"]})
    sign_on.keep(answer)
    return answer


def renewed_at_once(checks: Checks, realm: Realm, session: dict[str, Any]) -> None:
    """Record whether of two renewals by one refresh token at the same time one succeeds."""
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: renewed(realm, session), range(2)))
    statuses = sorted(answer.status for answer in answers)
    expected = f"{OK} once of 2 renewals at the same time"
    checks.that("sessions.renewed_at_once", statuses.count(OK) == 1, expected, written(statuses), n=2)


def tokens_refused(checks: Checks, check: str, renewal: str, realm: Realm, sessions: Sequence[dict[str, Any]]) -> None:
    """Record whether neither token of any of these sessions is taken."""
    for session in sessions:
        sign_on.refused(checks, check, sign_on.profile(realm, session["access_token"]), realm)
        sign_on.refused(checks, renewal, renewed(realm, session), realm)


def out_of_sight(checks: Checks, end: str, realm: Realm, sessions: Sequence[dict[str, Any]], present: dict[str, Any]) -> None:
    """Record whether sessions that have ended are in no list and not in the store, and do not come back with their person.

    Args:
        checks: that the observations are added to.
        end: how they ended, for the names of checks, such as log_out.
        realm: of the sessions.
        sessions: of one person, that have ended.
        present: a session of the same person that is open: one that goes on, or one that was opened since.
    """
    own = stored_lists.own(realm, present)
    stored_lists.open_in(checks, f"sessions.{end}_present", own, [present], there=True)
    stored_lists.open_in(checks, f"sessions.{end}_listed", own, list(sessions), there=False)
    for session in sessions:
        sign_on.refused(checks, f"sessions.{end}_still", sign_on.profile(realm, session["access_token"]), realm)
    if realm.system.entry.session_store:
        store = SessionStore(realm)
        *left, goes_on = (bool(store.session(session["session_id"])) for session in (*sessions, present))
        expected = f"the open session in the store, and 0 of {len(sessions)} that have ended"
        observed = f"{'the open one' if goes_on else 'not the open one'}, and {sum(left)} that have ended"
        checks.that(f"sessions.{end}_stored", goes_on and not any(left), expected, observed, n=1 + len(left))
