"""The defects that show under load: when many users ask at once, or one in a hundred."""

from __future__ import annotations

from theodore_sandbox.defects.defect import Defect

LOAD = (
    Defect(
        "refused-under-load",
        "With more than ten requests under way, each further one is answered 503.",
        "load.error_rate",
        "api_load",
        ("load",),
    ),
    Defect(
        "profile-of-another-user",
        "Threads share a variable, so that under load a profile is answered to another user.",
        "load.error_rate",
        "api_load",
        ("load",),
    ),
    Defect(
        "one-user-in-a-hundred-waits",
        "Every hundredth profile is answered after eight seconds.",
        "load.error_rate",
        "api_load",
        ("load", "accounts", "contract"),
    ),
    Defect(
        "slow-under-load",
        "With more than ten requests under way, each further one waits for six seconds.",
        "load.error_rate",
        "api_load",
        ("load", "benchmarks"),
    ),
    Defect(
        "collector-stops-the-world",
        "Every hundredth profile a collection of garbage stops everything for six seconds.",
        "load.error_rate",
        "api_load",
        ("load", "accounts", "contract", "benchmarks"),
    ),
    Defect(
        "memory-kept",
        "What was needed for an answer is never given back: 50 KB for each request.",
        "load.memory_growth",
        "resources_under_load",
        ("load",),
    ),
    Defect(
        "handles-left-open",
        "Every other request opens a file and does not close it.",
        "load.handles_growth",
        "resources_under_load",
        ("load",),
    ),
    Defect(
        "store-takes-its-time",
        "The store of vectors is asked again and again: storing takes three seconds.",
        "load.bottleneck",
        "resources_under_load",
        ("load", "benchmarks"),
    ),
    Defect(
        "export-slow",
        "An export looks at each company by itself: it takes three seconds.",
        "load.benchmark",
        "benchmarks",
        ("benchmarks", "export", "contract"),
    ),
    Defect(
        "researches-serialised",
        "A lock lets only one research run at a time.",
        "load.growth",
        "research_load",
        ("load", "administration", "streams", "cancel", "lifecycle"),
    ),
)
