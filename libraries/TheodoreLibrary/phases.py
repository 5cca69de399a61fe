"""Checks of the phases and the progress of a research: each function adds to a collection of checks."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import course, written
from theodore_qa.systems.conventions import instant
from theodore_qa.timing import show

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks
    from TheodoreLibrary.jobs import Job

PHASES = ("domain_discovery", "intelligent_scraping", "ai_analysis", "embedding_generation", "vector_storage")
CLOCKS_APART = 0.05  # seconds between two clocks, with rounding


def in_full(checks: Checks, job: Job) -> None:
    """The research passed all phases, and their durations add up to no more than the research took."""
    reported = job.phases
    checks.that("research.phases", tuple(reported) == PHASES, ", ".join(PHASES), ", ".join(reported) or "none")
    ok = [name for name, phase in reported.items() if phase.get("success") is True]
    checks.that(
        "research.phases_succeeded",
        len(ok) == len(PHASES),
        f"success of {len(PHASES)} phases",
        ", ".join(ok) or "none",
        n=len(reported),
    )
    spans: dict[str, Any] = {name: phase.get("duration_ms") for name, phase in reported.items()}
    numeric = bool(spans) and all(isinstance(span, int | float) and span > 0 for span in spans.values())
    total = sum(spans.values()) / 1000 if numeric else None
    limit = (job.finished_after or 0) + CLOCKS_APART
    observed = show(total) if total is not None else written(spans)
    checks.that(
        "research.phases_add_up",
        total is not None and total <= limit,
        f"at most {show(limit)}, as long as the research took",
        observed,
        n=len(spans),
    )
    agree = all(_span_agrees(phase) for phase in reported.values())
    checks.that(
        "research.phase_times",
        bool(reported) and agree,
        f"each duration within {show(CLOCKS_APART)} of its begin and end",
        ", ".join(_with_unit(name, span) for name, span in spans.items()) or "no phases",
        n=len(reported),
    )


def pages_counted(checks: Checks, job: Job) -> None:
    """The phase that reads the site reports as many pages as the record names as sources, and the length of their text."""
    reported = job.phases.get("intelligent_scraping", {}).get("output_data")
    output = reported if isinstance(reported, dict) else {}
    sources = (job.record or {}).get("data_sources") or []
    checks.equal("research.pages_counted", len(sources), output.get("pages_read"))
    length = output.get("content_length")
    checks.that(
        "research.pages_length",
        isinstance(length, int) and length > 0,
        "content_length above 0",
        f"content_length {written(length)}",
    )


def progress(checks: Checks, job: Job) -> None:
    """Progress never goes back, keeps to its limits, and both routes report the same steps."""
    reports = [answer.object() for answer in job.progress] + [answer.object().get("progress") or {} for answer in job.answers]
    in_order = [part for pair in zip(reports[: len(job.progress)], reports[len(job.progress) :], strict=True) for part in pair]
    values = [part.get("percentage") for part in in_order]
    steps = [part.get("step_number") for part in in_order]
    numbers = all(isinstance(value, int | float) for value in (*values, *steps))
    ordered = numbers and values == sorted(values)
    checks.that("research.progress_monotonic", ordered, "a percentage that never falls", course(values), n=len(values))
    checks.that(
        "research.step_monotonic",
        numbers and steps == sorted(steps),
        "a step number that never falls",
        course(steps),
        n=len(steps),
    )
    totals = {part.get("total_steps") for part in in_order}
    within = numbers and totals == {len(PHASES)} and all(0 <= step <= len(PHASES) for step in steps)
    checks.that(
        "research.steps",
        within,
        f"steps 0 to {len(PHASES)} of {len(PHASES)}",
        f"{course(steps)} of {written(totals)}",
        n=len(steps),
    )
    known = {"queued", *PHASES}
    named = {part.get("current_step") for part in in_order}
    misnamed = [
        part
        for part in in_order
        if part.get("current_step") in PHASES and PHASES.index(part["current_step"]) + 1 != part.get("step_number")
    ]
    checks.that(
        "research.step_names",
        named <= known and not misnamed,
        "names of phases, each at its own step",
        ", ".join(sorted(map(str, named))),
        n=len(in_order),
    )
    messages = [part.get("message") for part in in_order]
    checks.that(
        "research.progress_messages",
        all(messages),
        "a message with each progress",
        f"{sum(map(bool, messages))} of {len(messages)} with a message",
        n=len(messages),
    )
    _progress_times(checks, job, in_order)


def _progress_times(checks: Checks, job: Job, reports: list[dict[str, Any]]) -> None:
    created = str(job.state.get("created_at"))
    begun = {str(part.get("started_at")) for part in reports}
    updates = [str(part.get("updated_at")) for part in reports]
    try:
        moments = [instant(text) for text in updates]
        holds = len(begun) == 1 and instant(next(iter(begun))) >= instant(created) and moments == sorted(moments)
    except ValueError:
        holds = False
    checks.that(
        "research.progress_times",
        holds,
        "one started_at, and updated_at that never falls",
        f"{len(begun)} started_at, {len(set(updates))} different updated_at",
        n=len(reports),
    )


def _with_unit(name: str, span: Any) -> str:
    """A phase with its duration, which the system gives in milliseconds."""
    return f"{name} {show(span / 1000) if isinstance(span, int | float) else written(span)}"


def _span_agrees(phase: dict[str, Any]) -> bool:
    try:
        span = instant(phase["completed_at"]) - instant(phase["started_at"])
        return abs(span.total_seconds() - float(phase["duration_ms"]) / 1000) <= CLOCKS_APART
    except (KeyError, TypeError, ValueError):
        return False
