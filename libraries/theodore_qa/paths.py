"""Where the data that comes with the product lies, in a checkout and in an installed wheel."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from theodore_qa.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

PROJECT_VARIABLE = "THEODORE_PROJECT"
_PACKAGES = Path(__file__).resolve().parent.parent
_IN_CHECKOUT = _PACKAGES.name == "libraries" and (_PACKAGES.parent / "pyproject.toml").is_file()


def shipped(kind: str) -> Path:
    """The folder of the shipped ``suites``, ``variables``, ``contracts``, ``promises`` or ``docs``."""
    if _IN_CHECKOUT:
        return _PACKAGES.parent / (f"resources/{kind}" if kind in ("contracts", "promises") else kind)
    return _PACKAGES / "theodore" / kind


def package(name: str) -> Path:
    """The folder of one of our packages, which is looked at and not imported."""
    return _PACKAGES / name


def project() -> Path:
    """The folder from which the run was started: its processes work in folders of their own."""
    return Path(os.environ.get(PROJECT_VARIABLE) or Path.cwd())


def find(kind: str, name: str) -> Path | None:
    """The file or folder ``name`` of a kind: in the tester's own project first, then among what is shipped."""
    for folder in (project() / kind, shipped(kind)):
        if (folder / name).exists():
            return folder / name
    return None


def beside(folder: Path, names: Iterable[str]) -> list[Path]:
    """The files that a description in ``folder`` names; the URL of a database is no file."""
    return [(folder / name).resolve() for name in names if "://" not in name]


def suites(area: str) -> Path:
    """The folder of the suites of an area, such as ``e2e``.

    Raises:
        UsageError: there is none, neither in the tester's project nor among what is shipped.
    """
    folder = find("suites", area)
    if folder is None:
        raise UsageError(f"There are no suites/{area} here, and none came with the installation.")
    return folder.resolve()
