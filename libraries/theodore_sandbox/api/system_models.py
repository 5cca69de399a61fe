"""The contract's bodies for what the system says of itself."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  # pydantic resolves annotations at run time
from typing import Any

from pydantic import BaseModel


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
