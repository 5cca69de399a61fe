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
from theodore_sandbox.dependencies.bodies import json_object
from theodore_sandbox.dependencies.embeddings import embedding, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

CHAT_MODELS = ("gemini-2.5-pro", "gemini-2.5-flash")
EMBEDDING_MODELS = ("gemini-embedding-001",)
DIMENSIONS, MOST_DIMENSIONS = 1536, 3072
PIECE = 200
VERSIONS = ("v1beta", "v1")


def create_app(key: str) -> Starlette:
    """The provider for callers with ``key``; embeddings have 1536 dimensions unless the request sets another number."""

    async def call(request: Request) -> Response:
        model, _, action = request.path_params["call"].partition(":")
        body = await json_object(request)
        if problem := _refused(request, key) or _unknown(model, action) or _unusable(body, action):
            return problem
        if action == "generateContent":
            return JSONResponse(_generated(model, body))
        if action == "streamGenerateContent":
            return StreamingResponse(_stream(model, body, _answered(body)), media_type="text/event-stream")
        if action == "embedContent":
            return JSONResponse({"embedding": _embedded(body)})
        if action == "batchEmbedContents":
            return JSONResponse({"embeddings": [_embedded(item) for item in _many(body["requests"])]})
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


# What each method needs in its body, and the models that have it.
METHODS = {
    "generateContent": ("contents", CHAT_MODELS),
    "streamGenerateContent": ("contents", CHAT_MODELS),
    "embedContent": ("content", EMBEDDING_MODELS),
    "batchEmbedContents": ("requests", EMBEDDING_MODELS),
    "countTokens": ("contents", (*CHAT_MODELS, *EMBEDDING_MODELS)),
}
INVALID_KEY = {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    "reason": "API_KEY_INVALID",
    "domain": "googleapis.com",
    "metadata": {"service": "generativelanguage.googleapis.com"},
}


def _refused(request: Request, key: str) -> Response | None:
    if request.headers.get("x-goog-api-key") != key:
        return _error(400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT", INVALID_KEY)
    return None


def _unknown(model: str, action: str) -> Response | None:
    if model not in (*CHAT_MODELS, *EMBEDDING_MODELS):
        return _error(404, f"models/{model} is not found for API version v1beta.", "NOT_FOUND")
    if action not in METHODS:
        return _error(404, f"The method {action or 'without a name'} is not found.", "NOT_FOUND")
    if model not in METHODS[action][1]:
        return _error(404, f"models/{model} is not supported for {action}.", "NOT_FOUND")
    return None


def _unusable(body: dict[str, Any], action: str) -> Response | None:
    name = METHODS[action][0]
    if not body.get(name):
        return _error(400, f"* {name}: is not specified", "INVALID_ARGUMENT")
    items = _many(body[name]) if name != "content" else [body]
    if name == "contents":
        system = body.get("systemInstruction")
        usable = all(map(_is_content, [*items, system] if system else items))
    else:
        usable = all(map(_is_embeddable, items))
    return None if usable else _error(400, f"Invalid JSON payload received: {name} has another shape.", "INVALID_ARGUMENT")


def _many(value: Any) -> list[Any]:
    """The items of a list; a single item is accepted as a list of one, as Google does."""
    return value if isinstance(value, list) else [value]


def _is_content(value: Any) -> bool:
    parts = _many(value.get("parts") or None) if isinstance(value, dict) else [None]
    return all(isinstance(part, dict) and isinstance(part.get("text", ""), str) for part in parts)


def _is_embeddable(value: Any) -> bool:
    if not isinstance(value, dict) or not _is_content(value.get("content")):
        return False
    dimensions = value.get("outputDimensionality", DIMENSIONS)
    return isinstance(dimensions, int) and 1 <= dimensions <= MOST_DIMENSIONS


def _error(status: int, message: str, kind: str, detail: dict[str, Any] | None = None) -> Response:
    error = {"code": status, "message": message, "status": kind} | ({"details": [detail]} if detail else {})
    return JSONResponse({"error": error}, status)


def _parts(content: dict[str, Any]) -> list[str]:
    return [part.get("text", "") for part in _many(content["parts"])]


def _texts(body: dict[str, Any]) -> list[str]:
    return [text for content in _many(body["contents"]) for text in _parts(content)]


def _answered(body: dict[str, Any]) -> str:
    """The model's answer to the user's texts; its own earlier answers are not read."""
    contents = [content for content in _many(body["contents"]) if content.get("role", "user") == "user"]
    return reader.answer(_texts({"contents": contents}))


def _generated(model: str, body: dict[str, Any]) -> dict[str, Any]:
    content = _answered(body)
    return _reply(model, content, _usage(body, content), "STOP")


def _usage(body: dict[str, Any], content: str) -> dict[str, int]:
    system = _parts(body["systemInstruction"]) if body.get("systemInstruction") else []
    prompt_tokens = sum(map(tokens, [*system, *_texts(body)]))
    completion_tokens = tokens(content)
    return {
        "promptTokenCount": prompt_tokens,
        "candidatesTokenCount": completion_tokens,
        "totalTokenCount": prompt_tokens + completion_tokens,
    }


def _reply(model: str, text: str, usage: dict[str, int] | None, reason: str | None, name: str = "") -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": [{"text": text}]}, "index": 0}
    if reason:
        candidate["finishReason"] = reason
    reply = {"candidates": [candidate], "modelVersion": model, "responseId": name or secrets.token_urlsafe(12)}
    return reply | ({"usageMetadata": usage} if usage else {})


def _stream(model: str, body: dict[str, Any], content: str) -> Iterator[str]:
    name = secrets.token_urlsafe(12)
    pieces = [content[begin : begin + PIECE] for begin in range(0, len(content), PIECE)] or [""]
    for number, piece in enumerate(pieces, 1):
        last = number == len(pieces)
        reply = _reply(model, piece, _usage(body, content) if last else None, "STOP" if last else None, name)
        yield f"data: {json.dumps(reply)}\r\n\r\n"


def _embedded(body: dict[str, Any]) -> dict[str, Any]:
    text = "\n".join(_parts(body["content"]))
    return {"values": embedding(text, body.get("outputDimensionality", DIMENSIONS))}
