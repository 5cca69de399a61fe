"""Waivers of gates: what an environment openly does without, until a date or a version of this product."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from theodore_qa import revision
from theodore_qa.errors import unknown, UsageError
from theodore_qa.readiness.files import read_checked

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

SCHEMA = "waivers.schema.json"


@dataclass(frozen=True)
class GateWaiver:
    """Why a gate need not be evaluated, who sees to it, until when, and where that is written."""

    gate: str
    reason: str
    owner: str
    until: str
    where: str

    @property
    def in_force(self) -> bool:
        """Whether its date has not passed, or its version has not come."""
        if "-" in self.until:
            return dt.datetime.now(dt.UTC).date() <= dt.date.fromisoformat(self.until)
        from packaging.version import Version

        return Version(revision.product_version()) < Version(self.until)

    def __str__(self) -> str:
        ended = "" if self.in_force else ": ENDED"
        return f"{self.reason} (owner {self.owner}, until {self.until}, {self.where}{ended})"


def read(path: Path | None, gates: Collection[str]) -> dict[str, GateWaiver]:
    """The waivers in a file by their gates; none without a file.

    Raises:
        UsageError: the file is not valid, or names a gate that there is not.
    """
    if path is None:
        return {}
    found: dict[str, GateWaiver] = {}
    lines = path.read_text(encoding="utf-8").splitlines()
    for entry in read_checked(path, SCHEMA)["waivers"]:
        if "-" in entry["until"] and not _is_date(entry["until"]):
            raise UsageError(f"The waiver until {entry['until']} in {path.name} names no day that there is.")
        for gate in entry["gates"]:
            if gate not in gates:
                raise unknown("gate", gate, gates, path.name)
            line = next((number for number, text in enumerate(lines, 1) if gate in _words(text)), 1)
            waiver = GateWaiver(gate, entry["reason"], entry["owner"], entry["until"], f"{path.name}:{line}")
            if gate not in found or not found[gate].in_force:
                found[gate] = waiver
    return found


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _words(line: str) -> list[str]:
    return line.partition("#")[0].replace("[", " ").replace("]", " ").replace(",", " ").split()
