"""An AI provider in OpenAI's wire format: chat completions, also streamed, and embeddings."""

from __future__ import annotations

import base64
import json
import secrets
import struct
import time
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

CHAT_MODELS = ("gpt-4o", "gpt-4o-mini")
EMBEDDING_MODELS = ("text-embedding-3-small", "text-embedding-3-large")
DIMENSIONS = 1536


PIECE = 200  # characters of a streamed delta


def create_app(key: str) -> Starlette:
    """The provider for callers with ``key``."""

    def refused(request: Request) -> Response | None:
        if request.headers.get("authorization") != f"Bearer {key}":
            return _error(401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key")
        return None

    async def chat(request: Request) -> Response:
        body = await json_object(request)
        if problem := refused(request) or _unusable(body, CHAT_MODELS, "messages"):
            return problem
        content = reader.answer([_text(message) for message in body["messages"] if message.get("role") == "user"])
        usage = _usage(body["messages"], content)
        head = {"id": "chatcmpl-" + secrets.token_hex(12), "created": int(time.time()), "model": body["model"]}
        headers = {"x-request-id": "req_" + secrets.token_hex(12)}
        if body.get("stream"):
            with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
            return StreamingResponse(
                _stream(head, content, usage, with_usage=with_usage), media_type="text/event-stream", headers=headers
            )
        message = {"role": "assistant", "content": content, "refusal": None}
        choices = [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}]
        return JSONResponse(head | {"object": "chat.completion", "choices": choices, "usage": usage}, headers=headers)

    async def embeddings(request: Request) -> Response:
        body = await json_object(request)
        if problem := refused(request) or _unusable(body, EMBEDDING_MODELS, "input"):
            return problem
        texts = [body["input"]] if isinstance(body["input"], str) else list(map(str, body["input"]))
        vectors = [embedding(text, int(body.get("dimensions") or DIMENSIONS)) for text in texts]
        written = list(map(_packed, vectors)) if body.get("encoding_format") == "base64" else vectors
        data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(written)]
        used = sum(map(tokens, texts))
        usage = {"prompt_tokens": used, "total_tokens": used}
        return JSONResponse({"object": "list", "model": body["model"], "data": data, "usage": usage})

    async def models(request: Request) -> Response:
        if problem := refused(request):
            return problem
        listed = [
            {"id": name, "object": "model", "created": 0, "owned_by": "sandbox"} for name in (*CHAT_MODELS, *EMBEDDING_MODELS)
        ]
        return JSONResponse({"object": "list", "data": listed})

    return Starlette(
        routes=[
            Route("/v1/chat/completions", chat, methods=["POST"]),
            Route("/v1/embeddings", embeddings, methods=["POST"]),
            Route("/v1/models", models),
        ]
    )


def _text(message: dict[str, Any]) -> str:
    return str(message.get("content", ""))


def _usage(messages: list[dict[str, Any]], content: str) -> dict[str, int]:
    """The tokens of a completion, which clients are billed by."""
    prompt_tokens, completion_tokens = sum(tokens(_text(message)) for message in messages), tokens(content)
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }


def _packed(vector: list[float]) -> str:
    """A vector as OpenAI packs it: 32-bit floats, little-endian, in base64."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _unusable(body: dict[str, Any], models: tuple[str, ...], needed: str) -> Response | None:
    if not body.get("model") or not body.get(needed):
        missing = needed if body.get("model") else "model"
        return _error(400, f"Missing required parameter: '{missing}'.", "invalid_request_error", "missing_required_parameter")
    if body["model"] not in models:
        return _error(404, f"The model `{body['model']}` does not exist.", "invalid_request_error", "model_not_found")
    return None


def _error(status: int, message: str, kind: str, code: str) -> Response:
    return JSONResponse({"error": {"message": message, "type": kind, "param": None, "code": code}}, status)


def _stream(head: dict[str, Any], content: str, usage: dict[str, int], *, with_usage: bool) -> Iterator[str]:
    def event(choices: list[dict[str, Any]], **more: Any) -> str:
        chunk = head | {"object": "chat.completion.chunk", "choices": choices} | more
        return f"data: {json.dumps(chunk)}\n\n"

    yield event([{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}])
    for begin in range(0, len(content), PIECE):
        yield event([{"index": 0, "delta": {"content": content[begin : begin + PIECE]}, "finish_reason": None}])
    yield event([{"index": 0, "delta": {}, "finish_reason": "stop"}])
    if with_usage:
        yield event([], usage=usage)
    yield "data: [DONE]\n\n"
