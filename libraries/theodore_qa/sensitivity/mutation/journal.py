"""The results of a run of mutants, a line each, so that a run that was stopped goes on."""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import UsageError
from theodore_qa.sensitivity.mutation.trying import Result

if TYPE_CHECKING:
    from pathlib import Path

NAME = "mutants.jsonl"
EARLIER = ".earlier.jsonl"


@dataclass
class Journal:
    """A file with a first line that says what is drawn, and one line for each result; of one mutant the last counts."""

    path: Path
    header: dict[str, Any]
    results: dict[str, Result] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, result: Result) -> None:
        """Keep a result at once."""
        with self._lock:
            self.results[result.id] = result
            with self.path.open("a", encoding="utf-8") as file:
                file.write(result.as_json() + "\n")


def begin(folder: Path, header: dict[str, Any], name: str = NAME) -> Journal:
    """A new journal; one that stood there is moved aside."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    if path.exists():
        path.replace(path.with_suffix(EARLIER))
    path.write_text(json.dumps(header) + "\n", encoding="utf-8")
    return Journal(path, header)


def resume(folder: Path, source: str, name: str = NAME) -> Journal:
    """The journal of a run that was stopped; a last line that was torn off is dropped.

    Raises:
        UsageError: There is none, or the sandbox's source has changed since.
    """
    path = folder / name
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    if not lines:
        raise UsageError(f"There is no run of {path.stem} in {folder} to go on with; begin one without --resume.")
    header = json.loads(lines[0])
    if header["source"] != source:
        raise UsageError(f"The sandbox's source has changed since the run in {folder} began: begin a new one without --resume.")
    results = {}
    whole = [lines[0]]
    for line in lines[1:]:
        with contextlib.suppress(json.JSONDecodeError, TypeError):
            result = Result(**json.loads(line))
            results[result.id] = result
            whole.append(line)
    path.write_text("\n".join(whole) + "\n", encoding="utf-8")
    return Journal(path, header, results)
