"""The defects that show only when something fails: what the API does about it, and how it comes back."""

from __future__ import annotations

from theodore_sandbox.defects.defect import Defect

RESILIENCE = (
    Defect(
        "no-timeout",
        "Calls of dependencies wait for ever.",
        "chaos.ended",
        "timeouts",
        ("chaos", "chaos-time", "ai", "dependencies"),
    ),
    Defect(
        "no-retry",
        "A call that failed once is not tried again.",
        "chaos.retried",
        "network",
        ("chaos", "ai", "dependencies"),
    ),
    Defect(
        "retry-storm",
        "A failing AI provider is called 40 times in a row, at once.",
        "chaos.calls_bounded",
        "ai_service",
        ("chaos", "ai", "dependencies", "chaos-time"),
    ),
    Defect(
        "timeout-retried",
        "A completion whose answer did not come in time is asked for, and paid for, again.",
        "ai.calls",
        "timeouts",
        ("chaos", "chaos-time", "ai"),
    ),
    Defect(
        "breaker-never-opens",
        "A provider that fails is called with every research.",
        "ai.breaker_opens",
        "ai_fallback",
        ("chaos", "ai"),
    ),
    Defect(
        "lost-work-on-restart",
        "Jobs that a restart has interrupted are never taken up again.",
        "chaos.ended",
        "recovery_validation",
        ("chaos",),
    ),
    Defect(
        "corrupt-answer-stored",
        "An answer that cannot be read is stored as a record with the company's name.",
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
        "A dependency that failed five times is given up until the API is started again.",
        "chaos.recovered",
        "recovery_validation",
        ("chaos", "dependencies"),
    ),
    Defect(
        "pool-exhausted",
        "A failed call keeps its place in the pool of connections.",
        "chaos.ended",
        "recovery_validation",
        ("chaos", "dependencies"),
    ),
    Defect(
        "health-says-ok",
        "The health calls every dependency healthy without asking it.",
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
        "A page that came with the second try is taken in twice.",
        "chaos.no_duplicates",
        "network",
        ("chaos",),
    ),
)
