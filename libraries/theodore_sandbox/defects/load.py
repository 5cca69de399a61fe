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
        "researches-serialised",
        "A lock lets only one research run at a time.",
        "load.growth",
        "research_load",
        ("load", "administration", "streams", "cancel", "lifecycle"),
    ),
)
