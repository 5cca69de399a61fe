"""Keywords about logout tokens, by which an identity provider ends sessions."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from robotlibcore import keyword

from PromptCraftLibrary import minted, provider_sessions, sign_on
from PromptCraftLibrary.realm import Realm
from theodore_qa import extras
from theodore_qa.context import context
from theodore_qa.errors import LackingError
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import conformance, oauth, tokens

OK, BAD_REQUEST = 200, 400
LONG_AGO = 3600  # seconds
# What is wrong with each, beside one with nothing wrong (OpenID Connect Back-Channel Logout 1.0, 2.6).
WRONG: dict[str, dict[str, Any]] = {
    "without an event": {"events": None},
    "with another event": {"events": {"https://events.example.test/other": {}}},
    "with a nonce": {"nonce": "qa"},
    "without an audience": {"aud": None},
    "for another audience": {"aud": "qa-another-program"},
    "without an issuer": {"iss": None},
    "of an access token's kind": {"typ": "Bearer"},
}


class LogOutTokenKeywords:
    """Logout tokens."""

    @keyword(tags=("session", "token"))
    def wrong_log_out_tokens_should_be_refused(self, identity: str | None = None) -> None:
        """Offers logout tokens that the realm's key signs and in which one entry is wrong, and checks that none ends a session.

        Tried are one without the event, with another event, with a nonce, without or for another audience, without or of another
        issuer, one of another kind, one that has expired, and the access token of the session itself. One with nothing wrong has
        to end the session afterwards. Where tokens by name and password name no session, one is taken by the provider's page.

        Args:
            identity: An identity of the environment; by default the first one.

        Raises:
            NotEvaluatedError: No key of the realm is at hand (``provider.realm_key_env`` of the vocabulary), or the provider's
                tokens name no session.

        Example:

        ```robotframework
        Wrong Log Out Tokens Should Be Refused    identity=analyst
        ```
        """
        extras.demand("cryptography", "logout tokens that are signed")
        realm = Realm(context.system)
        specimen = minted.Specimen.of(realm, identity)
        if not specimen.claims.get("sid") and realm.usual_flow == "password":
            specimen = minted.Specimen.of(realm, identity, "authorization_code")
        if not specimen.claims.get("sid"):
            text = "The provider's access tokens name no session (sid): a logout token for one cannot be made."
            raise LackingError(text, "provider.session_in_tokens")
        checks = Checks("Logout tokens", realm.system.identity(identity).name)
        opened = sign_on.open_session(realm, specimen.token)
        if sign_on.accepted(checks, "sessions.opened", opened):
            session = opened.object()
            right: dict[str, Any] = {
                "typ": "Logout",
                "events": {provider_sessions.LOGGED_OUT: {}},
                "sid": specimen.claims.get("sid"),
            }
            ended = {"iat": 1, "exp": int(specimen.claims.get("iat", LONG_AGO)) - LONG_AGO}
            wrong = WRONG | {"of another issuer": {"iss": minted.FOREIGN_ISSUER}, "that has expired": ended}
            offered = {name: specimen.minted(**right | changes) for name, changes in wrong.items()}
            for name, token in (offered | {"that is the access token": specimen.token}).items():
                answer = _offered(realm, token)
                observed = f"status {answer.status} {name}"
                checks.that("sessions.wrong_log_out_token", answer.status == BAD_REQUEST, f"status {BAD_REQUEST}", observed)
                known = sign_on.profile(realm, session["access_token"])
                conformance.answered(checks, "sessions.goes_on", OK, known)
            answer = _offered(realm, specimen.minted(**right))
            conformance.answered(checks, "sessions.right_log_out_token", OK, answer)
            count = answer.object().get("ended_sessions") if answer.ok else None
            checks.equal("sessions.ended_by_token_counted", 1, count)
            sign_on.refused(checks, "sessions.ended_by_token", sign_on.profile(realm, session["access_token"]), realm)
        checks.conclude()


def _offered(realm: Realm, token: str) -> Any:
    """The platform's answer to a logout token."""
    tokens.kept_unsigned(token, "a logout token that was offered")
    content = urlencode({"logout_token": token}).encode()
    return sign_on.sent(realm, "sign_on.log_out_by_provider", content=content, headers={"Content-Type": oauth.FORM})
