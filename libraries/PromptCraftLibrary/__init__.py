"""Tests PromptCraft-Hybrid, the enterprise platform: sign-on, sessions, roles and tenants."""

from __future__ import annotations

from PromptCraftLibrary.keywords.attempts import AuditedAttemptKeywords
from PromptCraftLibrary.keywords.roles import RoleKeywords
from PromptCraftLibrary.keywords.sessions_in_store import StoredSessionKeywords
from PromptCraftLibrary.keywords.signing_in import SigningOnKeywords
from PromptCraftLibrary.keywords.tenants import TenantBoundKeywords
from PromptCraftLibrary.keywords.tokens import TokenStateKeywords
from theodore_qa.library import Library


class PromptCraftLibrary(Library):
    """Tests PromptCraft-Hybrid, the enterprise platform: sign-on by an identity provider, tokens in every state, sessions in
    their store, roles and tenants. What it needs of OpenID Connect any system has that signs people on so: name it by
    ``system=``.

    An environment file names the system and its identities. Names on which systems differ stand in the vocabulary that the
    system's description names, such as ``promptcraft.vocabulary.yaml``: roles and what they permit, the operations that open
    sessions, the keys of the session store, and what belongs to a tenant.

    Each check has its control beside it: a token that is refused is offered beside a genuine one that is accepted, and what a
    tenant must not see is seen by its owner first.
    """

    SYSTEM = "promptcraft"

    def __init__(self) -> None:
        """Import without arguments: the environment file describes the system."""
        super().__init__(
            [
                SigningOnKeywords(),
                TokenStateKeywords(),
                StoredSessionKeywords(),
                RoleKeywords(),
                TenantBoundKeywords(),
                AuditedAttemptKeywords(),
            ]
        )
