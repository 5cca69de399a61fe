"""The names on which systems differ: roles, fields, keys of sessions, limits; from the file that a description names."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TYPE_CHECKING

from theodore_qa import paths
from theodore_qa.errors import UsageError
from theodore_qa.systems.files import read_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from theodore_qa.systems.system import System


class Vocabulary:
    """What a vocabulary says; an entry that is needed and lacking is an error that names it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries = read_yaml(path)

    def get(self, name: str, default: Any = None) -> Any:
        """An entry by its path, such as ``session.key``; ``default`` where it is lacking."""
        found: Any = self.entries
        for part in name.split("."):
            if not isinstance(found, dict) or part not in found:
                return default
            found = found[part]
        return found

    def needed(self, name: str) -> Any:
        """An entry that has to be there."""
        found = self.get(name)
        if found is None:
            raise UsageError(f"The vocabulary {self.path.name} has no entry '{name}', which is needed here: add it.")
        return found


def of(system: System) -> Vocabulary:
    """The vocabulary of a system."""
    name = system.declared.vocabulary
    if not name:
        raise UsageError(
            f"The system {system.name} names no vocabulary, and roles and sessions are named there: add 'vocabulary: "
            f"promptcraft.vocabulary.yaml', or a copy of it with your names, to it in {system.environment.path.name}."
        )
    own = system.folder / name
    found = own if own.is_file() else paths.find("variables", name)
    if found is None:
        raise UsageError(f"The vocabulary {name} of {system.name} is not there: it is looked for at {own}.")
    return _read(found, found.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read(path: Path, changed: int) -> Vocabulary:  # noqa: ARG001  # a file that changes is read anew
    return Vocabulary(path)
