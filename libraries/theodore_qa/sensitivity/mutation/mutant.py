"""One mutant: a copy of the sandbox's package with one change."""

from __future__ import annotations

import difflib
import hashlib
import itertools
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from theodore_qa.sensitivity.mutation.candidates import Candidate

HANDLERS = ("{system}/**/*.py", "common/*.py")  # of the sandbox's package; its defects are in neither
DOUBLES = ("promptcraft/provider/", "promptcraft/services.py", "promptcraft/dependencies.py")  # of what a system stands on
EVERYTHING = ("**/*.py",)


@dataclass(frozen=True)
class Mutant:
    """A candidate with the source before and after."""

    candidate: Candidate
    source: str
    mutated: str

    @property
    def id(self) -> str:
        """A name that is the same in each run on the same source."""
        place = self.candidate
        return f"{place.file}:{place.line}:{place.family}:{place.operator}:{place.occurrence}"

    @property
    def diff(self) -> str:
        """The change as a unified diff without context."""
        lines = difflib.unified_diff(
            self.source.splitlines(), self.mutated.splitlines(), self.candidate.file, self.candidate.file, n=0, lineterm=""
        )
        return "\n".join(lines)

    @property
    def change(self) -> tuple[str, str]:
        """The lines that differ, without indentation: before and after."""
        return change(self.source, self.mutated)

    def describe(self) -> str:
        """Where it is and what it does, in a line."""
        before, after = (" ".join(text.split()) for text in self.change)
        return f"{self.candidate.file}:{self.candidate.line} ({self.candidate.family}) {before} -> {after or 'nothing'}"


def change(source: str, mutated: str) -> tuple[str, str]:
    """The lines of two sources that differ, without indentation: before and after."""
    lines = list(difflib.ndiff(source.splitlines(), mutated.splitlines()))
    before, after = ([line[2:].strip() for line in lines if line.startswith(mark)] for mark in ("- ", "+ "))
    return "\n".join(before), "\n".join(after)


def joined(mutants: Mapping[str, Mutant]) -> tuple[dict[str, str], list[str]]:
    """The files with as many mutants as fit together, and the names of those: of two that touch the same lines the first."""
    changes: dict[str, list[tuple[int, int, list[str]]]] = {}
    originals: dict[str, list[str]] = {}
    fitting = []
    for name, mutant in mutants.items():
        file = mutant.candidate.file
        before, after = mutant.source.splitlines(keepends=True), mutant.mutated.splitlines(keepends=True)
        first = _equal_lines(before, after)
        equal = _equal_lines(before[first:][::-1], after[first:][::-1])
        last = len(before) - equal
        if all(last < other_first or other_last < first for other_first, other_last, _ in changes.get(file, ())):
            changes.setdefault(file, []).append((first, last, after[first : len(after) - equal]))
            originals[file] = before
            fitting.append(name)
    return {file: _changed(originals[file], parts) for file, parts in changes.items()}, fitting


def _equal_lines(before: list[str], after: list[str]) -> int:
    """How many lines are the same from the beginning on."""
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))


def _changed(lines: list[str], parts: list[tuple[int, int, list[str]]]) -> str:
    for first, last, text in sorted(parts, reverse=True):
        lines = [*lines[:first], *text, *lines[last:]]
    return "".join(lines)


def handlers(package: Path, system: str) -> dict[str, str]:
    """The files of a system that are mutated unless others are named: all but its doubles."""
    found = sources(package, [pattern.format(system=system) for pattern in HANDLERS])
    return {name: text for name, text in found.items() if not name.startswith(DOUBLES)}


def sources(package: Path, patterns: Iterable[str]) -> dict[str, str]:
    """The Python files that patterns fit, by their path in the package."""
    files = sorted(file for pattern in patterns for file in package.glob(pattern) if file.is_file() and file.suffix == ".py")
    return {file.relative_to(package).as_posix(): file.read_text(encoding="utf-8") for file in files}


def digest(texts: Iterable[str]) -> str:
    """A short name for texts that changes with them."""
    together = hashlib.sha256()
    for text in texts:
        together.update(hashlib.sha256(text.encode()).digest())
    return together.hexdigest()[:16]


def copied(package: Path, folder: Path, changed: dict[str, str] | None = None) -> Path:
    """A copy of ``package`` in a folder of its own, with other texts for some files; returns what goes first on PYTHONPATH."""
    shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    for file, text in (changed or {}).items():
        (folder / package.name / file).write_text(text, encoding="utf-8")
    return folder
