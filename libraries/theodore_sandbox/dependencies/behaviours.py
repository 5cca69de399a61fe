"""Configured misbehaviour of a double: errors in its vendor's format, delays, and unusable answers."""

from __future__ import annotations

import asyncio
import contextvars
import json
from typing import Any, TYPE_CHECKING

from starlette.responses import HTMLResponse, JSONResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

ANSWERS = ("foreign", "empty", "truncated", "huge", "nameless", "listed", "mistyped", "invented", "html")
CHANGES: dict[str, dict[str, Any]] = {
    "nameless": {"name": None},
    "mistyped": {"founded_year": "long ago", "products": 3},
    "invented": {"headquarters": "Atlantis, Middle of the Sea"},
}
FIELDS = {"status", "retry_after", "delay", "answer", "times"}
HUGE = 2 * 1024 * 1024
answer_kind: contextvars.ContextVar[str] = contextvars.ContextVar("answer_kind", default="")


class Behaviours:
    """The configured behaviour of each link, and for how many calls."""

    def __init__(self) -> None:
        self.active: dict[str, dict[str, Any]] = {}

    def clear(self) -> None:
        """Remove all behaviours."""
        self.active.clear()

    def assign(self, link: str, behaviour: dict[str, Any]) -> None:
        """Set the behaviour of ``link``; an empty one removes it, an unknown one raises ``ValueError``."""
        if unknown := sorted(set(behaviour) - FIELDS):
            raise ValueError(f"A behaviour has no {unknown[0]!r}; it has {', '.join(sorted(FIELDS))}.")
        if behaviour.get("answer") not in (None, *ANSWERS):
            raise ValueError(f"There is no answer {behaviour['answer']!r}; there are {', '.join(ANSWERS)}.")
        self.active.pop(link, None)
        if behaviour:
            self.active[link] = dict(behaviour)

    def next(self, link: str) -> dict[str, Any]:
        """The behaviour for the next call over ``link``."""
        behaviour = self.active.get(link, {})
        if "times" in behaviour:
            behaviour["times"] -= 1
            if behaviour["times"] <= 0:
                self.active.pop(link)
        return behaviour


class BehaviourMiddleware:
    """ASGI middleware that applies the behaviour of its link."""

    def __init__(self, app: ASGIApp, link: str, behaviours: Behaviours) -> None:
        self.app = app
        self.link = link
        self.behaviours = behaviours

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, or answer it with an error."""
        behaviour = self.behaviours.next(self.link) if scope["type"] == "http" else {}
        if behaviour.get("delay"):
            await asyncio.sleep(float(behaviour["delay"]))
        if behaviour.get("status"):
            await _refusal(self.link, int(behaviour["status"]), behaviour.get("retry_after"))(scope, receive, send)
            return
        if behaviour.get("answer") == "html":
            await HTMLResponse("<!doctype html><title>Maintenance</title><p>Back soon.")(scope, receive, send)
            return
        answer_kind.set(behaviour.get("answer", ""))
        await self.app(scope, receive, send)


def shape_answer(text: str) -> str:
    """An AI's answer, changed as the current behaviour requires."""
    shape = answer_kind.get()
    if shape == "empty":
        return ""
    if shape == "truncated":
        return text[: len(text) // 2]
    if shape == "huge":
        return text + " " * HUGE
    if shape in CHANGES or shape == "listed":
        return json.dumps(_changed(json.loads(text), shape))
    if shape == "foreign":
        translated = {"technology": "technologie", "finance": "finances", "manufacturing": "industrie", "saas": "logiciel"}
        for word, other in translated.items():
            text = text.replace(f'"{word}"', f'"{other}"')
        return text
    return text


def _changed(facts: dict[str, Any], shape: str) -> Any:
    return [facts] if shape == "listed" else facts | CHANGES[shape]


def _refusal(link: str, status: int, retry_after: Any) -> JSONResponse:
    message = "Rate limit reached" if status == 429 else "The service is overloaded"  # noqa: PLR2004  # too many requests
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    if link == "openai":
        kind = "rate_limit_exceeded" if status == 429 else "server_error"  # noqa: PLR2004  # too many requests
        return JSONResponse({"error": {"message": message, "type": kind, "param": None, "code": kind}}, status, headers)
    if link == "gemini":
        kind = "RESOURCE_EXHAUSTED" if status == 429 else "UNAVAILABLE"  # noqa: PLR2004  # too many requests
        return JSONResponse({"error": {"code": status, "message": message, "status": kind}}, status, headers)
    if link == "bedrock":
        kind = "ThrottlingException" if status == 429 else "ServiceUnavailableException"  # noqa: PLR2004  # too many requests
        return JSONResponse({"message": message}, status, headers | {"x-amzn-errortype": kind})
    return JSONResponse({"message": message}, status, headers)
