"""What a system promises: its promises file, expanded to cells, and the file that says which observations fill them."""

from __future__ import annotations

import fnmatch
import functools
import itertools
import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING, TypeVar

from theodore_qa import paths
from theodore_qa.errors import unknown, UsageError
from theodore_qa.systems.files import read_yaml
from theodore_qa.systems.validation import problems_by

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMAS = {"promises": "promises.schema.json", "checks": "checks.schema.json"}
OPERATION = "operation"
WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Cell:
    """A promise with one value for each dimension in which it must hold."""

    promise: str
    values: tuple[tuple[str, str], ...]

    @functools.cached_property
    def id(self) -> str:
        """How files and reports name it: ``promise/dimension:value``."""
        return "/".join((self.promise, *(f"{dimension}:{value}" for dimension, value in self.values)))


@dataclass(frozen=True)
class Promise:
    """A statement of the contract with its cells."""

    id: str
    statement: str
    source: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Promises:
    """All promises of a system."""

    system: str
    operations: dict[str, str]
    promises: tuple[Promise, ...]
    outside: tuple[str, ...]

    @property
    def cells(self) -> list[Cell]:
        """The cells of all promises."""
        return [cell for promise in self.promises for cell in promise.cells]


@dataclass(frozen=True)
class Fill:
    """Which observation fills cells: all that is given has to match, with ``{dimension}`` in place of a cell's value."""

    cells: tuple[str, ...]
    suite: str
    check: tuple[str, ...]
    test: str = ""
    subject: str = ""
    expected: str = ""
    observed: str = ""


@dataclass(frozen=True)
class Named:
    """Cells that no observation fills, with the reason."""

    cells: tuple[str, ...]
    reason: str


E = TypeVar("E", Fill, Named)


class CellIds:
    """The ids of all cells by their promise, since nearly every pattern names one: few ids are compared with each."""

    def __init__(self, promises: Promises) -> None:
        self.all = [cell.id for cell in promises.cells]
        self._known = set(self.all)
        self._by_promise = {promise.id: [cell.id for cell in promise.cells] for promise in promises.promises}

    def fitting(self, pattern: str) -> list[str]:
        """The ids that a pattern is about; a star stands for any text."""
        if not WILD.search(pattern):
            return [pattern] if pattern in self._known else []
        return fnmatch.filter(self._by_promise.get(pattern.partition("/")[0], self.all), pattern)

    def grouped(self, entries: tuple[E, ...]) -> dict[str, list[E]]:
        """The entries that are about each id, in their order."""
        found: dict[str, list[E]] = {}
        for entry in entries:
            for name in dict.fromkeys(name for pattern in entry.cells for name in self.fitting(pattern)):
                found.setdefault(name, []).append(entry)
        return found


@dataclass(frozen=True)
class Filling:
    """What fills the cells of a system, what does not apply to it, and what is not filled for a reason."""

    fills: tuple[Fill, ...]
    outside: tuple[Named, ...]
    unfilled: tuple[Named, ...]

    ids: CellIds

    def fills_of(self, cell: Cell) -> list[Fill]:
        """The fills that are about a cell, in the order of the file."""
        return self._fills.get(cell.id, [])

    def outside_reason(self, cell: Cell) -> str:
        """Why a cell does not apply; empty where it does."""
        return next((named.reason for named in self._outside.get(cell.id, ())), "")

    def unfilled_reason(self, cell: Cell) -> str:
        """Why nothing fills a cell; empty where the file gives no reason."""
        return next((named.reason for named in self._unfilled.get(cell.id, ())), "")

    @functools.cached_property
    def _fills(self) -> dict[str, list[Fill]]:
        return self.ids.grouped(self.fills)

    @functools.cached_property
    def _outside(self) -> dict[str, list[Named]]:
        return self.ids.grouped(self.outside)

    @functools.cached_property
    def _unfilled(self) -> dict[str, list[Named]]:
        return self.ids.grouped(self.unfilled)


def places() -> tuple[Path, Path]:
    """The folders of the promises and of the suites that fill them: the project's own, or what came with the installation."""
    own = paths.project() / "resources" / "promises"
    return (own, paths.project() / "suites") if own.is_dir() else (paths.shipped("promises"), paths.shipped("suites"))


def promises_of(path: Path) -> Promises:
    """Read a promises file; what is wrong with it is an error with a sentence for each mistake."""
    data = _valid(path, "promises")
    operations: dict[str, str] = {str(name): str(request) for name, request in data["operations"].items()}
    promises = tuple(
        Promise(entry["id"], entry["statement"], entry["source"], tuple(_expanded(entry))) for entry in data["promises"]
    )
    _refuse_doubles(path, [promise.id for promise in promises], "promise")
    whole = Promises(
        data["system"],
        operations,
        promises,
        tuple(f"{entry['dimension']} {entry['value']}: {entry['reason']}" for entry in data.get("outside", ())),
    )
    _refuse_doubles(path, [cell.id for cell in whole.cells], "cell")
    for cell in whole.cells:
        for dimension, value in cell.values:
            if dimension == OPERATION and value not in operations:
                raise unknown(OPERATION, value, operations, f"{cell.promise} of {path.name}")
    return whole


def filling_of(path: Path, promises: Promises) -> Filling:
    """Read the file that says what fills the cells; an entry that names no cell is an error."""
    data = _valid(path, "checks")
    ids = CellIds(promises)
    for kind in ("fills", "outside", "unfilled"):
        for entry in data.get(kind, ()):
            for pattern in entry["cells"]:
                if not ids.fitting(pattern):
                    raise unknown("cell", pattern, ids.all, f"{kind} of {path.name}")
    fills = (
        Fill(**{**entry, "cells": tuple(entry["cells"]), "check": tuple(_listed(entry["check"]))}) for entry in data["fills"]
    )
    filling = Filling(
        tuple(fills),
        tuple(Named(tuple(entry["cells"]), entry["reason"]) for entry in data.get("outside", ())),
        tuple(Named(tuple(entry["cells"]), entry["reason"]) for entry in data.get("unfilled", ())),
        ids,
    )
    for cell in promises.cells:
        if filling.unfilled_reason(cell) and filling.fills_of(cell):
            raise UsageError(f"The cell {cell.id} of {path.name} is filled and has a reason why it is not: take one of them out.")
    return filling


def _valid(path: Path, kind: str) -> dict[str, Any]:
    data = read_yaml(path)
    # A test holds the shipped files to the schema, which takes half a second of each run.
    if path.parent != paths.shipped("promises") and (wrong := wrong_in(data, kind)):
        raise UsageError("\n".join(f"{path.name}: {sentence}" for sentence in wrong))
    return data


def wrong_in(data: dict[str, Any], kind: str) -> list[str]:
    """What is wrong with promises, or with checks, by their schema; each as one sentence."""
    return problems_by(data, json.loads((paths.shipped("promises") / SCHEMAS[kind]).read_text(encoding="utf-8")))


def _expanded(entry: dict[str, Any]) -> Iterator[Cell]:
    for block in entry["cells"]:
        dimensions = [str(name) for name in block]
        for values in itertools.product(*(_listed(value) for value in block.values())):
            yield Cell(entry["id"], tuple(zip(dimensions, map(str, values), strict=True)))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _refuse_doubles(path: Path, names: list[str], kind: str) -> None:
    if double := next((name for name, times in Counter(names).items() if times > 1), None):
        raise UsageError(f"The {kind} {double} stands twice in {path.name}: take one of them out.")
