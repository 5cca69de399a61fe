"""What keywords hand on to others, and what Robot answers where a test passes another value in its place."""

from __future__ import annotations

from PromptCraftLibrary.agents.creations import Creation, no_agent
from PromptCraftLibrary.analytics.requests import Insights, no_insights
from PromptCraftLibrary.workflows.runs import no_workflow, Workflow

CONVERTERS = {Workflow: no_workflow, Creation: no_agent, Insights: no_insights}
