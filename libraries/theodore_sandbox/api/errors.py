"""The one error envelope of the contract, and the headers that every kind of reply carries."""

from __future__ import annotations

import secrets
import time
from email.utils import formatdate
from typing import Any, TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException

from theodore_sandbox import defects
from theodore_sandbox.api.store import now

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from theodore_sandbox.api.traffic import Traffic

FIRST_ERROR, NOT_FOUND, INVALID, TOO_MANY = 400, 404, 422, 429
UNREADABLE = "There was an error parsing the body"  # so FastAPI calls a body that is no text
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-API-Version": "2.0.0",
}


class ReplyHeaders:
    """ASGI middleware outside everything else: a request id and the security headers on every reply."""

    def __init__(self, app: ASGIApp, traffic: Traffic) -> None:
        self.app = app
        self.traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to its reply."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = secrets.token_hex(12)
        status = 500
        scope.setdefault("state", {})["request_id"] = request_id

        async def with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                headers["Date"] = formatdate(usegmt=True)  # of now: a server that stood still would send an old one
                status = message["status"]
                shielded = status < FIRST_ERROR or not defects.on("headers-missing-on-errors")
                for name, value in ((SECURITY_HEADERS if shielded else {}) | scope["state"].get("rate", {})).items():
                    headers[name] = value
            await send(message)

        started = time.monotonic()
        await self.app(scope, receive, with_headers)
        route = scope.get("route")
        self.traffic.count(scope["method"], getattr(route, "path", "unknown"), status, time.monotonic() - started)


def install(app: FastAPI) -> None:
    """Give ``app`` the error envelope for refused, invalid and failed requests."""

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        status = error.status_code
        if error.detail == UNREADABLE:
            return _envelope(request, "VALIDATION_ERROR", "The request is not valid", INVALID)
        if status == TOO_MANY:
            return _envelope(request, "RATE_LIMIT_EXCEEDED", "Too many requests", status, error.detail, headers=error.headers)
        if defects.on("error-in-200") and request.url.path.startswith("/api/v2/research"):
            status = 200
        code = "VALIDATION_ERROR" if error.status_code == INVALID else "HTTP_ERROR"
        return _envelope(request, code, str(error.detail), error.status_code, sent=status, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        told = ("type", "loc", "msg", "input") if defects.on("input-echoed") else ("type", "loc", "msg")
        details = [{key: item[key] for key in told if key in item} for item in error.errors()]
        return _envelope(request, "VALIDATION_ERROR", "The request is not valid", 422, details)

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001  # internals stay inside
        return _envelope(request, "INTERNAL_SERVER_ERROR", "The request could not be answered", 500)


def _envelope(
    request: Request,
    code: str,
    message: str,
    status: int,
    details: Any = None,
    *,
    sent: int | None = None,
    headers: Any = None,
) -> JSONResponse:
    body = {
        "error": code,
        "message": message,
        "details": details,
        "status_code": status,
        "timestamp": now().isoformat(),
        "path": request.scope["path"],
        "request_id": None if defects.on("no-request-id") and status == NOT_FOUND else request.state.request_id,
    }
    return JSONResponse(body, sent or status, headers)
