"""The contract's bodies for what the system says of itself."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  # pydantic resolves annotations at run time
from typing import Any

from pydantic import BaseModel, ConfigDict, StrictStr

from theodore_sandbox.common.free_objects import FreeObject  # noqa: TC001  # pydantic resolves annotations at run time


class HealthResponse(BaseModel):
    """How the system and its parts are."""

    status: str
    timestamp: datetime
    version: str
    uptime_seconds: float
    components: dict[str, dict[str, Any]]
    metrics: dict[str, int | float | str]


class MetricsResponse(BaseModel):
    """How busy the system is."""

    timestamp: datetime
    period_seconds: int
    requests: dict[str, int]
    response_times: dict[str, float]
    error_rates: dict[str, float]
    jobs: dict[str, int]
    system: dict[str, int | float]


class ConfigUpdate(BaseModel):
    """Body of ``POST /config``; other keys are refused by the route."""

    model_config = ConfigDict(extra="allow")
    log_level: StrictStr = "INFO"
    rate_limits: FreeObject = {}
    feature_flags: FreeObject = {}
    monitoring_settings: FreeObject = {}
