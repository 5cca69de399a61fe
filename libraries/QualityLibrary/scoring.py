"""Completeness and accuracy of a record as weighted shares of named checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import UsageError
from theodore_qa.redaction.secrets import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

READABLE = 120
EMPTY: tuple[Any, ...] = (None, "", [], {}, (), "unknown", "n/a", "none")


@dataclass(frozen=True)
class Part:
    """One named check with its weight."""

    name: str
    expected: str
    observed: str
    passed: bool
    weight: float = 1.0


@dataclass(frozen=True)
class Score:
    """A score with the checks that it is made of."""

    parts: tuple[Part, ...]

    @property
    def value(self) -> float:
        """The passed weight divided by the whole weight."""
        return self.earned / self.possible

    @property
    def earned(self) -> float:
        """The weight of the checks that passed."""
        return sum(part.weight for part in self.parts if part.passed)

    @property
    def possible(self) -> float:
        """The weight of all checks."""
        return sum(part.weight for part in self.parts)

    @property
    def arithmetic(self) -> str:
        """How the value came about."""
        return f"{self.earned:g} of {self.possible:g} = {self.value:.3f}"


def completeness(record: Mapping[str, Any], fields: Sequence[str], weights: Mapping[str, float]) -> Score:
    """Which of ``fields`` hold something: not null, not empty, not ``unknown``."""
    if not fields:
        raise UsageError("A completeness score needs at least one field to look for.")
    _positive(weights)
    parts = []
    for name in fields:
        value = record.get(name)
        text = value.strip().casefold() if isinstance(value, str) else value
        parts.append(Part(name, "a value", _short(value), text not in EMPTY, weights.get(name, 1.0)))
    return Score(tuple(parts))


def accuracy(record: Mapping[str, Any], truth: Mapping[str, Any], tolerance: float, weights: Mapping[str, float]) -> Score:
    """Which fields of ``truth`` the record has right: texts equal but for case, numbers within ``tolerance``, lists contained."""
    if not truth:
        raise UsageError("An accuracy score needs at least one true value to compare with.")
    _positive(weights)
    return Score(
        tuple(
            Part(
                name,
                _short(true),
                _short(record.get(name)),
                agrees(record.get(name), true, tolerance),
                weights.get(name, 1.0),
            )
            for name, true in truth.items()
        )
    )


def _positive(weights: Mapping[str, float]) -> None:
    if wrong := next((name for name, weight in weights.items() if weight <= 0), None):
        raise UsageError(f"The weight of {wrong} is {weights[wrong]:g}, expected more than 0: leave out what does not count.")


def agrees(value: Any, true: Any, tolerance: float) -> bool:
    """Whether a value is right: a text but for case, a number within a share of it, each item of a list."""
    if isinstance(true, bool) or true is None:
        return value is true
    if isinstance(true, int | float):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and abs(value - true) <= tolerance * abs(true)
    if isinstance(true, str):
        return isinstance(value, str) and value.strip().casefold() == true.strip().casefold()
    if isinstance(true, list):
        return isinstance(value, list) and all(any(agrees(item, expected, tolerance) for item in value) for expected in true)
    if isinstance(true, dict):
        return isinstance(value, dict) and all(agrees(value.get(key), expected, tolerance) for key, expected in true.items())
    return bool(value == true)


def _short(value: Any) -> str:
    return "nothing" if value in (None, "", [], {}) else shortened(str(value), READABLE)
