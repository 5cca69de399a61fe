"""Where the data that comes with the product lies, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGES = Path(__file__).resolve().parent.parent
_IN_CHECKOUT = _PACKAGES.name == "libraries" and (_PACKAGES.parent / "pyproject.toml").is_file()


def shipped(kind: str) -> Path:
    """The folder of the shipped ``suites``, ``variables`` or ``contracts``."""
    if _IN_CHECKOUT:
        return _PACKAGES.parent / ("resources/contracts" if kind == "contracts" else kind)
    return _PACKAGES / "theodore" / kind


def find(kind: str, name: str) -> Path | None:
    """The file or folder ``name`` of a kind: in the tester's own project first, then among what is shipped."""
    for folder in (Path.cwd() / kind, shipped(kind)):
        if (folder / name).exists():
            return folder / name
    return None
