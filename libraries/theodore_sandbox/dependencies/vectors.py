"""A vector store: upsert, query by cosine, fetch, delete, statistics."""

from __future__ import annotations

import math
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

DIMENSIONS = 1536
INVALID_ARGUMENT = 3  # a status code of gRPC, which vector stores answer by


class Index:
    """Vectors by namespace and id."""

    def __init__(self) -> None:
        self.spaces: dict[str, dict[str, dict[str, Any]]] = {}

    def clear(self) -> None:
        """Forget all vectors."""
        self.spaces.clear()

    def nearest(
        self, namespace: str, vector: list[float], top: int, conditions: dict[str, Any]
    ) -> list[tuple[float, dict[str, Any]]]:
        """The ``top`` nearest vectors of a namespace whose metadata meet the conditions."""
        near = [
            (_cosine(vector, entry["values"]), entry)
            for entry in self.spaces.get(namespace, {}).values()
            if all((entry.get("metadata") or {}).get(key) == value for key, value in conditions.items())
        ]
        return sorted(near, key=lambda pair: (-pair[0], pair[1]["id"]))[:top]


def create_app(index: Index) -> Starlette:
    """The store over HTTP."""

    async def upsert(request: Request) -> JSONResponse:
        body = await request.json()
        if any(len(entry["values"]) != DIMENSIONS for entry in body["vectors"]):
            return _other_dimensions()
        index.spaces.setdefault(body.get("namespace", ""), {}).update({entry["id"]: entry for entry in body["vectors"]})
        return JSONResponse({"upsertedCount": len(body["vectors"])})

    async def query(request: Request) -> JSONResponse:
        body = await request.json()
        if len(body["vector"]) != DIMENSIONS:
            return _other_dimensions()
        found = index.nearest(body.get("namespace", ""), body["vector"], body.get("topK", 10), body.get("filter") or {})
        matches = [_match(score, entry, body) for score, entry in found]
        return JSONResponse({"matches": matches, "namespace": body.get("namespace", "")})

    async def delete(request: Request) -> JSONResponse:
        body = await request.json()
        space = index.spaces.get(body.get("namespace", ""), {})
        for identifier in list(space) if body.get("deleteAll") else body.get("ids", []):
            space.pop(identifier, None)
        return JSONResponse({})

    async def fetch(request: Request) -> JSONResponse:
        space = index.spaces.get(request.query_params.get("namespace", ""), {})
        identifiers = request.query_params.getlist("ids")
        return JSONResponse({"vectors": {identifier: space[identifier] for identifier in identifiers if identifier in space}})

    async def statistics(_: Request) -> JSONResponse:
        spaces = {name: {"vectorCount": len(space)} for name, space in index.spaces.items()}
        total = sum(space["vectorCount"] for space in spaces.values())
        return JSONResponse({"dimension": DIMENSIONS, "namespaces": spaces, "totalVectorCount": total})

    return Starlette(
        routes=[
            Route("/vectors/upsert", upsert, methods=["POST"]),
            Route("/query", query, methods=["POST"]),
            Route("/vectors/fetch", fetch),
            Route("/vectors/delete", delete, methods=["POST"]),
            Route("/describe_index_stats", statistics, methods=["GET", "POST"]),
        ]
    )


def _other_dimensions() -> JSONResponse:
    message = f"Vector dimension does not match the dimension of the index {DIMENSIONS}"
    return JSONResponse({"code": INVALID_ARGUMENT, "message": message}, 400)


def _match(score: float, entry: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """A vector that a query found, with as much of it as the query asks for."""
    match = {"id": entry["id"], "score": score}
    if body.get("includeMetadata"):
        match["metadata"] = entry.get("metadata")
    if body.get("includeValues"):
        match["values"] = entry["values"]
    return match


def _cosine(left: list[float], right: list[float]) -> float:
    size = math.hypot(*left) * math.hypot(*right)
    return sum(a * b for a, b in zip(left, right, strict=True)) / size if size else 0.0
