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
    succeeded = [name for name, phase in reported.items() if phase.get("success") is True]
    checks.that(
        "research.phases_succeeded",
        len(succeeded) == len(PHASES),
        f"success of {len(PHASES)} phases",
        ", ".join(succeeded) or "none",
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
    agree = all(span_agrees(phase) for phase in reported.values())
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
    reports = _reports(job)
    _steps_in_order(checks, reports)
    named = {report.get("current_step") for report in reports}
    at_own_step = all(_is_at_own_step(report) for report in reports)
    checks.that(
        "research.step_names",
        named <= {"queued", *PHASES} and at_own_step,
        "names of phases, each at its own step",
        ", ".join(sorted(map(str, named))),
        n=len(reports),
    )
    messages = [report.get("message") for report in reports]
    checks.that(
        "research.progress_messages",
        all(messages),
        "a message with each progress",
        f"{sum(map(bool, messages))} of {len(messages)} with a message",
        n=len(messages),
    )
    _progress_times(checks, job, reports)


def _reports(job: Job) -> list[dict[str, Any]]:
    """The reports of progress in the order in which they were read: each poll reads the progress route, then the job."""
    reports: list[dict[str, Any]] = []
    for progress_answer, job_answer in zip(job.progress, job.answers, strict=True):
        reports += [progress_answer.object(), job_answer.object().get("progress") or {}]
    return reports


def _steps_in_order(checks: Checks, reports: list[dict[str, Any]]) -> None:
    """Percentage and step never fall, and the steps are those of the phases."""
    values: list[Any] = [report.get("percentage") for report in reports]
    steps: list[Any] = [report.get("step_number") for report in reports]
    numbers = all(isinstance(value, int | float) for value in (*values, *steps))  # others cannot be put in order
    ordered = numbers and values == sorted(values)
    checks.that("research.progress_monotonic", ordered, "a percentage that never falls", course(values), n=len(values))
    rising = numbers and steps == sorted(steps)
    checks.that("research.step_monotonic", rising, "a step number that never falls", course(steps), n=len(steps))
    totals = {report.get("total_steps") for report in reports}
    within = numbers and totals == {len(PHASES)} and all(0 <= step <= len(PHASES) for step in steps)
    observed = f"{course(steps)} of {written(totals)}"
    checks.that("research.steps", within, f"steps 0 to {len(PHASES)} of {len(PHASES)}", observed, n=len(steps))


def _is_at_own_step(report: dict[str, Any]) -> bool:
    """Whether the number of a step is that of the phase; a queued research has none."""
    phase = report.get("current_step")
    return phase not in PHASES or PHASES.index(phase) + 1 == report.get("step_number")


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
    shares = list(dict.fromkeys(report.get("percentage") for report in reports))
    checks.that(
        "research.progress_dated",
        len(shares) < 2 or len(set(updates)) > 1,  # noqa: PLR2004  # progress that was seen to move
        "another updated_at with another percentage",
        f"{course(shares)} at {len(set(updates))} different updated_at",
        n=len(reports),
    )


def _with_unit(name: str, span: Any) -> str:
    """A phase with its duration, which the system gives in milliseconds."""
    return f"{name} {show(span / 1000) if isinstance(span, int | float) else written(span)}"


def span_agrees(phase: dict[str, Any]) -> bool:
    """Whether the duration of a phase is that between its times."""
    try:
        span = instant(phase["completed_at"]) - instant(phase["started_at"])
        return abs(span.total_seconds() - float(phase["duration_ms"]) / 1000) <= CLOCKS_APART
    except (KeyError, TypeError, ValueError):
        return False
