"""What the system says of itself."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter, Request

from theodore_sandbox.api.models import HealthResponse
from theodore_sandbox.api.store import now

VERSION = "2.0.0"
router = APIRouter()


@router.get("/")
async def root(request: Request) -> dict[str, Any]:
    """Name, version and where to look next."""
    return {
        "name": "Theodore v2 API",
        "version": VERSION,
        "description": request.app.description,
        "status": "running",
        "timestamp": now().isoformat(),
        "endpoints": {"health": "/api/v2/health", "metrics": "/api/v2/metrics"},
    }


@router.get("/ping")
async def ping() -> dict[str, str]:
    """A sign of life."""
    return {"status": "ok", "timestamp": now().isoformat()}


@router.get("/api/v2/health")
async def health(request: Request) -> HealthResponse:
    """Whether the system and what it needs are healthy, found out by asking them."""
    state = request.app.state
    checks = {"database": state.store.answers()} | await state.research.dependencies_answer()
    components = {name: {"status": "healthy" if well else "unhealthy"} for name, well in checks.items()}
    return HealthResponse(
        status="healthy" if all(checks.values()) else "degraded",
        timestamp=now(),
        version=VERSION,
        uptime_seconds=round(time.monotonic() - state.started, 3),
        components=components,
        metrics={"active_jobs": state.research.active()},
    )


@router.get("/api/v2/version")
async def version(request: Request) -> dict[str, Any]:
    """Version, build and limits; the build names this very instance."""
    return {
        "version": VERSION,
        "api_version": "v2",
        "build": {"instance_id": request.app.state.settings.instance},
        "api_features": ["research"],
        "supported_formats": ["json"],
        "limits": {"max_batch_size": 10000, "max_concurrent_jobs": 20, "max_file_size_mb": 100},
    }
