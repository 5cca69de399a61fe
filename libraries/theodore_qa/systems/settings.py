"""What an environment file says for all of its systems: what may be done to them, and what is openly lacking."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from theodore_qa.systems.declared import Allowed, Locust


@dataclass(frozen=True, eq=False, repr=False)  # generated methods cost import time
class Waiver:
    """An entry that this environment openly does without, until a date."""

    reason: str
    owner: str
    until: dt.date

    @property
    def in_force(self) -> bool:
        """Whether the date has not passed."""
        return dt.datetime.now(dt.UTC).date() <= self.until

    def __str__(self) -> str:
        return f"{self.reason} (owner {self.owner}, until {self.until})"


@dataclass(frozen=True, eq=False, repr=False)  # generated methods cost import time
class EnvironmentSettings:
    """The part of an environment that each of its systems keeps to."""

    path: Path
    name: str
    kind: str
    hosts: tuple[str, ...]
    allow: Allowed
    clock_tolerance: float
    not_available: dict[str, Waiver]
    companies: Path | None
    thresholds: Path | None
    waivers: Path | None
    locust: Locust | None

    def waiver(self, system: str, entry: str) -> Waiver | None:
        """Why the environment openly does without an entry of a system, if it does and the date has not passed."""
        parts = entry.split(".")
        for length in range(len(parts), 0, -1):
            name = ".".join(parts[:length])
            found = self.not_available.get(f"{system}.{name}") or self.not_available.get(name)
            if found and found.in_force:
                return found
        return None
