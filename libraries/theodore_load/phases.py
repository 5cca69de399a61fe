"""Where a system says that its time went: phases with their durations, read from its own answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import unknown, UsageError
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = ("at", "name", "seconds", "milliseconds")
EXAMPLE = '{"at": "progress.phases", "name": "phase_name", "milliseconds": "duration_ms"}'
LONGEST_NAME = 80
MOST = 50  # names; a system that makes up new ones for each answer fills no memory


@dataclass(frozen=True)
class Phases:
    """The list in an answer, and the fields of its entries."""

    at: str
    name: str
    duration: str
    unit: float

    def found(self, tree: Any) -> Iterator[tuple[str, float]]:
        """The phases in an answer with their seconds; what has no number is left out."""
        entries = pointers.found(tree, self.at)
        for entry in entries if isinstance(entries, list) else ():
            name, value = pointers.found(entry, self.name), pointers.found(entry, self.duration)
            if isinstance(name, str) and isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
                yield name[:LONGEST_NAME], value * self.unit


def read(declared: Any, step: str) -> Phases | None:
    """The phases of a step; None where it names none.

    Raises:
        UsageError: An entry is unknown or lacking.
    """
    if declared is None:
        return None
    if not isinstance(declared, dict):
        raise UsageError(f"The phases of the step '{step}' are no mapping: write for example {EXAMPLE}.")
    for name in declared:
        if name not in KEYS:
            raise unknown("entry", str(name), KEYS, f"the phases of the step '{step}'")
    units = [name for name in ("seconds", "milliseconds") if name in declared]
    if "at" not in declared or "name" not in declared or len(units) != 1:
        raise UsageError(f"The phases of the step '{step}' need a list, a name and a duration: write for example {EXAMPLE}.")
    return Phases(str(declared["at"]), str(declared["name"]), str(declared[units[0]]), 1.0 if units == ["seconds"] else 0.001)
