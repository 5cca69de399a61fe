"""How long a research and its phases may take, by variables/thresholds.yaml."""

from __future__ import annotations

import functools
from typing import Any, TYPE_CHECKING

from theodore_qa.context import context
from theodore_qa.errors import unknown, UsageError
from theodore_qa.systems.files import read_yaml
from theodore_qa.timing import show

if TYPE_CHECKING:
    from pathlib import Path

    from theodore_qa.observing.checks import Checks
    from TheodoreLibrary.jobs import Job

MEASURED_AS = {
    "total_duration_seconds": None,
    "error_detection_duration_seconds": None,
    "ai_operation_duration_seconds": ("ai_analysis", "openai"),
    "scraping_duration_seconds": ("intelligent_scraping", "web"),
    "domain_discovery_duration_seconds": ("domain_discovery", "search"),
    "fallback_search_duration_seconds": ("domain_discovery", "search"),
    "language_processing_duration_seconds": ("ai_analysis", "openai"),
}


DEFAULT_ANSWER_TIME = 4.0  # seconds, where no convention of the system says it


def load() -> dict[str, Any]:
    """The thresholds of the environment."""
    path = context.environment.thresholds
    if path is None:
        raise UsageError(f"The thresholds of {context.environment.path.name} are missing: name a file by its entry 'thresholds'.")
    return _read(path)


@functools.cache
def _read(path: Path) -> dict[str, Any]:
    return read_yaml(path)


def limit_of(scenario: str, name: str) -> float:
    """The threshold ``name`` of a scenario, in seconds."""
    scenarios = load().get("scenarios", {})
    if scenario not in scenarios:
        raise unknown("scenario", scenario, scenarios, "the thresholds")
    if name not in scenarios[scenario]:
        raise unknown("threshold", name, scenarios[scenario], f"the scenario {scenario}")
    return float(scenarios[scenario][name])


def answer_time() -> float:
    """How long a single answer may take, in seconds."""
    conventions = context.system.declared.conventions
    return (conventions.answer_within if conventions else None) or DEFAULT_ANSWER_TIME


def check(checks: Checks, job: Job, name: str, limit: float) -> None:
    """Compare a duration with its limit: totals by our own clock, phases by what the system reports and its calls bear out."""
    if name not in MEASURED_AS:
        raise unknown("threshold", name, MEASURED_AS)
    measured = MEASURED_AS[name]
    condition = f"at most {show(limit)}"
    if measured is None:
        total = job.finished_after
        checks.that(
            f"performance.{name}",
            total is not None and total <= limit,
            condition,
            show(total) if total else "not finished",
        )
        return
    phase, link = measured
    claimed = job.phases.get(phase, {}).get("duration_ms")
    calls = [call for call in (job.calls or {}).get(link, []) if call["status"]]
    call_span = max((call["finished"] for call in calls), default=0) - min((call["started"] for call in calls), default=0)
    if not isinstance(claimed, int | float):
        checks.not_evaluated(f"performance.{name}", condition, f"the system reports no duration of the phase {phase}")
        return
    taken = claimed / 1000
    checks.that(f"performance.{name}", 0 < taken <= limit, condition, show(taken))
    if calls and phase != "ai_analysis":
        checks.that(
            f"performance.{phase}_borne_out",
            taken >= 0.9 * call_span,
            f"at least the {show(call_span)} of its calls",
            show(taken),
            n=len(calls),
        )
