"""An AI provider in the Gemini API's wire format: content, also streamed, embeddings and token counts."""

from __future__ import annotations

import json
import secrets
from typing import Any, TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from theodore_sandbox.dependencies import reader
from theodore_sandbox.dependencies.embeddings import embedding, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

CHAT_MODELS = ("gemini-2.5-pro", "gemini-2.5-flash")
EMBEDDING_MODELS = ("gemini-embedding-001",)
DIMENSIONS = 1536
PIECE = 200
VERSIONS = ("v1beta", "v1")


def create_app(key: str) -> Starlette:
    """The provider for whoever has ``key``; embeddings have 1536 dimensions unless another number is asked for."""

    async def call(request: Request) -> Response:
        model, _, action = request.path_params["call"].partition(":")
        body = await _body(request)
        if problem := _refused(request, key) or _unknown(model) or _unusable(body, action):
            return problem
        if action == "generateContent":
            return JSONResponse(_generated(model, body))
        if action == "streamGenerateContent":
            return StreamingResponse(_stream(model, body), media_type="text/event-stream")
        if action == "embedContent":
            return JSONResponse({"embedding": _embedded(body)})
        if action == "batchEmbedContents":
            return JSONResponse({"embeddings": [_embedded(one) for one in body["requests"]]})
        return JSONResponse({"totalTokens": sum(map(tokens, _texts(body)))})

    async def models(request: Request) -> Response:
        if problem := _refused(request, key):
            return problem
        listed = [{"name": f"models/{name}", "displayName": name} for name in (*CHAT_MODELS, *EMBEDDING_MODELS)]
        return JSONResponse({"models": listed})

    return Starlette(
        routes=[
            route
            for version in VERSIONS
            for route in (Route(f"/{version}/models", models), Route(f"/{version}/models/{{call:path}}", call, methods=["POST"]))
        ],
    )


NEEDED = {
    "generateContent": "contents",
    "streamGenerateContent": "contents",
    "embedContent": "content",
    "batchEmbedContents": "requests",
    "countTokens": "contents",
}


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _refused(request: Request, key: str) -> Response | None:
    if request.headers.get("x-goog-api-key") != key:
        return _error(400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT")
    return None


def _unknown(model: str) -> Response | None:
    if model not in (*CHAT_MODELS, *EMBEDDING_MODELS):
        return _error(404, f"models/{model} is not found for API version v1beta.", "NOT_FOUND")
    return None


def _unusable(body: dict[str, Any], action: str) -> Response | None:
    if action not in NEEDED:
        return _error(404, f"The method {action or 'without a name'} is not found.", "NOT_FOUND")
    needed = body.get(NEEDED[action])
    parts = needed if isinstance(needed, list) else [needed]
    if not needed or not all(isinstance(part, dict) for part in parts):
        return _error(400, f"* {NEEDED[action]}: is not specified", "INVALID_ARGUMENT")
    return None


def _error(status: int, message: str, kind: str) -> Response:
    return JSONResponse({"error": {"code": status, "message": message, "status": kind}}, status)


def _parts(content: Any) -> list[str]:
    parts = content.get("parts") if isinstance(content, dict) else None
    return [str(part.get("text", "")) for part in parts or [] if isinstance(part, dict)]


def _texts(body: dict[str, Any]) -> list[str]:
    return [text for content in body["contents"] for text in _parts(content)]


def _generated(model: str, body: dict[str, Any]) -> dict[str, Any]:
    content = reader.answer(_texts(body))
    return _reply(model, content, _usage(body, content), "STOP")


def _usage(body: dict[str, Any], content: str) -> dict[str, int]:
    asked = sum(map(tokens, [*_parts(body.get("systemInstruction")), *_texts(body)]))
    written = tokens(content)
    return {"promptTokenCount": asked, "candidatesTokenCount": written, "totalTokenCount": asked + written}


def _reply(model: str, text: str, usage: dict[str, int] | None, reason: str | None, name: str = "") -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": [{"text": text}]}, "index": 0}
    if reason:
        candidate["finishReason"] = reason
    reply = {"candidates": [candidate], "modelVersion": model, "responseId": name or secrets.token_urlsafe(12)}
    return reply | ({"usageMetadata": usage} if usage else {})


def _stream(model: str, body: dict[str, Any]) -> Iterator[str]:
    content, name = reader.answer(_texts(body)), secrets.token_urlsafe(12)
    pieces = [content[begin : begin + PIECE] for begin in range(0, len(content), PIECE)] or [""]
    for place, piece in enumerate(pieces, 1):
        last = place == len(pieces)
        reply = _reply(model, piece, _usage(body, content) if last else None, "STOP" if last else None, name)
        yield f"data: {json.dumps(reply)}\r\n\r\n"


def _embedded(body: dict[str, Any]) -> dict[str, Any]:
    text = "\n".join(_parts(body.get("content")))
    return {"values": embedding(text, int(body.get("outputDimensionality") or DIMENSIONS))}
