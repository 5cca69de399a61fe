"""The YAML files of gates, weights and waivers: each is checked against its published schema."""

from __future__ import annotations

import json
from typing import Any, TYPE_CHECKING

from theodore_qa import paths
from theodore_qa.errors import UsageError
from theodore_qa.systems import validation
from theodore_qa.systems.files import read_yaml

if TYPE_CHECKING:
    from pathlib import Path

GATES, WEIGHTS = "gates.yaml", "weights.yaml"


def located(requested: Path | None, name: str) -> Path:
    """The requested file, or else the one of this name: the tester's own first, then the shipped.

    Raises:
        UsageError: the requested file is not there.
    """
    found = requested.resolve() if requested else paths.find("variables", name)
    if found is None or not found.is_file():
        raise UsageError(f"There is no file {requested or name}: name one that is there.")
    return found


def read_checked(path: Path, schema: str) -> dict[str, Any]:
    """The mapping in a file that keeps to a schema of ``variables/``.

    Raises:
        UsageError: it does not; the text says where.
    """
    data: dict[str, Any] = validation.plain(read_yaml(path))
    declared = json.loads((paths.shipped("variables") / schema).read_text(encoding="utf-8"))
    if problems := validation.problems_by(data, declared):
        listed = "\n".join(f"- {problem}" for problem in problems)
        raise UsageError(f"The file {path} is not valid:\n{listed}")
    return data
