"""Tests PromptCraft-Hybrid, the enterprise platform: sign-on, sessions, roles, tenants, analytics, agents and workflows."""

from __future__ import annotations

from PromptCraftLibrary.keywords.agent_artefacts import ArtefactKeywords
from PromptCraftLibrary.keywords.agent_services import AgentServiceKeywords
from PromptCraftLibrary.keywords.agent_upkeep import AgentUpkeepKeywords
from PromptCraftLibrary.keywords.agents import AgentKeywords
from PromptCraftLibrary.keywords.analytics import AnalyticsKeywords
from PromptCraftLibrary.keywords.analytics_cache import AnalyticsCacheKeywords
from PromptCraftLibrary.keywords.approvals import ApprovalKeywords
from PromptCraftLibrary.keywords.attempts import AuditedAttemptKeywords
from PromptCraftLibrary.keywords.audited_outages import AuditedOutageKeywords
from PromptCraftLibrary.keywords.audited_work import AuditedWorkKeywords
from PromptCraftLibrary.keywords.converters import CONVERTERS
from PromptCraftLibrary.keywords.counted_workflows import CountedWorkflowKeywords
from PromptCraftLibrary.keywords.credentials import CredentialKeywords
from PromptCraftLibrary.keywords.dashboard import DashboardKeywords
from PromptCraftLibrary.keywords.decisions import DecisionKeywords
from PromptCraftLibrary.keywords.dependencies import PlatformDependencyKeywords
from PromptCraftLibrary.keywords.id_tokens import IdTokenKeywords
from PromptCraftLibrary.keywords.identity_provider import IdentityProviderKeywords
from PromptCraftLibrary.keywords.injections import InjectionKeywords
from PromptCraftLibrary.keywords.listed_sessions import ListedSessionKeywords
from PromptCraftLibrary.keywords.log_out_tokens import LogOutTokenKeywords
from PromptCraftLibrary.keywords.mcp_conformance import McpConformanceKeywords
from PromptCraftLibrary.keywords.mcp_messages import McpMessageKeywords
from PromptCraftLibrary.keywords.mcp_servers import McpServerKeywords
from PromptCraftLibrary.keywords.people import PeopleKeywords
from PromptCraftLibrary.keywords.predictions import PredictionKeywords
from PromptCraftLibrary.keywords.recommendations import RecommendationKeywords
from PromptCraftLibrary.keywords.roles import RoleKeywords
from PromptCraftLibrary.keywords.saml import SamlKeywords
from PromptCraftLibrary.keywords.second_factors import SecondFactorKeywords
from PromptCraftLibrary.keywords.sessions_in_store import StoredSessionKeywords
from PromptCraftLibrary.keywords.signing_in import SigningOnKeywords
from PromptCraftLibrary.keywords.tenants import TenantBoundKeywords
from PromptCraftLibrary.keywords.tokens import TokenStateKeywords
from PromptCraftLibrary.keywords.tool_costs import ToolCostKeywords
from PromptCraftLibrary.keywords.unavailable_sign_on import UnavailableSignOnKeywords
from PromptCraftLibrary.keywords.user_clusters import UserClusterKeywords
from PromptCraftLibrary.keywords.workflows import WorkflowKeywords
from theodore_qa.library import Library


class PromptCraftLibrary(Library):
    """Tests PromptCraft-Hybrid, the enterprise platform: sign-on by an identity provider, tokens in every state, sessions in
    their store, roles and tenants, the figures of analytics, agents that it makes, and workflows. What it needs of OpenID
    Connect any system has that signs people on so: name it by ``system=``.

    An environment file names the system and its identities. Names on which systems differ stand in the vocabulary that the
    system's description names, such as ``promptcraft.vocabulary.yaml``: roles and what they permit, the operations that open
    sessions, the keys of the session store, what belongs to a tenant, and the rules of analytics.

    Each check has its control beside it: a token that is refused is offered beside a genuine one that is accepted, and what a
    tenant must not see is seen by its owner first. Every figure of analytics is recomputed from the executions.
    """

    SYSTEM = "promptcraft"
    ROBOT_LIBRARY_CONVERTERS = CONVERTERS

    def __init__(self) -> None:
        """Import without arguments: the environment file describes the system."""
        super().__init__(
            [
                *(SigningOnKeywords(), SecondFactorKeywords(), TokenStateKeywords(), IdTokenKeywords(), StoredSessionKeywords()),
                *(IdentityProviderKeywords(), SamlKeywords(), RoleKeywords(), TenantBoundKeywords(), CredentialKeywords()),
                *(
                    LogOutTokenKeywords(),
                    ListedSessionKeywords(),
                    PeopleKeywords(),
                    AuditedAttemptKeywords(),
                    PlatformDependencyKeywords(),
                    UnavailableSignOnKeywords(),
                ),
                *(
                    AnalyticsKeywords(),
                    AnalyticsCacheKeywords(),
                    UserClusterKeywords(),
                    RecommendationKeywords(),
                    DashboardKeywords(),
                ),
                *(
                    AgentKeywords(),
                    ArtefactKeywords(),
                    AgentServiceKeywords(),
                    AgentUpkeepKeywords(),
                    McpServerKeywords(),
                    McpMessageKeywords(),
                    McpConformanceKeywords(),
                    InjectionKeywords(),
                    PredictionKeywords(),
                    AuditedOutageKeywords(),
                    AuditedWorkKeywords(),
                    WorkflowKeywords(),
                    ApprovalKeywords(),
                    DecisionKeywords(),
                    ToolCostKeywords(),
                    CountedWorkflowKeywords(),
                ),
            ]
        )
