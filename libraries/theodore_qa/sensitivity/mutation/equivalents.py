"""Mutants that were judged to do the same as the original: by hand, one by one, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from theodore_qa.errors import UsageError
from theodore_qa.sensitivity.mutation.candidates import candidates
from theodore_qa.sensitivity.mutation.mutant import change
from theodore_qa.systems.files import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE = Path(__file__).with_name("equivalents.yaml")
FIELDS = ("path", "line", "becomes", "operator", "reason")


@dataclass(frozen=True)
class Judgement:
    """One entry: in the file ``path`` of the package, ``line`` becomes ``becomes`` by ``operator``."""

    path: str
    line: str
    becomes: str
    operator: str
    reason: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What a mutant is compared by."""
        return self.path, self.operator, self.line, self.becomes


def read(path: Path = FILE) -> list[Judgement]:
    """The entries of a file.

    Raises:
        UsageError: An entry lacks a field, has one too many, or gives no reason.
    """
    found = []
    for number, entry in enumerate(read_yaml(path)["equivalents"], 1):
        if set(entry) != set(FIELDS) or not all(isinstance(entry[name], str) for name in FIELDS) or not entry["reason"].strip():
            raise UsageError(
                f"Entry {number} of {path.name} must have the texts {', '.join(FIELDS)}, observed {', '.join(entry)}."
            )
        found.append(Judgement(**{name: entry[name].strip() for name in FIELDS}))
    return found


def checked(judgements: Iterable[Judgement], sources: Mapping[str, str]) -> dict[tuple[str, str, str, str], str]:
    """The reasons of the entries, by what a mutant is compared by.

    Raises:
        UsageError: An entry fits no mutant of the sources: its line has changed, or it never was one.
    """
    reasons = {}
    for entry in judgements:
        if not _fits(entry, sources):
            raise UsageError(
                f"The equivalent mutant '{entry.line}' of {entry.path} by {entry.operator} fits no mutant of the source: "
                "judge it anew, or take it out of equivalents.yaml."
            )
        reasons[entry.key] = entry.reason
    return reasons


def _fits(entry: Judgement, sources: Mapping[str, str]) -> bool:
    source = sources.get(entry.path, "")
    first = entry.line.splitlines()[0]
    numbers = {number for number, line in enumerate(source.splitlines(), 1) if line.strip() == first}
    for candidate in candidates(entry.path, source) if numbers else ():
        if candidate.operator == entry.operator and not numbers.isdisjoint(range(candidate.start[0], candidate.end[0] + 1)):
            mutated = candidate.mutated(source)
            if mutated and change(source, mutated) == (entry.line, entry.becomes):
                return True
    return False
