"""What a defect of the sandbox is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Defect:
    """One switch: its name, what goes wrong and when, the check that catches it, in which suite, and the areas it may touch."""

    name: str
    what: str
    check: str
    suite: str
    areas: tuple[str, ...]
