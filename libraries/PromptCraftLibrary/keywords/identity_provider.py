"""Keywords about the identity provider itself, whichever system it signs people on to."""

from __future__ import annotations

from robotlibcore import keyword

from PromptCraftLibrary import provider_checks
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
                ``introspection`` or ``revocation``.
            identity: An identity of the environment; by default the first one. ``client credentials`` needs a program.

        Raises:
            NotEvaluatedError: The provider does not support it, or does not answer as one.

        Example:

        ```robotframework
        Identity Provider Should Support    authorization code    identity=analyst
        ```
        """
        extras.demand("cryptography", "signatures of tokens")
        if ability not in provider_checks.ABILITIES:
            raise unknown("ability of an identity provider", ability, provider_checks.ABILITIES)
        realm = Realm(context.system)
        checks = Checks("Identity provider", ability)
        provider_checks.of_system(checks, realm)
        provider_checks.offered(realm, ability)
        provider_checks.ABILITIES[ability](checks, realm, identity)
        checks.conclude()
