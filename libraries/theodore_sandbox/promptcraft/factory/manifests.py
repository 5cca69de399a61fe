"""What the registry and the orchestrator receive about an agent."""

from __future__ import annotations

import datetime as dt
from typing import Any, TYPE_CHECKING

from theodore_sandbox import defects
from theodore_sandbox.promptcraft.factory.artefacts import class_name_in_code

if TYPE_CHECKING:
    from theodore_sandbox.promptcraft.factory.spec import AgentSpec, DeploymentConfig

REGISTRY = "localhost:5000"
API_VERSION = "mcp.promptcraft.io/v1"


def image_of(name: str) -> str:
    """The image of an agent."""
    return f"{REGISTRY}/agent-{name}:latest"


def manifest(spec: AgentSpec, deployment: DeploymentConfig) -> dict[str, Any]:
    """The manifest of the agent's MCP server."""
    limits = deployment.resource_limits.model_dump()
    capabilities = [{"name": name, "endpoint": f"/api/v1/{name}", "method": "POST"} for name in spec.capabilities]
    if defects.on("manifest-invalid"):
        capabilities = [{"name": name, "endpoint": f"/api/v1/{name}"} for name in spec.capabilities]
    return {
        "apiVersion": API_VERSION,
        "kind": "MCPServer",
        "metadata": {
            "name": f"agent-{spec.name}",
            "version": "1.0.0",
            "organization": "auto-generated",
            "created_at": dt.datetime.now(dt.UTC).isoformat(),
        },
        "spec": {
            "image": image_of(spec.name),
            "port": 8000,
            "capabilities": capabilities,
            "healthCheck": {"path": "/health", "intervalSeconds": 30, "timeoutSeconds": 5},
            "resources": {"limits": limits, "requests": limits},
        },
        "status": {"phase": "pending", "conditions": []},
    }


def agent_config(spec: AgentSpec) -> dict[str, Any]:
    """What the orchestrator has to know of the agent."""
    return {
        "agent_id": spec.name,
        "class_path": f"src.agent.{class_name_in_code(spec.name)}",
        "description": spec.description,
        "keywords": spec.keywords,
        "mcp_server": f"agent-{spec.name}",
    }


def container(spec: AgentSpec, deployment: DeploymentConfig) -> dict[str, Any]:
    """The container in which the agent is to run."""
    limits = deployment.resource_limits.model_dump()
    if defects.on("deployment-limits-ignored"):
        limits = {"cpu": "500m", "memory": "512Mi"}
    return {
        "name": f"agent-{spec.name}",
        "image": image_of(spec.name),
        "environment": deployment.environment,
        "limits": limits,
        "labels": {
            "promptcraft.agent": spec.name,
            "promptcraft.domain": spec.domain,
            "promptcraft.auto-created": "true",
        },
    }
