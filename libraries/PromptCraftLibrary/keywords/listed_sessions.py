"""Keywords about sessions in the lists of people and of administrators, who end them."""

from __future__ import annotations

import datetime as dt

from robotlibcore import keyword

from PromptCraftLibrary import ended_sessions, sign_on, stored_lists
from PromptCraftLibrary.realm import Realm
from theodore_qa.context import context
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import conformance

OK, MISSING = 200, 404


class ListedSessionKeywords:
    """Sessions that are listed, and ended by administrators."""

    @keyword(tags=("session",))
    def sessions_should_be_listed_and_ended(self, identity: str, *, administrator: str) -> None:
        """Opens two sessions, looks for them in the lists, has an administrator end the first, and looks again.

        The person's own list must hold both, with the values of their sign-on, and nobody else's; the administrator's holds them
        too, and a session that is read is the one that was listed. Of the ended one neither token is taken, it is in no list
        nor in the store, and cannot be ended again; the other goes on.

        Args:
            identity: Whose sessions they are.
            administrator: Another identity of the same tenant, which may end sessions.

        Example:

        ```robotframework
        Sessions Should Be Listed And Ended    analyst    administrator=admin
        ```
        """
        realm = Realm(context.system)
        began = dt.datetime.now(dt.UTC)
        first, second = (sign_on.session_of(realm, identity) for _ in range(2))
        above = sign_on.session_of(realm, administrator)
        checks = Checks("Listed sessions", identity)
        own, all_ = stored_lists.own(realm, second), stored_lists.of_tenant(realm, above)
        stored_lists.open_in(checks, "sessions.own_list", own, [first, second], there=True)
        others = {str(entry.get("user_id")) for entry in own} - {first["user"]["user_id"]}
        checks.that("sessions.own_list_alone", not others, "sessions of nobody else", f"{len(others)} others", n=len(own))
        stored_lists.open_in(checks, "sessions.tenant_list", all_, [first, second, above], there=True)
        missing = set(stored_lists.ids(own)) - set(stored_lists.ids(all_))
        checks.that(
            "sessions.lists_agree", not missing, "each own session in the tenant's list", f"{len(missing)} not", n=len(own)
        )
        entry = next((entry for entry in own if entry.get("session_id") == first["session_id"]), {})
        stored_lists.as_opened(checks, realm, entry, first, began)
        read = stored_lists.sent(realm, "read", first["session_id"], above)
        as_listed = read.ok and read.object() == entry
        checks.that("sessions.read_as_listed", as_listed, "the session as it was listed", read.excerpt())
        answer = stored_lists.sent(realm, "remove", first["session_id"], above)
        stored_lists.ended(checks, "sessions.ended_by_administrator", answer, first["session_id"])
        ended_sessions.tokens_refused(checks, "sessions.ended_access", "sessions.ended_renewal", realm, [first])
        conformance.answered(checks, "sessions.other_goes_on", OK, sign_on.profile(realm, second["access_token"]))
        ended_sessions.out_of_sight(checks, "ended", realm, [first], second)
        stored_lists.open_in(checks, "sessions.tenant_list_after", stored_lists.of_tenant(realm, above), [first], there=False)
        again = stored_lists.sent(realm, "remove", first["session_id"], above)
        conformance.answered(checks, "sessions.ended_once", MISSING, again)
        conformance.conform(checks, "sessions.contract", read, answer, again)
        checks.conclude()
