"""Of which state of the project something is: its commit, whether files were changed since, and the digests of its suites."""

from __future__ import annotations

import functools
import hashlib
import subprocess
from importlib import metadata
from typing import Any, TYPE_CHECKING

from theodore_qa import paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

PRODUCT = "robotframework-theodore"


@functools.cache  # a report asks hundreds of times, and each look-up reads a file
def product_version() -> str:
    """The version of the product that is installed."""
    return metadata.version(PRODUCT)


def state() -> dict[str, Any]:
    """The version of the product, the commit of the project, and whether its files are others than in it."""
    project = paths.project()
    status = _git(project, "status", "--porcelain")
    return {
        "product": product_version(),
        "commit": _git(project, "rev-parse", "HEAD") or None,
        "commit_is_dirty": None if status is None else bool(status),
    }


def of_suites(suites: Iterable[Path]) -> dict[str, Any]:
    """The state of the project with the SHA-256 of suites, by their names."""
    return {**state(), "suites": {suite.stem: _digest(suite) for suite in suites}}


def differs(recorded: Any, suites: Mapping[str, Path]) -> str:
    """Why what was recorded by `of_suites` is not of the project and of these suites as they are now; empty if it is."""
    now = state()
    if not isinstance(recorded, dict) or not isinstance(recorded.get("suites"), dict):
        return "does not say of which commit and suites it is"
    for name, what in (("product", "version of the product"), ("commit", "commit")):
        if recorded.get(name) != now[name]:
            return f"is of another {what} ({recorded.get(name) or 'unknown'}, now {now[name] or 'unknown'})"
    if recorded.get("commit_is_dirty") or now["commit_is_dirty"]:
        return "is not known to be of this state: files are not as in the commit"
    if changed := sorted(name for name, path in suites.items() if recorded["suites"].get(name, "") not in ("", _digest(path))):
        return f"is of other suites ({', '.join(changed)})"
    return ""


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "gone"


def _git(folder: Path, *arguments: str) -> str | None:
    """What git says of a folder; None where there is no git or no repository."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
