"""What a caller says of the agent that is to be made."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from theodore_sandbox.common.free_objects import FreeObject  # noqa: TC001  # pydantic resolves annotations at run time

SNAKE = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
Snake = Annotated[str, Field(pattern=SNAKE, min_length=3, max_length=60)]
Text = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\"\\$]+$")]


class SourceType(StrEnum):
    """Kinds of knowledge sources."""

    MARKDOWN = "markdown"
    JSON = "json"
    API = "api"
    DATABASE = "database"


class Frequency(StrEnum):
    """How often a source is read again."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Strict(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class KnowledgeSource(Strict):
    """A source of an agent's knowledge."""

    type: SourceType
    source: Text
    update_frequency: Frequency = Frequency.WEEKLY


class AgentSpec(Strict):
    """An agent."""

    name: Snake
    display_name: Text
    description: Text
    domain: Snake
    keywords: Annotated[list[Text], Field(max_length=50)] = []
    capabilities: Annotated[list[Snake], Field(min_length=1, max_length=50)]
    knowledge_sources: Annotated[list[KnowledgeSource], Field(max_length=50)] = []


class Limits(Strict):
    """What a container of the agent may use."""

    cpu: Annotated[str, Field(pattern=r"^[0-9]+m?$")] = "500m"
    memory: Annotated[str, Field(pattern=r"^[0-9]+(Ki|Mi|Gi)$")] = "512Mi"


class DeploymentConfig(Strict):
    """Where and how it is deployed."""

    environment: Annotated[str, Field(pattern=r"^(development|staging|production)$")] = "development"
    auto_deploy: bool = False
    resource_limits: Limits = Limits()


class CreateAgent(Strict):
    """The body of a creation."""

    agent_spec: AgentSpec
    deployment_config: DeploymentConfig = DeploymentConfig()
    integration_config: FreeObject = {}


def class_name(name: str) -> str:
    """The class of an agent: its name in PascalCase, which ends with Agent once."""
    pascal = "".join(part.capitalize() for part in name.split("_"))
    return pascal if pascal.endswith("Agent") else f"{pascal}Agent"
