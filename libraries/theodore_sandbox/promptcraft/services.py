"""Doubles of the services that the platform tells about agents: a registry of MCP servers, and the orchestrator."""

from __future__ import annotations

import json
import re
from typing import Any, TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from theodore_sandbox import defects

if TYPE_CHECKING:
    from starlette.requests import Request

PROTOCOL = "2025-06-18"  # of MCP
REPEATED = ("workflow_id", "step", "action", "agent_id", "orders", "material")
ORDER = re.compile(r"\bcall (?P<tool>[a-z][a-z0-9_]*) with (?P<word>\w+)", re.IGNORECASE)


class Shelf:
    """Documents by their path: put, read, listed and taken away."""

    def __init__(self) -> None:
        self.documents: dict[str, Any] = {}

    async def put(self, request: Request) -> JSONResponse:
        """Store a document, and answer with it."""
        path = request.scope["path"]
        known = path in self.documents
        self.documents[path] = await request.json()
        return JSONResponse(self.documents[path], 200 if known else 201)

    async def get(self, request: Request) -> JSONResponse:
        """A document."""
        path = request.scope["path"]
        return JSONResponse(self.documents[path]) if path in self.documents else JSONResponse({"error": "not found"}, 404)

    async def delete(self, request: Request) -> JSONResponse:
        """Take a document away, and answer with it."""
        found = self.documents.pop(request.scope["path"], None)
        return JSONResponse(found) if found is not None else JSONResponse({"error": "not found"}, 404)

    def routes(self, kind: str) -> list[Route]:
        """The routes of a kind of documents."""
        path = f"/{kind}/{{tenant}}/{{name}}"
        return [
            Route(path, self.put, methods=["PUT"]),
            Route(path, self.get, methods=["GET"]),
            Route(path, self.delete, methods=["DELETE"]),
        ]


def create_registry(shelf: Shelf) -> Starlette:
    """A registry of MCP servers with their manifests."""
    return Starlette(routes=shelf.routes("servers"))


def create_orchestrator(shelf: Shelf) -> Starlette:
    """The orchestrator: agents that it knows, containers that it runs, and steps of workflows that it carries out."""

    async def invoke(request: Request) -> JSONResponse:
        body = await request.json()
        answer = {
            name: body[name] for name in ("workflow_id", "step", "action", "agent_id", "orders", "material") if name in body
        }
        calls = _ordered(body)
        return JSONResponse(answer | {"output": f"{body.get('action')} done", "cost": 0.01, "tool_calls": calls})

    async def speak(request: Request) -> JSONResponse:
        path = request.scope["path"].removesuffix("/mcp")
        if path not in shelf.documents:
            return JSONResponse({"error": "not found"}, 404)
        message = await request.json()
        return JSONResponse({"jsonrpc": "2.0", "id": message.get("id"), **_spoken(_served(shelf, path), message)})

    servers = [*shelf.routes("servers"), Route("/servers/{tenant}/{name}/mcp", speak, methods=["POST"])]
    routes = [*servers, *shelf.routes("agents"), *shelf.routes("containers"), Route("/invoke", invoke, methods=["POST"])]
    return Starlette(routes=routes)


def _served(shelf: Shelf, path: str) -> dict[str, Any]:
    """The server at a path; with the defect, its tools are those of whoever has registered their names last."""
    server: dict[str, Any] = shelf.documents[path]
    if not defects.on("tools-shadowed-by-last"):
        return server
    others = [other for known, other in shelf.documents.items() if known.rpartition("/")[0] == path.rpartition("/")[0]]
    latest = {tool["name"]: tool for other in others for tool in other.get("tools", ())}
    return {**server, "tools": [latest[tool["name"]] for tool in server["tools"]]}


def _ordered(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The calls of tools that the agent's model wants: all that its orders name, for it obeys each, and none twice."""
    found = [match for text in body.get("orders", ()) for match in ORDER.finditer(str(text))]
    calls: list[dict[str, Any]] = [{"name": match["tool"], "arguments": {"word": match["word"]}} for match in found]
    return [call for number, call in enumerate(calls) if call not in body.get("called", ()) and call not in calls[:number]]


def _spoken(server: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
    """What an MCP server that runs at the orchestrator answers to a message; its tools answer with what they are given."""
    method, given = message.get("method"), message.get("params") or {}
    tools = {tool["name"]: tool for tool in server["tools"]}
    if method == "initialize":
        who = {"name": server["name"], "version": server["version"]}
        return {"result": {"protocolVersion": PROTOCOL, "capabilities": {"tools": {}}, "serverInfo": who}}
    if method == "tools/list":
        return {"result": {"tools": list(tools.values())}}
    if method != "tools/call":
        return {"error": {"code": -32601, "message": "Method not found"}}
    if given.get("name") not in tools:
        return {"error": {"code": -32602, "message": "Unknown tool"}}
    about = {"tool": given["name"], "arguments": given.get("arguments")}
    kept = (server.get("environment") or {}).get("QA_ANSWER")  # what it was deployed with
    text = json.dumps(about | ({"answer": kept} if kept else {}))
    return {"result": {"content": [{"type": "text", "text": text}], "isError": False}}
