"""What each area weighs in the readiness score, and which tests it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from theodore_qa.errors import UsageError
from theodore_qa.readiness.files import read_checked

if TYPE_CHECKING:
    from pathlib import Path

    from theodore_qa.readiness.located import LocatedTest

SCHEMA = "weights.schema.json"


@dataclass(frozen=True)
class Area:
    """An area of the system: its weight, and the folder and tags of its tests; without tags it takes the rest of the folder."""

    id: str
    title: str
    weight: float
    suites: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Weights:
    """The areas in the order in which they take tests, the labels from the highest on, and tests that weigh otherwise than 1."""

    areas: tuple[Area, ...]
    labels: tuple[tuple[float, str], ...]
    tests: tuple[tuple[str, float], ...] = ()

    def area_of(self, test: LocatedTest) -> str:
        """The id of the first area that takes a test; empty if none does."""
        for area in self.areas:
            if area.suites == test.folder and (not area.tags or test.has(area.tags)):
                return area.id
        return ""

    def weight_of(self, test: LocatedTest) -> float:
        """What a test weighs within its area."""
        return next((weight for tag, weight in self.tests if test.has((tag,))), 1.0)

    @property
    def lowest_label(self) -> str:
        """The label that any score reaches."""
        return self.labels[-1][1]

    def label(self, score: float) -> str:
        """The highest label that a score reaches."""
        return next((label for least, label in self.labels if score >= least), self.lowest_label)


def read(path: Path) -> Weights:
    """The weights in a file.

    Raises:
        UsageError: the file is not valid, or has no label from 0 on.
    """
    data = read_checked(path, SCHEMA)
    areas = tuple(
        Area(name, entry["title"], float(entry["weight"]), entry["suites"], tuple(entry.get("tags", ())))
        for name, entry in data["areas"].items()
    )
    labels = sorted(((float(entry["from"]), str(entry["label"])) for entry in data["labels"]), reverse=True)
    if labels[-1][0] != 0:
        raise UsageError(f"The file {path} has no label from 0 on: add one, such as '- {{from: 0, label: NOT READY}}'.")
    return Weights(areas, tuple(labels), tuple((entry["tag"], float(entry["weight"])) for entry in data.get("tests", ())))
