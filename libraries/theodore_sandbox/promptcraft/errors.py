"""The one shape of errors, and the headers that every reply carries."""

from __future__ import annotations

import logging
import secrets
from email.utils import formatdate
from typing import Any, TYPE_CHECKING

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException

from theodore_sandbox.promptcraft.store import now

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

INVALID = 422
LARGEST_HEADER = 8_192
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


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
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
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
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        return envelope(request, error.status_code, str(error.detail), headers=error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        listed = [{key: item[key] for key in ("type", "loc", "msg")} for item in error.errors()]
        return envelope(request, INVALID, "The request is not valid", listed)


def envelope(request: Request, status: int, detail: str, errors: Any = None, *, headers: Any = None) -> JSONResponse:
    """An error in the one shape."""
    body = {
        "detail": detail,
        "status_code": status,
        "path": request.scope["path"],
        "request_id": request.state.request_id,
        "timestamp": now().isoformat(),
    }
    return JSONResponse(body | ({"errors": errors} if errors else {}), status, headers)
