"""Keywords about the identity provider itself, whichever system it signs people on to."""

from __future__ import annotations

from robotlibcore import keyword

from PromptCraftLibrary import provider_answers, provider_checks, provider_grants, provider_sessions
from PromptCraftLibrary.realm import Realm
from theodore_qa import extras
from theodore_qa.context import context
from theodore_qa.errors import unknown
from theodore_qa.observing.checks import Checks


class IdentityProviderKeywords:
    """What a provider of OAuth 2.0 and OpenID Connect does."""

    @keyword(tags=("sign-on", "identity-provider"))
    def identity_provider_should_support(self, ability: str, identity: str | None = None) -> None:
        """Uses an ability of the identity provider, finds it by the discovery document, and checks what comes and what does not.

        Each has what must fail beside what must succeed: a code is redeemed once, a wrong secret brings nothing, a token that was
        revoked is no longer active. ID tokens have to be signed by a published key, for this client, with the nonce that was
        sent, and dated by a clock within a minute of the tester's. The sign-on page of the system has to lead to this provider,
        unless the system is the provider itself.

        Args:
            ability: ``discovery``, ``password``, ``client credentials``, ``authorization code`` (with PKCE), ``renewal``,
                ``introspection``, ``revocation``, or ``key rotation``, which needs ``links.provider`` and ``provider.rotation``
                of the vocabulary. What it refuses: ``redirect addresses`` that are like the registered one, a code that another
                client or address has (``code binding``), a way round ``pkce``, a ``replayed code``, a ``stolen refresh token``,
                a ``foreign revocation`` (by another client), forged tokens at its ``protected resource`` (UserInfo). What its
                answers hold: ``token answers``, ``id token``, ``issuer in answers`` (RFC 9207), ``errors to the client``. Its
                sessions: ``no prompt``, and ``log-out`` (RP-initiated), which needs ``provider.signed_out_uri`` of the
                vocabulary.
            identity: An identity of the environment; by default the first one. ``client credentials`` needs a program.

        Raises:
            NotEvaluatedError: The provider does not support it, or does not answer as one.

        Example:

        ```robotframework
        Identity Provider Should Support    authorization code    identity=analyst
        ```
        """
        extras.demand("cryptography", "signatures of tokens")
        known = provider_checks.ABILITIES | provider_grants.ABILITIES | provider_answers.ABILITIES | provider_sessions.ABILITIES
        if ability not in known:
            raise unknown("ability of an identity provider", ability, known)
        realm = Realm(context.system)
        checks = Checks("Identity provider", ability)
        provider_checks.of_system(checks, realm)
        provider_checks.offered(realm, ability)
        known[ability](checks, realm, identity)
        checks.conclude()
