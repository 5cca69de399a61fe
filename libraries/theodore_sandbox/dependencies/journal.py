"""The request journal: all calls that the dependencies received."""

from __future__ import annotations

import asyncio
import time
from typing import Any, TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from theodore_sandbox.dependencies.behaviours import Behaviours


# The bodies of these links are kept up to so many bytes: checks compare records with the pages that were served, tokens with
# those that a provider charged, and look at manifests and steps.
KEPT = dict.fromkeys(("web", "mcp_registry", "orchestrator"), 100_000) | dict.fromkeys(("openai", "gemini", "bedrock"), 4_000)
MOST_KEPT = 5000  # calls whose bodies are kept: a batch of thousands reads very many pages


class RequestJournal:
    """Calls in the order of their arrival, numbered from 1 and never twice."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.last = 0

    def begin(self, link: str, scope: Scope) -> dict[str, Any]:
        """Record a call that has just arrived."""
        self.last += 1
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        call = {
            "seq": self.last,
            "link": link,
            "method": scope["method"],
            "host": host,
            "path": scope["path"],
            "status": 0,
            "started": time.time(),
            "finished": time.time(),
            "bytes_in": 0,
            "bytes_out": 0,
        }
        self.calls.append(call)
        if len(self.calls) > MOST_KEPT:
            self.calls[-MOST_KEPT].pop("body", None)
        return call


class JournalMiddleware:
    """ASGI middleware that records each call and adds the service's usual delay."""

    def __init__(self, app: ASGIApp, link: str, journal: RequestJournal, delay: float) -> None:
        self.app = app
        self.link = link
        self.journal = journal
        self.delay = delay

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        call = self.journal.begin(self.link, scope)

        async def counted_receive() -> Message:
            message = await receive()
            call["bytes_in"] += len(message.get("body", b""))
            return message

        async def counted_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                call["status"] = message["status"]
            call["bytes_out"] += len(message.get("body", b""))
            if call["bytes_out"] <= KEPT.get(self.link, 0):
                call["body"] = call.get("body", "") + message.get("body", b"").decode("utf-8", "replace")
            call["finished"] = time.time()
            await send(message)

        await asyncio.sleep(self.delay)
        await self.app(scope, counted_receive, counted_send)


def create_app(journal: RequestJournal, behaviours: Behaviours, forget: Callable[[], None]) -> Starlette:
    """Lists the calls after a number and sets behaviours; a reset forgets both, but no number is used twice."""

    async def calls(request: Request) -> JSONResponse:
        after = int(request.query_params.get("after", "0"))
        return JSONResponse({"calls": [call for call in journal.calls if call["seq"] > after], "last": journal.last})

    async def reset(_: Request) -> JSONResponse:
        journal.calls.clear()
        forget()
        return JSONResponse({"status": "reset"})

    async def behave(request: Request) -> JSONResponse:
        try:
            behaviours.assign(request.path_params["link"], await request.json())
        except ValueError as error:
            return JSONResponse({"message": str(error)}, 422)
        return JSONResponse(behaviours.active)

    return Starlette(
        routes=[
            Route("/calls", calls),
            Route("/behaviours/{link}", behave, methods=["PUT"]),
            Route("/reset", reset, methods=["POST"]),
        ]
    )
