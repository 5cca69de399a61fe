"""Predictions of how an execution ends, by a model that states its version and when it was trained."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from theodore_sandbox import defects
from theodore_sandbox.promptcraft.access import Analyst  # noqa: TC001  # FastAPI resolves annotations at run time
from theodore_sandbox.promptcraft.store import now

router = APIRouter(prefix="/api/v4/analytics")
SLOW_MS, TESTED = 8_000, 0.8
AGE, OUTDATED = dt.timedelta(days=20), dt.timedelta(days=800)


class Features(BaseModel):
    """What is known of an execution."""

    model_config = ConfigDict(extra="forbid")
    processing_time_ms: Annotated[float, Field(ge=0, le=1e9)]
    test_success_rate: Annotated[float, Field(ge=0, le=1)]


class Predict(BaseModel):
    """The body of a request for a prediction."""

    model_config = ConfigDict(extra="forbid")
    features: Features


@router.post("/predictions")
def predict(body: Predict, signed: Analyst) -> dict[str, Any]:  # noqa: ARG001  # any analyst
    """How an execution with these features ends."""
    given = body.features
    slow = given.processing_time_ms > (SLOW_MS * 2 if defects.on("prediction-of-old-data") else SLOW_MS)
    fails = (slow or given.test_success_rate < TESTED) and not defects.on("prediction-constant")
    outdated = defects.on("prediction-model-outdated")
    trained = now() - (OUTDATED if outdated else AGE)
    return {
        "status": "success",
        "data": {"prediction": "failed" if fails else "completed"},
        "metadata": {
            "model": {
                "name": "execution-outcome",
                "version": "1" if outdated else "3",
                "trained_at": trained.isoformat(timespec="seconds"),
            }
        },
    }
