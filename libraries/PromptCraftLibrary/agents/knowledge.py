"""Knowledge of a generated agent: its source is changed, and its script runs by a clock that is put forward."""

from __future__ import annotations

import secrets
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from theodore_qa.errors import QaError

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = "scripts/ingest_knowledge.py"
EVERY = {"daily": timedelta(days=1), "weekly": timedelta(days=7), "monthly": timedelta(days=31)}
LONGEST = max(EVERY.values())
WITHIN = 60
# Runs a script while time.time and datetime say a later moment.
LATER = """\
import datetime, runpy, sys, time
ahead, script = float(sys.argv[1]), sys.argv[2]
real = time.time
time.time = lambda: real() + ahead

class Later(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)

    @classmethod
    def utcnow(cls):
        return cls.fromtimestamp(time.time(), datetime.timezone.utc).replace(tzinfo=None)

datetime.datetime = Later
sys.argv = [script]
runpy.run_path(script, run_name="__main__")
"""


def changed(folder: Path, source: str) -> str:
    """Write into a source a word that nobody could know, in place of the one before; returns the word."""
    word = f"qa{secrets.token_hex(8)}"
    (folder / source).write_text(f"# Knowledge\n\nThe word is {word}.\n", encoding="utf-8")
    return word


def ingested(folder: Path, ahead: timedelta) -> None:
    """Run the agent's script by a clock that is ahead.

    Raises:
        QaError: It fails, or does not end.
    """
    command = [sys.executable, "-I", "-c", LATER, str(ahead.total_seconds()), SCRIPT]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=WITHIN, check=False)
    except subprocess.TimeoutExpired:
        raise QaError(f"{SCRIPT} did not end within {WITHIN} s.") from None
    if done.returncode:
        last = ((done.stderr or done.stdout).strip().splitlines() or ["nothing"])[-1]
        raise QaError(f"{SCRIPT} failed: expected exit code 0, observed {done.returncode} with {last}.")


def holding(folder: Path, source: str, word: str) -> list[str]:
    """The files below knowledge, but for the source itself, that hold a word."""
    found = []
    for path in sorted((folder / "knowledge").rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not path.is_symlink() and name != source and word.encode() in path.read_bytes():
            found.append(name)
    return found
