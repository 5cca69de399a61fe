"""Keywords about ID tokens that a sign-on brings beside its access token."""

from __future__ import annotations

import time
from typing import Any, TYPE_CHECKING

from robotlibcore import keyword

from PromptCraftLibrary import minted, sign_on
from PromptCraftLibrary.realm import Realm
from theodore_qa import extras
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import tokens

if TYPE_CHECKING:
    from collections.abc import Callable

HOUR, MINUTES = 3600, 120
# What somebody makes who has no key of the realm.
FORGED = ("tampered", "unsigned", "algorithm confusion", "unknown key", "embedded key")


def _ended(ago: int) -> dict[str, Any]:
    return {"iat": int(time.time()) - 2 * HOUR, "exp": int(time.time()) - ago}


# What is wrong with each that the realm's key signs; None leaves an entry out.
WRONG: dict[str, Callable[[], dict[str, Any]]] = {
    "expired": lambda: _ended(HOUR),
    "just expired": lambda: _ended(MINUTES),
    "not yet valid": lambda: {"nbf": int(time.time()) + HOUR, "exp": int(time.time()) + 2 * HOUR},
    "without end": lambda: {"exp": None},
    "without audience": lambda: {"aud": None},
    "other audience": lambda: {"aud": "qa-another-program"},
    "without issuer": lambda: {"iss": None},
    "other issuer": lambda: {"iss": minted.FOREIGN_ISSUER},
    "without subject": lambda: {"sub": None},
}


class IdTokenKeywords:
    """ID tokens."""

    @keyword("ID Tokens Should Be Verified", tags=("sign-on", "token"))
    def id_tokens_should_be_verified(self, identity: str | None = None) -> None:
        """Offers ID tokens that are not to be believed beside a genuine access token, and checks that none opens a session.

        Tried are ones that are changed, unsigned, signed by others, and the access token itself in place of the ID token. With
        the realm's own key (``provider.realm_key_env`` of the vocabulary) there are more, each with one wrong entry: expired an
        hour or two minutes ago, not yet valid, without an end, an audience, an issuer or a subject, for or of others,
        and for or of those whose names begin as the right ones do. The
        genuine ID token has to open a session, and so has one that this key signs with nothing wrong.

        Args:
            identity: An identity of the environment; by default the first one.

        Raises:
            NotEvaluatedError: The provider gives no ID token, or no key of the realm is at hand.

        Example:

        ```robotframework
        ID Tokens Should Be Verified    analyst
        ```
        """
        extras.demand("cryptography", "tokens that are signed")
        realm = Realm(context.system)
        name = realm.system.identity(identity).name
        granted = realm.grant(name, "authorization_code")
        genuine = granted.body.get("id_token")
        parts = tokens.claims_of(genuine) if isinstance(genuine, str) else None
        if parts is None:
            raise NotEvaluatedError("The provider gave no ID token: add openid to the scope of the sign_in.")
        specimen = minted.Specimen(realm, name, str(genuine), *parts)
        checks = Checks("ID tokens", name)
        for check, token in (("id_tokens.genuine", str(genuine)), ("id_tokens.minted", specimen.minted())):
            sign_on.accepted(checks, check, sign_on.open_session(realm, granted.token, token, granted.nonce))
        offered = {state: minted.STATES[state](specimen) for state in FORGED}
        offered |= {state: specimen.minted(**changes()) for state, changes in WRONG.items()}
        offered |= {state: minted.STATES[state](specimen) for state in minted.LONGER}
        for state, token in (offered | {"access token": granted.token}).items():
            answer, kind = sign_on.open_session(realm, granted.token, token, granted.nonce), state.replace(" ", "_")
            sign_on.refused(checks, f"id_tokens.{kind}", answer, realm)
        checks.conclude()
