"""What can be said of the phases of a research: each function adds its checks to a collection."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.systems.conventions import instant
from theodore_qa.timing import show

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks
    from TheodoreLibrary.jobs import Job

PHASES = ("domain_discovery", "intelligent_scraping", "ai_analysis", "embedding_generation", "vector_storage")


def in_full(checks: Checks, job: Job) -> None:
    """All phases were gone through, their durations add up to no more than was observed, and no less than the calls took."""
    reported = job.phases
    checks.that("research.phases", tuple(reported) == PHASES, ", ".join(PHASES), ", ".join(reported) or "none")
    ok = [name for name, phase in reported.items() if phase.get("success") is True]
    checks.that("research.phases_succeeded", len(ok) == len(PHASES), "all", ", ".join(ok) or "none", n=len(reported))
    spans: dict[str, Any] = {name: phase.get("duration_ms") for name, phase in reported.items()}
    numeric = bool(spans) and all(isinstance(span, int | float) and span > 0 for span in spans.values())
    total = sum(spans.values()) / 1000 if numeric else None
    limit = (job.finished_after or 0) + 0.05
    observed = show(total) if total is not None else str(spans)
    checks.that(
        "research.phases_add_up",
        total is not None and total <= limit,
        f"at most the {show(limit)} observed",
        observed,
        n=len(spans),
    )
    agree = all(_span_agrees(phase) for phase in reported.values())
    checks.that(
        "research.phase_times",
        bool(reported) and agree,
        "durations as their begin and end say",
        "agree" if agree else str(spans),
        n=len(reported),
    )


def pages_counted(checks: Checks, job: Job) -> None:
    """The phase that reads the site tells as many pages, and as much text, as the record stands on."""
    reported = job.phases.get("intelligent_scraping", {}).get("output_data")
    output = reported if isinstance(reported, dict) else {}
    sources = (job.record or {}).get("data_sources") or []
    checks.equal("research.pages_counted", len(sources), output.get("pages_read"))
    length = output.get("content_length")
    checks.that("research.pages_length", isinstance(length, int) and length > 0, "the length of their text", length)


def _span_agrees(phase: dict[str, Any]) -> bool:
    try:
        span = instant(phase["completed_at"]) - instant(phase["started_at"])
        return abs(span.total_seconds() - float(phase["duration_ms"]) / 1000) <= 0.05  # noqa: PLR2004  # two clocks, rounded
    except (KeyError, TypeError, ValueError):
        return False
