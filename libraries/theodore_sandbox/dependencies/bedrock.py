"""An AI provider in Amazon Bedrock's wire format: converse, also streamed, and Titan embeddings."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any, TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from theodore_sandbox.common import signatures
from theodore_sandbox.dependencies import reader
from theodore_sandbox.dependencies.bodies import json_object
from theodore_sandbox.dependencies.embeddings import embedding, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

CHAT_MODELS = ("amazon.nova-pro-v1:0", "amazon.nova-lite-v1:0")
EMBEDDING_MODELS = ("amazon.titan-embed-text-v1",)
MODELS_OF = {"converse": CHAT_MODELS, "converse-stream": CHAT_MODELS, "invoke": EMBEDDING_MODELS}
DIMENSIONS = 1536
PIECE = 200
_TEXT_HEADER = 7


def create_app(key: str) -> Starlette:
    """The provider; callers sign with ``key`` (access key id:secret), or send it as an API key."""

    async def call(request: Request) -> Response:
        model, action = request.path_params["model"], request.path_params["action"]
        body = await json_object(request)
        path = request.scope["raw_path"].decode()
        bearer = request.headers.get("authorization") == f"Bearer {key}"
        if not bearer and not signatures.is_signed("POST", path, await request.body(), request.headers, key):
            return _error(403, "The request signature does not match.", "AccessDeniedException")
        if problem := _unknown(model, action):
            return problem
        if action == "invoke":
            return _invoked(body)
        if problem := _unusable(body):
            return problem
        if action == "converse":
            return JSONResponse(_conversed(body))
        return StreamingResponse(_stream(*_answered(body)), media_type="application/vnd.amazon.eventstream")

    async def ping(_: Request) -> Response:
        return JSONResponse({})

    return Starlette(routes=[Route("/ping", ping), Route("/model/{model:path}/{action}", call, methods=["POST"])])


def _error(status: int, message: str, kind: str) -> Response:
    return JSONResponse({"message": message}, status, {"x-amzn-errortype": kind})


def _unknown(model: str, action: str) -> Response | None:
    if action not in MODELS_OF:
        return _error(404, f"There is no operation {action}.", "UnknownOperationException")
    if model not in (*CHAT_MODELS, *EMBEDDING_MODELS):
        return _error(404, f"Could not resolve the foundation model {model}.", "ResourceNotFoundException")
    if model not in MODELS_OF[action]:
        return _error(400, f"This action does not support the model {model}.", "ValidationException")
    return None


def _unusable(body: dict[str, Any]) -> Response | None:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        return _error(400, "The messages are missing.", "ValidationException")
    if not all(map(_is_message, messages)):
        return _error(400, "A message needs a role, user or assistant, and a list of content.", "ValidationException")
    if not _are_blocks(body.get("system", [])):
        return _error(400, "The system instructions are not a list of blocks.", "ValidationException")
    return None


def _is_message(value: Any) -> bool:
    if not isinstance(value, dict) or value.get("role") not in ("user", "assistant"):
        return False
    return bool(value.get("content")) and _are_blocks(value["content"])


def _are_blocks(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(block, dict) and isinstance(block.get("text", ""), str) for block in value)


def _invoked(body: dict[str, Any]) -> Response:
    text = body.get("inputText")
    if not isinstance(text, str) or not text:
        return _error(400, "The inputText is missing.", "ValidationException")
    return JSONResponse({"embedding": embedding(text, DIMENSIONS), "inputTextTokenCount": tokens(text)})


def _texts(blocks: list[dict[str, Any]]) -> list[str]:
    return [block.get("text", "") for block in blocks]


def _texts_of(body: dict[str, Any], *roles: str) -> list[str]:
    return [text for message in body["messages"] if message["role"] in roles for text in _texts(message["content"])]


def _answered(body: dict[str, Any]) -> tuple[str, dict[str, int]]:
    """The model's answer to the user's texts, with the token usage."""
    content = reader.answer(_texts_of(body, "user"))
    sent = [*_texts(body.get("system", [])), *_texts_of(body, "user", "assistant")]
    prompt_tokens, completion_tokens = sum(map(tokens, sent)), tokens(content)
    return content, {
        "inputTokens": prompt_tokens,
        "outputTokens": completion_tokens,
        "totalTokens": prompt_tokens + completion_tokens,
    }


def _conversed(body: dict[str, Any]) -> dict[str, Any]:
    content, usage = _answered(body)
    message = {"role": "assistant", "content": [{"text": content}]}
    return {"output": {"message": message}, "stopReason": "end_turn", "usage": usage, "metrics": {"latencyMs": 100}}


def _stream(content: str, usage: dict[str, int]) -> Iterator[bytes]:
    yield _event("messageStart", {"role": "assistant"})
    for begin in range(0, len(content), PIECE):
        yield _event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": content[begin : begin + PIECE]}})
    yield _event("contentBlockStop", {"contentBlockIndex": 0})
    yield _event("messageStop", {"stopReason": "end_turn"})
    yield _event("metadata", {"usage": usage, "metrics": {"latencyMs": 100}})


def _event(kind: str, payload: dict[str, Any]) -> bytes:
    """A frame of AWS's event stream: lengths, their checksum, headers, payload, and the checksum of the frame."""
    fields = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", _TEXT_HEADER, len(value)) + value.encode()
        for name, value in fields.items()
    )
    data = json.dumps(payload).encode()
    lengths = struct.pack("!II", len(headers) + len(data) + 16, len(headers))
    frame = lengths + struct.pack("!I", zlib.crc32(lengths)) + headers + data
    return frame + struct.pack("!I", zlib.crc32(frame))
