"""Keywords about tokens that are not to be believed."""

from __future__ import annotations

from robotlibcore import keyword

from PromptCraftLibrary import minted, sign_on
from PromptCraftLibrary.realm import Realm
from theodore_qa import extras
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, unknown
from theodore_qa.observing.checks import Checks


class TokenStateKeywords:
    """Tokens in every state."""

    @keyword(tags=("token",))
    def token_should_be_refused(self, state: str, identity: str | None = None) -> None:
        """Offers a token in a state that is not to be believed, and checks that it is refused by the contract.

        Beside it a token that the provider has just given is offered, and has to open a session. States that need the realm's own
        key (``provider.realm_key_env`` of the vocabulary) have a second control: a token that this key signs, with nothing wrong.

        Args:
            state: ``expired``, ``just expired``, ``without end``, ``without subject``, ``without audience``, ``without issuer``,
                ``not yet valid``, ``other audience``, ``other issuer``, ``longer audience``, ``longer issuer`` (with more behind
                what is right), ``other realm``, ``tampered``, ``unsigned``, ``algorithm confusion``, ``unknown key``,
                ``embedded key`` (that the token brings along), ``critical header`` (that nobody understands), ``revoked``,
                ``oversized`` (20 kB), ``identity token`` or ``no token``; ``without organization`` and ``without role`` are
                believed and refused with 403.
            identity: An identity of the environment; by default the first one.

        Raises:
            NotEvaluatedError: The token cannot be made, because the provider does not answer or no key of the realm is at hand.

        Example:

        ```robotframework
        Token Should Be Refused    expired
        ```
        """
        extras.demand("cryptography", "tokens that are signed")
        if state not in minted.STATES:
            raise unknown("state of a token", state, minted.STATES)
        realm = Realm(context.system)
        checks = Checks("Token", state)
        specimen = minted.Specimen.of(realm, identity)
        sign_on.accepted(checks, "tokens.genuine", sign_on.open_session(realm, specimen.token))
        if state in minted.MINTED:
            control = sign_on.open_session(realm, minted.valid(specimen))
            if not control.ok:
                raise NotEvaluatedError(
                    f"The platform does not take a token that the realm's key signs with nothing wrong ({control.status} with "
                    f"{control.excerpt()}): why it refuses others cannot be seen."
                )
        token = minted.STATES[state](specimen)
        answer = sign_on.open_session(realm, token)
        place = state.replace(" ", "_")
        check = f"tokens.{place}"
        sign_on.refused_for(checks, check, state, answer, realm)
        checks.conclude()

    @keyword(tags=("token",))
    def tokens_should_follow_the_keys_of_the_realm(self, identity: str | None = None) -> None:
        """Has the provider sign with a new key, and checks that its tokens open sessions, and those of a retired key do not.

        The provider's operator address is the one of its journal, in ``links.provider`` of the environment file; a provider
        without it is NOT EVALUATED. The keys are those of before once the suite has ended.

        Args:
            identity: An identity of the environment; by default the first one.

        Example:

        ```robotframework
        Tokens Should Follow The Keys Of The Realm
        ```
        """
        realm = Realm(context.system)
        checks = Checks("Keys of the realm", realm.system.identity(identity).name)
        before = realm.grant(identity).token
        sign_on.accepted(checks, "tokens.genuine", sign_on.open_session(realm, before))
        old = {str(key["kid"]) for key in realm.published_keys()}
        realm.rotate()
        new = {str(key["kid"]) for key in realm.published_keys()}
        checks.that("tokens.new_key", bool(new - old), "a key that was not published before", sorted(new - old))
        sign_on.accepted(checks, "tokens.of_new_key", sign_on.open_session(realm, realm.grant(identity).token))
        checks.conclude()
