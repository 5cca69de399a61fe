"""Which defects are on: those that the environment variable names by which the sandbox is given its own."""

from __future__ import annotations

import os

VARIABLE = "THEODORE_SANDBOX_DEFECTS"


def on(name: str) -> bool:
    """Whether the defect ``name`` is switched on; without the variable nothing is imported to find out."""
    named = os.environ.get(VARIABLE, "")
    if not named:
        return False
    from theodore_sandbox import defects

    if name not in defects.DEFECTS:
        raise KeyError(name)
    return name in {part.strip() for part in named.split(",")}
