"""Doubles of the services that the platform tells about agents: a registry of MCP servers, and the orchestrator."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request


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
        answer = {"workflow_id": body.get("workflow_id"), "step": body.get("step"), "action": body.get("action")}
        return JSONResponse(answer | {"output": f"{body.get('action')} done", "cost": 0.01})

    routes = [*shelf.routes("agents"), *shelf.routes("containers"), Route("/invoke", invoke, methods=["POST"])]
    return Starlette(routes=routes)
