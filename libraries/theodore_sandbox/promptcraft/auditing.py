"""The audit trail: one event for every attempt, whatever came of it."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import time
import uuid
from typing import Any, TYPE_CHECKING

import sqlalchemy as sa
from starlette.datastructures import Headers

from theodore_sandbox import defects
from theodore_sandbox.promptcraft.store import DatabaseError, events, now

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from theodore_sandbox.promptcraft.access import Caller
    from theodore_sandbox.promptcraft.store import Store

OPERATOR = "default"  # the tenant whose administrators see attempts of nobody who is known
REFUSALS, ACCEPTED = (401, 403), 202
FIRST_ERROR, FIRST_FAULT = 400, 500
WATCHED = ("/auth/", "/api/v4/")
LONGEST_AGENT = 200
_numbers = itertools.count(1)


class AuditTrail:
    """ASGI middleware that records each request to the API, with its outcome."""

    def __init__(self, app: ASGIApp, store: Store) -> None:
        self.app = app
        self.store = store
        self.waiting: list[dict[str, Any]] = []  # what was to be written while the database did not answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and record what came of it."""
        if scope["type"] != "http" or not scope["path"].startswith(WATCHED):
            await self.app(scope, receive, send)
            return
        status, started, size = 500, time.monotonic(), 0

        async def watched(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            if not _lost(scope, status):
                self.waiting.append(_row(_event(scope, status, time.monotonic() - started, size), scope))
                if not scope["state"].get("without_database"):
                    self._write()

    def _write(self) -> None:
        with contextlib.suppress(DatabaseError):  # the next request writes them
            while self.waiting:
                self.store.write(sa.insert(events).values(self.waiting[0]))
                del self.waiting[0]


def _lost(scope: Scope, status: int) -> bool:
    """Whether a defect loses an event."""
    if defects.on("one-operation-audited"):
        return not scope["path"].endswith("/workflows/execute")
    if scope["path"].startswith("/auth/saml/") and defects.on("assertions-not-audited"):
        return True
    if status == ACCEPTED and defects.on("accepted-work-not-audited"):
        return True
    failed_sign_on = scope["path"].startswith("/auth/") and status == REFUSALS[0]
    return (failed_sign_on and defects.on("failed-sign-on-not-audited")) or (
        status == REFUSALS[1] and defects.on("refusals-not-audited")
    )


def _row(event: dict[str, Any], scope: Scope) -> dict[str, Any]:
    tenant = event["organization_id"] or scope["state"].get("attempted_tenant") or OPERATOR
    row = {key: event[key] for key in ("event_id", "timestamp", "user_id", "event_type")}
    return row | {"tenant": tenant, "event": event}


def _event(scope: Scope, status: int, seconds: float, size: int) -> dict[str, Any]:
    """The event of a request, by the contract's fields."""
    caller: Caller | None = scope["state"].get("caller")
    kind = _kind(scope, status)
    return {
        "event_id": _event_id(),
        "timestamp": now().isoformat(),
        "user_id": caller.user_id if caller else scope["state"].get("attempted_user", ""),
        "organization_id": caller.tenant if caller else "",
        "session_id": caller.session_id if caller else "",
        "event_type": kind,
        "event_category": "security" if kind in ("authentication", "authorization") else "operational",
        "severity": "info" if status < FIRST_ERROR else "warning" if status < FIRST_FAULT else "error",
        "source": _source(scope),
        "action": _action(scope),
        "context": _context(scope),
        "outcome": _outcome(scope, status, seconds),
        "data": _data(scope, status, size),
    }


def _source(scope: Scope) -> dict[str, str]:
    claimed = Headers(scope=scope).get("x-forwarded-for", "") if defects.on("claimed-address-audited") else ""
    return {
        "component": "api_gateway",
        "version": "4.0.0",
        "host": f"{socket.gethostname()}:{os.getpid()}",
        "ip_address": claimed or (scope["client"][0] if scope.get("client") else ""),
    }


def _action(scope: Scope) -> dict[str, Any]:
    return {
        "operation": scope["state"].get("audit_operation") or f"{scope['method']} {scope['path']}",
        "resource": scope["path"].strip("/").split("/")[-1] or "root",
        "resource_id": next(iter((scope.get("path_params") or {}).values()), ""),
        "method": scope["method"],
        "endpoint": getattr(scope.get("route"), "path", scope["path"]),
    }


def _context(scope: Scope) -> dict[str, str]:
    headers, places = Headers(scope=scope), dict(scope.get("path_params") or {})
    about = {"workflow_id": places["workflow_id"]} if "workflow_id" in places else {}
    about |= {"agent_id": places["name"]} if scope["path"].endswith("/deploy") else {}
    return about | {
        "user_agent": headers.get("user-agent", "")[:LONGEST_AGENT],
        "request_id": scope["state"].get("request_id", ""),
        "correlation_id": headers.get("x-correlation-id", "")[:LONGEST_AGENT],
    }


def _outcome(scope: Scope, status: int, seconds: float) -> dict[str, Any]:
    failed = status >= FIRST_ERROR
    outcome = {
        "status": "failure" if failed and not defects.on("failures-audited-as-successes") else "success",
        "status_code": status,
        "response_time_ms": round(seconds * 1000, 3),
    }
    reason = {"error_message": scope["state"].get("audit_error") or f"status {status}"} if failed else {}
    return outcome | reason


def _data(scope: Scope, status: int, size: int) -> dict[str, Any]:
    return {
        "request_size_bytes": int(Headers(scope=scope).get("content-length") or 0),
        "response_size_bytes": size,
        "sensitive_data_accessed": "/users" in scope["path"] and status < FIRST_ERROR,
        "compliance_flags": [],
    }


def _event_id() -> str:
    return str(uuid.UUID(int=next(_numbers)) if defects.on("event-ids-counted") else uuid.uuid4())


def _kind(scope: Scope, status: int) -> str:
    if scope["path"].startswith("/auth/") or status == REFUSALS[0]:
        return "authentication"
    if status in REFUSALS:
        return "authorization"
    if status >= FIRST_FAULT:
        return "error"
    if "execute" in scope["path"]:
        return "execution"
    return "data_access" if scope["method"] in ("GET", "HEAD") else "configuration_change"


def attempted(request: Request, user_id: str, tenant: str) -> None:
    """Note whose account an attempt was about, before it is known whether it succeeds."""
    request.state.attempted_user, request.state.attempted_tenant = user_id, tenant
