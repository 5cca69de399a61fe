"""Sessions: one's own, and those of a tenant for its administrators."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Request

from theodore_sandbox import defects
from theodore_sandbox.promptcraft import people
from theodore_sandbox.promptcraft.access import Caller, manages_sessions, Reader, UserManager

router = APIRouter(prefix="/api/v4")
FIELDS = ("session_id", "user_id", "username", "organization", "roles", "created_at", "last_activity", "expires_at")
SessionManager = Annotated[Caller, Depends(manages_sessions)]
SessionId = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


def without_secrets(session: dict[str, Any]) -> dict[str, Any]:
    """A session without what is secret."""
    return {name: session[name] for name in FIELDS}


@router.get("/sessions")
def own(request: Request, signed: Reader) -> dict[str, Any]:
    """The caller's sessions."""
    return {"data": [without_secrets(session) for session in request.app.state.sessions.of_user(signed.user_id)]}


@router.get("/admin/sessions")
def of_tenant(request: Request, signed: SessionManager) -> dict[str, Any]:
    """All sessions of the tenant."""
    state = request.app.state
    listed = people.of_tenant(state.store, signed.tenant)
    return {"data": [without_secrets(session) for person in listed for session in state.sessions.of_user(person["user_id"])]}


@router.get("/admin/sessions/{session_id}")
def read(request: Request, session_id: SessionId, signed: UserManager) -> dict[str, Any]:
    """A session of the tenant."""
    return without_secrets(_found(request, session_id, signed.tenant))


@router.delete("/admin/sessions/{session_id}")
def end(request: Request, session_id: SessionId, signed: UserManager) -> dict[str, Any]:
    """End a session of the tenant."""
    if not defects.on("session-of-any-tenant-ended"):
        _found(request, session_id, signed.tenant)
    request.app.state.sessions.end(session_id)
    return {"session_id": session_id, "status": "ended"}


def _found(request: Request, session_id: str, tenant: str) -> dict[str, Any]:
    if defects.on("session-administration-fails"):
        raise HTTPException(500, "Internal authentication error")
    session: dict[str, Any] | None = request.app.state.sessions.find(session_id)
    if session is None or session["organization"] != tenant:
        raise HTTPException(404, "There is no such session")
    return session
