"""Health, metrics, status, configuration and version of the system."""

from __future__ import annotations

import resource
import time
from typing import Annotated, Any

from fastapi import APIRouter, Body, HTTPException, Query, Request

from theodore_sandbox import defects
from theodore_sandbox.common.source import source_digest
from theodore_sandbox.theodore.api import limits
from theodore_sandbox.theodore.api.auth import Admin, Signed, Watcher  # noqa: TC001  # FastAPI resolves annotations at run time
from theodore_sandbox.theodore.api.system_models import ConfigUpdate, HealthResponse, MetricsResponse
from theodore_sandbox.theodore.store import now

VERSION = "2.0.0"
FEATURES = ["research", "discovery", "streaming", "plugins"]
CONFIGURABLE = ("log_level", "rate_limits", "feature_flags", "monitoring_settings")
COMPONENTS = ("ai_providers", "search", "storage", "plugins")
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
        "endpoints": {"health": f"{_origin(request)}/api/v2/health", "metrics": f"{_origin(request)}/api/v2/metrics"},
    }


def _origin(request: Request) -> str:
    """The origin of links: none, because a Host header is not to be trusted."""
    return f"http://{request.headers.get('host')}" if defects.on("host-believed") else ""


@router.get("/debug", include_in_schema=False)
async def debug(request: Request) -> dict[str, Any]:
    """Debug information."""
    if not defects.on("debug-route-left"):
        raise HTTPException(404, "Not Found")
    return {"requests": len(request.app.state.traffic.requests), "jobs": request.app.state.jobs.active(), "python": "3"}


@router.get("/ping")
async def ping() -> dict[str, str]:
    """A sign of life."""
    return {"status": "ok", "timestamp": now().isoformat()}


@router.get("/api/v2/health")
async def health(request: Request) -> HealthResponse:
    """Whether the system and its dependencies are healthy; each dependency is called."""
    if not defects.on("health-not-counted"):
        limits.count(request, "health", request.client.host if request.client else "unknown", "production")
    state = request.app.state
    checks = {"database": state.store.answers()} | await state.jobs.dependencies_answer()
    components = {name: {"status": "healthy" if answers else "unhealthy"} for name, answers in checks.items()}
    return HealthResponse(
        status="healthy" if all(checks.values()) else "degraded",
        timestamp=now(),
        version=VERSION,
        uptime_seconds=_uptime(request),
        components=components,
        metrics={"active_jobs": state.jobs.active()},
    )


@router.get("/api/v2/metrics")
def metrics(request: Request, signed: Watcher, period_seconds: Annotated[int, Query(ge=1, le=86400)] = 300) -> MetricsResponse:
    """How busy the system is."""
    if signed:
        limits.count(request, "metrics", signed.user_id, signed.limits)
    state = request.app.state
    used = resource.getrusage(resource.RUSAGE_SELF)
    return MetricsResponse(
        timestamp=now(),
        period_seconds=period_seconds,
        jobs=state.store.job_counts(),
        system={
            "active_jobs": state.jobs.active(),
            "uptime_seconds": _uptime(request),
            "cpu_seconds": round(used.ru_utime + used.ru_stime, 3),
            "memory_mb": round(used.ru_maxrss / 1024, 1),
        },
        **state.traffic.summary(period_seconds),
    )


@router.get("/api/v2/status")
def status(request: Request, signed: Signed) -> dict[str, Any]:
    """The service, its components and providers, and the latest failures of the caller's tenant."""
    state = request.app.state
    failed = state.store.failed_jobs(None if defects.on("tenant-leak-listing") else signed.tenant)
    breakers = {name: breaker.state for name, breaker in state.jobs.chain.breakers.items()}
    return {
        "service": {"name": "Theodore v2 API", "version": VERSION, "status": "running", "uptime_seconds": _uptime(request)},
        "container": {"ai_providers": breakers},
        "system": {"active_jobs": state.jobs.active(), "recent_errors": failed},
        **({"providers": state.settings.provider_keys} if defects.on("keys-in-status") else {}),
        **({"last_sign_in": getattr(state, "last_sign_in", None)} if defects.on("sign-in-in-status") else {}),
        "configuration": {"ai_provider_order": state.settings.providers, "max_pages": state.settings.max_pages},
        "capabilities": {"features": FEATURES, "live": ["sse", "websocket"]},
    }


@router.get("/api/v2/config")
def configuration(request: Request, signed: Admin) -> dict[str, Any]:  # noqa: ARG001  # any administrator
    """The configuration, without secrets."""
    changed = request.app.state.configuration
    return {
        "api": {
            "cors": {"allowed_origins": []},
            "rate_limiting": {name: {"requests": most, "seconds": window} for name, (most, window) in limits.BUCKETS.items()},
            "security": {"authentication": ["bearer", "api_key"]},
            "features": changed.get("feature_flags", {}),
        },
        "container": {"ai_provider_order": request.app.state.settings.providers},
        "environment": "sandbox",
        "debug_mode": False,
        "log_level": changed.get("log_level", "INFO"),
    }


@router.post("/api/v2/config")
def configure(request: Request, body: ConfigUpdate, signed: Admin) -> dict[str, Any]:  # noqa: ARG001  # any administrator
    """Change what may be changed while the system runs."""
    if unknown := sorted(body.model_extra or {}):
        raise HTTPException(400, f"Not configurable: {', '.join(unknown)}; configurable are {', '.join(CONFIGURABLE)}")
    given = body.model_dump(exclude_unset=True)
    request.app.state.configuration.update(given)
    results = {name: {"status": "updated"} for name in given}
    return {"message": "Configuration updated", "results": results, "timestamp": now().isoformat()}


@router.post("/api/v2/restart")
async def restart(
    request: Request,
    signed: Admin,  # noqa: ARG001  # any administrator
    components: Annotated[list[str], Body()],
) -> dict[str, Any]:
    """Restart components; all of them without a list."""
    named = components or list(COMPONENTS)
    if unknown := sorted(set(named) - set(COMPONENTS)):
        raise HTTPException(400, f"No such component: {', '.join(unknown)}; there are {', '.join(COMPONENTS)}")
    if "ai_providers" in named and not defects.on("restart-without-effect"):
        request.app.state.jobs.chain.reset()
    results = {name: {"status": "restarted"} for name in named}
    return {"message": "Components restarted", "results": results, "timestamp": now().isoformat()}


@router.get("/api/v2/version")
async def version(request: Request) -> dict[str, Any]:
    """Version, build and limits; the build names this very instance."""
    return {
        "version": VERSION,
        "api_version": "v2",
        "build": {"instance_id": request.app.state.settings.instance, "digest": source_digest()},
        "api_features": FEATURES,
        "supported_formats": ["json"],
        "limits": {"max_batch_size": 10000, "max_concurrent_jobs": 20, "max_file_size_mb": 100},
    }


def _uptime(request: Request) -> float:
    started: float = request.app.state.started
    return round(time.monotonic() - started, 3)
