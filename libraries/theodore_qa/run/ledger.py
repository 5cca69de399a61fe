"""The ledger of a results folder: every run that began there, in order, each line bound to the one before it by its SHA-256."""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FILE = "ledger.jsonl"
STARTED, ABORTED, JUDGED, ELSEWHERE = "started", "aborted", "judged", "elsewhere"
NO_LINE = "0" * 64


@dataclass(frozen=True)
class Entry:
    """A line of the ledger."""

    number: int
    run: str
    event: str
    details: dict[str, Any] = field(default_factory=dict)


def started(evidence: Path, run: str, **details: Any) -> None:
    """A run begins, with these options: from here on it cannot vanish without a gap."""
    _append(evidence, run, STARTED, **details)


def aborted(evidence: Path, run: str, reason: str) -> None:
    """A run broke off before it was judged."""
    _append(evidence, run, ABORTED, reason=reason)


def judged(evidence: Path, run: str, manifest: str, exit_code: int, seal: str, not_selected: int) -> None:
    """A run was judged; ``manifest`` and ``seal`` are the SHA-256 of these files of its evidence pack."""
    _append(evidence, run, JUDGED, manifest=manifest, seal=seal, exit_code=exit_code, not_selected=not_selected)


def elsewhere(evidence: Path, run: str, folder: str) -> None:
    """A run began beside another one, and has a folder and a ledger of its own there."""
    _append(evidence, run, ELSEWHERE, folder=folder)


def read(evidence: Path) -> tuple[list[Entry], list[str]]:
    """The entries of a ledger, and a sentence for each line that does not follow from the one before it."""
    entries: list[Entry] = []
    problems: list[str] = []
    before = NO_LINE
    for number, line in enumerate(_lines(evidence), 1):
        try:
            data = json.loads(line)
            entry = Entry(data.pop("number"), data.pop("run"), data.pop("event"), data)
        except (ValueError, KeyError, AttributeError, TypeError):
            problems.append(f"Line {number} of {FILE} is damaged.")
            before = _digest(line)
            continue
        if entry.details.pop("previous", "") != before or entry.number != number:
            problems.append(f"Line {number} of {FILE} (run {entry.run}) does not follow from the line before it.")
        entries.append(entry)
        before = _digest(line)
    return entries, problems


def head(evidence: Path) -> str:
    """The SHA-256 of the last line."""
    lines = _lines(evidence)
    return _digest(lines[-1]) if lines else NO_LINE


def _append(evidence: Path, run: str, event: str, **details: Any) -> None:
    evidence.mkdir(parents=True, exist_ok=True)
    with (evidence / FILE).open("a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # a run beside this one may note that it began elsewhere
        lines = _lines(evidence)
        time = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        data = {"number": len(lines) + 1, "previous": head(evidence), "run": run, "event": event, "time": time} | details
        file.write(json.dumps(data, ensure_ascii=False) + "\n")


def _lines(evidence: Path) -> list[str]:
    path = evidence / FILE
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []


def _digest(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()
