"""MCP servers that are registered through the platform, deployed, called through the orchestrator, and removed."""

from __future__ import annotations

import secrets
from typing import Any, TYPE_CHECKING

from theodore_qa.context import context

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange

ADMINISTRATION, CALLED = "/api/v4/admin/mcp", "/api/v4/mcp"
PROTOCOL = "2025-06-18"


def server() -> dict[str, Any]:
    """The description of a server with a tool, under a name that nothing has."""
    tool = {"name": "qa_echo", "description": "Answers with its input", "inputSchema": {"type": "object", "properties": {}}}
    name = f"qa-{secrets.token_hex(5)}"
    return {"name": name, "version": "2.3.4", "image": "localhost:5000/qa:latest", "port": 8123, "tools": [tool]}


def register(spec: dict[str, Any], identity: str | None, **deployment: Any) -> Exchange:
    """Register a server; ``auto_deploy=True`` deploys it."""
    body = {"mcp_spec": spec, "security_config": {}, "deployment_config": deployment}
    return context.system.request("POST", f"{ADMINISTRATION}/register", json_body=body, token=context.system.token(identity))


def remove(name: str, identity: str | None) -> Any:
    """Remove a server; returns the answer."""
    return context.system.request("DELETE", f"{ADMINISTRATION}/{name}", token=context.system.token(identity))


def call(name: str, identity: str | None, number: int, method: str, parameters: dict[str, Any]) -> Exchange:
    """Send a message of MCP to a deployed server, through the platform and its orchestrator."""
    message = {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}
    return context.system.request("POST", f"{CALLED}/{name}", json_body=message, token=context.system.token(identity))


def result(answer: Exchange) -> dict[str, Any]:
    """The result that an answer of MCP holds; empty for an error and for anything else."""
    body = answer.body if isinstance(answer.body, dict) else {}
    found = body.get("result")
    return found if isinstance(found, dict) else {}
