"""What an earlier run left in the results folder: it is moved away, so that nobody takes its log for that of this run."""

from __future__ import annotations

import fcntl
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FOLDER = "earlier"
LOCK = ".lock"


def move_away(results: Path, names: Iterable[str]) -> Path | None:
    """Move files of an earlier run into ``earlier/`` below the results; returns where they are, or None if there were none.

    Evidence stays where it is: each run has a folder of its own for it.
    """
    files = [results / name for name in names if (results / name).is_file()]
    if not files:
        return None
    target = results / FOLDER
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for file in files:
        file.rename(target / file.name)
    return target


def move_away_if_free(results: Path, names: Iterable[str]) -> Path | None:
    """As `move_away`, but not while another run works in the folder."""
    if not results.is_dir():
        return None
    try:
        with (results / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return move_away(results, names)
    except OSError:  # another run has it, or nothing can be written there
        return None
