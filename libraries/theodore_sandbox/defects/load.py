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
        "Every fourth request opens a file and does not close it.",
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
        "refused-above-a-rate",
        "Of more than twenty profiles that are read within a second, each further one is answered 503.",
        "load.error_rate",
        "api_load",
        ("load", "accounts", "contract", "benchmarks"),
    ),
    Defect(
        "line-without-end",
        "Suggestions are looked up one after another, and however long the line is, nobody is turned away.",
        "load.waiting",
        "overload",
        ("load", "discovery", "contract", "clients"),
    ),
    Defect(
        "small-tenants-wait",
        "While much is under way, requests of all tenants but the largest wait for half a second.",
        "load.fairness",
        "overload",
        ("load",),
    ),
    Defect(
        "bursts-through-the-limit",
        "A request is looked at first and counted later, so that those of a burst all get through the rate limit.",
        "load.limit",
        "overload",
        ("load", "limits"),
    ),
    Defect(
        "matches-read-one-by-one",
        "A discovery asks the store of vectors again for each of its matches.",
        "load.calls_growth",
        "resources_under_load",
        ("load", "discovery", "benchmarks"),
    ),
    Defect(
        "researches-serialised",
        "A lock lets only one research run at a time.",
        "load.growth",
        "research_load",
        ("load", "administration", "streams", "cancel", "lifecycle"),
    ),
)
