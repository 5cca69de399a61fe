"""MCP servers that are registered through the platform, deployed, called through the orchestrator, and removed."""

from __future__ import annotations

import secrets
from typing import Any, TYPE_CHECKING

from theodore_qa.context import context
from theodore_qa.systems import exchange, links

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange

ADMINISTRATION, CALLED = "/api/v4/admin/mcp", "/api/v4/mcp"
PROTOCOL = "2025-06-18"
REGISTRY = "mcp_registry"
USUAL = {"version": "1.0.0", "port": 8000}  # where a request leaves them out


def server(*, only_needed: bool = False) -> dict[str, Any]:
    """The description of a server with a tool, under a name that nothing has; by request without what may be left out."""
    tool = {"name": "qa_echo", "description": "Answers with its input", "inputSchema": {"type": "object", "properties": {}}}
    name = f"qa-{secrets.token_hex(5)}"
    spare = {} if only_needed else {"version": "2.3.4", "port": 8123}
    return {"name": name, "image": "localhost:5000/qa:latest", "tools": [tool], **spare}


def registered(name: str, mark: int) -> dict[str, Any]:
    """What the registry was given of a server since a mark; empty if nothing was seen there.

    Raises:
        NotEvaluatedError: The environment has no record of the calls.
    """
    found: dict[str, Any] = {}
    for call in links.calls(context.system, REGISTRY, mark):
        body = exchange.parsed(str(call.get("body", "")))
        if call["method"] == "PUT" and call["path"].rstrip("/").endswith(f"/{name}") and isinstance(body, dict):
            found = body
    return found


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
