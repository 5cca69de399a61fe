"""The defects of resilience: timeouts, retries, circuit breaker, recovery and the truth while a dependency fails."""

from __future__ import annotations

from theodore_sandbox.defects.defect import Defect

RESILIENCE = (
    Defect(
        "no-timeout",
        "Calls of dependencies have no timeout.",
        "chaos.ended",
        "timeouts",
        ("chaos", "chaos-time", "ai", "dependencies"),
    ),
    Defect(
        "no-retry",
        "A failed call is not retried.",
        "chaos.retried",
        "network",
        ("chaos", "ai", "dependencies"),
    ),
    Defect(
        "retry-storm",
        "A retry storm: a failing AI provider is called 40 times in a row without back-off.",
        "chaos.calls_bounded",
        "ai_service",
        ("chaos", "ai", "dependencies", "chaos-time"),
    ),
    Defect(
        "timeout-retried",
        "A completion that timed out is requested, and paid for, again.",
        "ai.calls",
        "timeouts",
        ("chaos", "chaos-time", "ai"),
    ),
    Defect(
        "breaker-never-opens",
        "The circuit breaker of a failing provider never opens.",
        "ai.breaker_opens",
        "ai_fallback",
        ("chaos", "ai"),
    ),
    Defect(
        "lost-work-on-restart",
        "Jobs that a restart interrupts are not resumed.",
        "chaos.ended",
        "recovery_validation",
        ("chaos",),
    ),
    Defect(
        "corrupt-answer-stored",
        "An answer that cannot be parsed is stored as a record with the company's name.",
        "chaos.no_wrong_data",
        "data_corruption",
        ("chaos", "ai", "ai-answers"),
    ),
    Defect(
        "stale-served-as-fresh",
        "When a research fails, an older record is served as today's.",
        "chaos.honest",
        "dependency",
        ("chaos", "dependencies", "ai", "ai-answers"),
    ),
    Defect(
        "recovery-needs-restart",
        "A dependency that failed five times is given up until a restart of the API.",
        "chaos.recovered",
        "recovery_validation",
        ("chaos", "dependencies"),
    ),
    Defect(
        "pool-exhausted",
        "A failed call keeps its slot in the connection pool.",
        "chaos.ended",
        "recovery_validation",
        ("chaos", "dependencies"),
    ),
    Defect(
        "health-says-ok",
        "The health endpoint reports every dependency healthy without calling it.",
        "health.status",
        "dependency_failures",
        ("chaos", "dependencies"),
    ),
    Defect(
        "error-swallowed",
        "A record that could not be stored counts as stored.",
        "fault.failed",
        "dependency_failures",
        ("chaos", "dependencies"),
    ),
    Defect(
        "half-written-record",
        "A company is listed as researched before its record is stored.",
        "chaos.nothing_half_written",
        "dependency",
        ("chaos", "dependencies"),
    ),
    Defect(
        "duplicate-after-retry",
        "A page that needed a retry is read twice.",
        "chaos.no_duplicates",
        "network",
        ("chaos",),
    ),
)
