"""PromptCraftLibrary: the enterprise platform's use cases as keywords."""

from __future__ import annotations

from typing import ClassVar

from PromptCraftLibrary.agents.creations import Creation, no_agent
from PromptCraftLibrary.analytics.requests import Insights, no_insights
from PromptCraftLibrary.keywords.agent_artefacts import ArtefactKeywords
from PromptCraftLibrary.keywords.agent_services import AgentServiceKeywords
from PromptCraftLibrary.keywords.agents import AgentKeywords
from PromptCraftLibrary.keywords.analytics import AnalyticsKeywords
from PromptCraftLibrary.keywords.analytics_cache import AnalyticsCacheKeywords
from PromptCraftLibrary.keywords.recommendations import RecommendationKeywords
from PromptCraftLibrary.keywords.user_clusters import UserClusterKeywords
from PromptCraftLibrary.keywords.workflows import WorkflowKeywords
from PromptCraftLibrary.workflows.runs import no_workflow, Workflow
from theodore_qa.library import Library


class PromptCraftLibrary(Library):
    """Tests PromptCraft-Hybrid's enterprise platform: analytics, agents that it makes, and workflows.

    An environment file names the system under test; the embedded sandbox is the default. Each check records an observation: the
    expected condition, the observed value, the number of values that were looked at (n), and the verdict PASS, FAIL or NOT
    EVALUATED. A test in which nothing was observed fails.
    """

    SYSTEM = "promptcraft"
    ROBOT_LIBRARY_CONVERTERS: ClassVar = {Workflow: no_workflow, Creation: no_agent, Insights: no_insights}

    def __init__(self) -> None:
        """Import without arguments: the environment file describes the system."""
        super().__init__(
            [
                AnalyticsKeywords(),
                AnalyticsCacheKeywords(),
                UserClusterKeywords(),
                RecommendationKeywords(),
                AgentKeywords(),
                ArtefactKeywords(),
                AgentServiceKeywords(),
                WorkflowKeywords(),
            ]
        )
