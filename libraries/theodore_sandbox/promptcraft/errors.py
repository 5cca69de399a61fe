"""The one shape of errors, and the headers that every reply carries."""

from __future__ import annotations

import logging
import secrets
import time
from email.utils import formatdate
from typing import Any, TYPE_CHECKING

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException

from theodore_sandbox import defects
from theodore_sandbox.common.headers import SECURITY_HEADERS
from theodore_sandbox.promptcraft.sessions import StoreError
from theodore_sandbox.promptcraft.store import DatabaseError, now

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

REFUSALS, INVALID, UNAVAILABLE = (401, 403), 422, 503
AGENT_PATHS = ("/api/v4/admin/agents", "/api/v4/workflows")
LARGEST_HEADER = 8_192


class ReplyHeaders:
    """ASGI middleware outside everything else: a request id and the security headers on every reply."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to its reply."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})["request_id"] = request_id = secrets.token_hex(12)
        begun = False

        async def with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                bare = message["status"] in REFUSALS and defects.on("errors-without-headers")
                for name, value in SECURITY_HEADERS.items() if not bare else ():
                    headers.setdefault(name, value)
                if defects.on("version-revealed"):
                    headers["Server"] = "PromptCraft-Hybrid/4.0.0"
                if defects.on("server-named-twice"):
                    headers.append("Server", "uvicorn")
                    headers.append("Server", "PromptCraft-Hybrid")
                if scope.get("scheme") == "https":
                    headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
                headers["X-Request-ID"], headers["Date"] = request_id, formatdate(usegmt=True)
            await send(message)

        try:
            await self.app(scope, receive, with_headers)
        except Exception:
            if begun:
                raise
            logging.getLogger(__name__).exception("%s %s failed", scope["method"], scope["path"])
            await envelope(Request(scope), 500, "The request could not be answered")(scope, receive, with_headers)


def install(app: FastAPI) -> None:
    """Answer all errors in one shape."""

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        preflight = request.method == "OPTIONS" and "origin" in request.headers
        if preflight and defects.on("preflight-errors-of-text"):
            return PlainTextResponse("Disallowed CORS origin", 400)
        return envelope(request, error.status_code, str(error.detail), headers=error.headers)

    @app.exception_handler(StoreError)
    async def without_sessions(request: Request, error: StoreError) -> JSONResponse:  # noqa: ARG001  # whatever it says
        return envelope(request, UNAVAILABLE, "The session store does not answer")

    @app.exception_handler(DatabaseError)
    async def without_database(request: Request, error: DatabaseError) -> JSONResponse:  # noqa: ARG001  # whatever it says
        request.state.without_database = True
        return envelope(request, UNAVAILABLE, "The database does not answer")

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        listed = [{key: item[key] for key in ("type", "loc", "msg")} for item in error.errors()]
        return envelope(request, INVALID, "The request is not valid", listed)


def envelope(request: Request, status: int, detail: str, errors: Any = None, *, headers: Any = None) -> JSONResponse:
    """An error in the one shape."""
    if status == UNAVAILABLE and defects.on("unavailable-by-repr"):
        detail = str({"error": detail, "retry_after": 60})
    body = {
        "detail": detail,
        "status_code": status,
        "path": request.scope["path"],
        "request_id": request.state.request_id,
        "timestamp": now().isoformat(),
    }
    body |= {"errors": errors} if errors else {}
    return JSONResponse(_other_shape(body, status) or body, status, headers)


def _other_shape(body: dict[str, Any], status: int) -> dict[str, Any]:
    """The shape that a part of the platform gives its errors by a defect; empty without one."""
    if status in REFUSALS and defects.on("refusals-of-bare-detail"):
        return {"detail": body["detail"]}
    if body["path"].startswith(AGENT_PATHS) and status in (404, 409, 503) and defects.on("agent-errors-of-their-own"):
        return {"error": "Request failed", "detail": body["detail"], "timestamp": body["timestamp"]}
    if status in (404, 405) and defects.on("errors-dated-by-epoch"):
        return {"error": body["detail"], "status_code": status, "timestamp": time.time(), "path": body["path"]}
    if status == INVALID and defects.on("validation-errors-of-their-own"):
        listed = [
            {"field": " -> ".join(map(str, item["loc"])), "message": item["msg"], "type": item["type"]}
            for item in body.get("errors", ())
        ]
        return {"error": body["detail"], "status_code": status, "validation_errors": listed}
    return {}
