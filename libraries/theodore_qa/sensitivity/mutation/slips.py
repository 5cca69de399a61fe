"""Slips that a person wrote from the contract alone: read from a file, each of them a mutant of the sandbox's package."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from theodore_qa.errors import UsageError
from theodore_qa.sensitivity.mutation.candidates import Candidate
from theodore_qa.sensitivity.mutation.mutant import Mutant
from theodore_qa.systems.files import read_any_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PACKAGE = "theodore_sandbox"
FIELDS = ("id", "area", "promise", "file", "before", "after", "seen_by", "suite")


@dataclass(frozen=True)
class Slip:
    """A small change of a kind that a careless developer commits: in ``file``, the text ``before`` becomes ``after``.

    ``seen_by`` and ``suite`` say how its author expects that it can be noticed; no verdict rests on them.
    """

    id: str
    area: str
    promise: str
    file: str
    before: str
    after: str
    seen_by: str
    suite: str

    def mutant(self, sources: Mapping[str, str]) -> Mutant | str:
        """The sandbox with this slip; a sentence where it cannot be applied."""
        name = self.file.removeprefix(f"{PACKAGE}/")
        source = sources.get(name)
        if source is None:
            return f"{self.file} is no file of {PACKAGE}"
        found = source.count(self.before) if self.before.strip() else 0
        if found != 1:
            return f"the text that it changes stands {found} times in {self.file}, expected once"
        mutated = source.replace(self.before, self.after)
        try:
            same = ast.dump(ast.parse(mutated)) == ast.dump(ast.parse(source))
        except SyntaxError as error:
            return f"{self.file} would be no Python: {error.msg}, line {error.lineno}"
        if same:
            return f"it changes nothing that {self.file} does"
        first = source[: source.index(self.before)].count("\n") + 1 + self._equal_lines()
        lines = len(self.before.splitlines()) - self._equal_lines()
        place = Candidate(name, (first, 0), (first + lines - 1, 0), self.area, f"slip/{self.id}", 0)
        return Mutant(place, source, mutated)

    def _equal_lines(self) -> int:
        """How many lines before the first one that it changes."""
        before, after = self.before.splitlines(), self.after.splitlines()
        equal = next((number for number, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), None)
        return min(len(before), len(after)) - 1 if equal is None and after else equal or 0


def read(path: Path) -> list[Slip]:
    """The slips of a file: a list, or the list ``slips`` of a mapping.

    Raises:
        UsageError: It has none, an entry lacks a text or has another field, or two entries share an id.
    """
    data = read_any_yaml(path)
    entries = data.get("slips") if isinstance(data, dict) else data
    if not isinstance(entries, list) or not entries:
        raise UsageError(f"{path.name} must hold a list of slips, each with {', '.join(FIELDS)}.")
    found: dict[str, Slip] = {}
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict) or set(entry) != set(FIELDS) or not all(isinstance(entry[name], str) for name in FIELDS):
            seen = ", ".join(map(str, entry)) if isinstance(entry, dict) else f"'{entry}'"
            raise UsageError(f"Slip {number} of {path.name} must have the texts {', '.join(FIELDS)}, observed {seen}.")
        if entry["id"] in found:
            raise UsageError(f"Two slips of {path.name} have the id '{entry['id']}': give each its own.")
        found[entry["id"]] = Slip(**entry)
    return list(found.values())
