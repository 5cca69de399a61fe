"""The one error envelope of the contract, and the headers that every kind of reply carries."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
import traceback
from email.utils import formatdate
from typing import Any, TYPE_CHECKING

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException

from theodore_sandbox import defects
from theodore_sandbox.common.headers import SECURITY_HEADERS
from theodore_sandbox.theodore.store import now

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from theodore_sandbox.theodore.api.traffic import Traffic

FIRST_ERROR, UNAUTHORISED, NOT_FOUND, INVALID, TOO_MANY = 400, 401, 404, 422, 429
HOSTS = ("127.0.0.1", "localhost", "[::1]", "testserver")
LONGEST_BODY = 200_000
# Requests below these paths may be longer: a batch has up to 10,000 companies, and files are read as a stream.
LONGER = {"/api/v2/batch/upload": 101_000_000, "/api/v2/batch/research": 20_000_000, "/api/v2/batch/discover": 20_000_000}
MOST_UNDER_WAY = 10
UNREADABLE = "There was an error parsing the body"  # FastAPI's message for a body that is not text
REPLY_HEADERS = SECURITY_HEADERS | {"X-API-Version": "2.0.0"}


class ReplyHeaders:
    """ASGI middleware outside everything else: a request id and the security headers on every reply."""

    def __init__(self, app: ASGIApp, traffic: Traffic, log: Path | None = None) -> None:
        self.app = app
        self.traffic = traffic
        self.log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to its reply."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = secrets.token_hex(12)
        status, begun = 500, False
        scope.setdefault("state", {})["request_id"] = request_id
        refusal = _refused_at_once(scope)
        if self.traffic.under_way > MOST_UNDER_WAY and defects.on("refused-under-load"):
            refusal = _envelope(Request(scope), "HTTP_ERROR", "Too much is under way", 503)
        self.traffic.under_way += 1
        if self.traffic.under_way > MOST_UNDER_WAY and defects.on("slow-under-load"):
            await asyncio.sleep(6)
        self.traffic.leak()

        async def with_headers(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                begun = True
                status = message["status"]
                _add_headers(MutableHeaders(scope=message), scope, status)
            await send(message)

        started = time.monotonic()
        try:
            await (refusal or self.app)(scope, receive, with_headers)
        except Exception:
            if begun:
                raise
            logging.getLogger(__name__).exception("%s %s failed", scope["method"], scope["path"])
            failed = _envelope(Request(scope), "INTERNAL_SERVER_ERROR", "The request could not be answered", 500)
            await failed(scope, receive, with_headers)
        finally:
            self.traffic.under_way -= 1
        self._write(scope, status, request_id)
        route = scope.get("route")
        self.traffic.count(scope["method"], getattr(route, "path", "unknown"), status, time.monotonic() - started)

    def _write(self, scope: Scope, status: int, request_id: str) -> None:
        """Write a line of the log, without the caller and the query: both can be secrets."""
        if self.log is None:
            return
        path = scope["path"]
        if defects.on("queries-logged"):
            path += "?" + scope["query_string"].decode("latin-1")
        line = {"time": now().isoformat(), "request_id": request_id, "method": scope["method"], "path": path, "status": status}
        with self.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _add_headers(headers: MutableHeaders, scope: Scope, status: int) -> None:
    """Add the headers of every reply."""
    headers["X-Request-ID"] = scope["state"]["request_id"]
    headers["Date"] = formatdate(usegmt=True)  # of now: a server that stood still would send an old one
    if defects.on("banner-revealed"):
        headers["X-Powered-By"], headers["Server"] = "Theodore v2", "uvicorn/0.30.1"
    if defects.on("any-origin-allowed") and (origin := Headers(scope=scope).get("origin")):
        headers["Access-Control-Allow-Origin"], headers["Access-Control-Allow-Credentials"] = origin, "true"
    shielded = status < FIRST_ERROR or not defects.on("headers-missing-on-errors")
    if scope["scheme"] == "https" and not defects.on("hsts-missing"):
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    for name, value in ((REPLY_HEADERS if shielded else {}) | scope["state"].get("rate", {})).items():
        headers[name] = value
    if status == UNAUTHORISED and defects.on("refusals-unshielded"):
        del headers["X-Content-Type-Options"]


def _refused_at_once(scope: Scope) -> JSONResponse | None:
    """Refuse requests for another host, and bodies that are too long."""
    headers = Headers(scope=scope)
    request = Request(scope)
    if scope["method"] == "TRACE" and defects.on("trace-served"):
        return JSONResponse(dict(headers))
    host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
    if host not in HOSTS and not defects.on("host-believed"):
        return _envelope(request, "HTTP_ERROR", "This host is not served here", 400)
    most = LONGER.get(scope["path"], LONGEST_BODY)
    if int(headers.get("content-length", "0") or 0) > most and not defects.on("bodies-unlimited"):
        return _envelope(request, "HTTP_ERROR", "The request is too long", 413)
    return None


def install(app: FastAPI) -> None:
    """Give ``app`` the error envelope for refused and invalid requests."""

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        status = error.status_code
        if error.detail == UNREADABLE:
            return _envelope(request, "VALIDATION_ERROR", "The request is not valid", INVALID, _invalid("It is not JSON"))
        if status == TOO_MANY:
            return _envelope(request, "RATE_LIMIT_EXCEEDED", "Too many requests", status, error.detail, headers=error.headers)
        if defects.on("error-in-200") and request.url.path.startswith("/api/v2/research"):
            status = 200
        message = str(error.detail)
        code, details = ("VALIDATION_ERROR", _invalid(message)) if error.status_code == INVALID else ("HTTP_ERROR", None)
        return _envelope(request, code, message, error.status_code, details, sent=status, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        keys = ("type", "loc", "msg", "input") if defects.on("input-echoed") else ("type", "loc", "msg")
        details: Any = [{key: item[key] for key in keys if key in item} for item in error.errors()]
        if defects.on("traceback-in-errors"):
            details.append({"traceback": "".join(traceback.format_exception(error))})
        return _envelope(request, "VALIDATION_ERROR", "The request is not valid", INVALID, details)


def _invalid(message: str) -> list[dict[str, Any]]:
    """The details of a request that is invalid as a whole."""
    return [{"type": "value_error", "loc": ["request"], "msg": message}]


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
    if status == NOT_FOUND and "text/html" in request.headers.get("accept", "") and defects.on("error-page-unescaped"):
        return HTMLResponse(f"<h1>Not found</h1><p>{message}</p>", status)  # type: ignore[return-value]
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
