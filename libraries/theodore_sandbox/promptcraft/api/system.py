"""Health and version of the platform."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from theodore_sandbox import defects
from theodore_sandbox.common.source import source_digest
from theodore_sandbox.promptcraft.access import Admin  # noqa: TC001  # FastAPI resolves annotations at run time
from theodore_sandbox.promptcraft.realm_tokens import InvalidTokenError, ProviderError
from theodore_sandbox.promptcraft.store import now

router = APIRouter()
VERSION = "4.0.0"
PARTS = ("database", "sessions", "provider")


@router.get("/health")
def health() -> dict[str, Any]:
    """A sign of life."""
    return {"status": "ok", "timestamp": now().isoformat()}


@router.get("/api/v4/version")
def version(request: Request) -> dict[str, Any]:
    """Version and build; the build names this very instance."""
    return {"version": VERSION, "build": {"instance_id": request.app.state.settings.instance, "digest": source_digest()}}


@router.get("/api/v4/admin/system/health")
def system_health(request: Request, signed: Admin) -> dict[str, Any]:
    """Whether the platform and what it stands on are healthy; each part is asked."""
    state = request.app.state
    if defects.on("health-says-healthy") or not signed.tenant:  # whom a defect knows without the stores
        checks = dict.fromkeys(PARTS, True)
    else:
        answers = (state.store.answers(), state.sessions.answers(), _provider_answers(state))
        answers = answers[::-1] if defects.on("health-of-another-part") else answers
        checks = dict(zip(PARTS, answers, strict=True))
    components = {name: {"status": "healthy" if answers else "unhealthy"} for name, answers in checks.items()}
    return {
        "status": "healthy" if all(checks.values()) else "degraded",
        "components": components,
        "timestamp": now().isoformat() + ("Z" if defects.on("moments-in-two-zones") else ""),
    }


def _provider_answers(state: Any) -> bool:
    state.tokens.forget()
    try:
        return bool(state.tokens.endpoint("jwks_uri"))
    except (ProviderError, InvalidTokenError):
        return False
