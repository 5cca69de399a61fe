"""Clock skew of a process that was started under libfaketime with a FAKETIME_TIMESTAMP_FILE; never of the machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TYPE_CHECKING

import psutil

from theodore_chaos.errors import FaultUnavailableError

if TYPE_CHECKING:
    from theodore_chaos.journal import Record


class Skew:
    """Clock skew. ``parameters``: file (what FAKETIME_TIMESTAMP_FILE names), seconds (ahead; behind if negative)."""

    survives_restart = True

    def target(self, parameters: dict[str, Any]) -> str:
        """The timestamp file."""
        return f"clock of {parameters['file']}"

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The file's text, and how many processes read it."""
        path = Path(parameters["file"])
        if not path.is_file():
            raise FaultUnavailableError(
                f"there is no file {path} from which a process under libfaketime takes its time: start the process under it "
                f"(apt-get install libfaketime)"
            )
        return {"text": path.read_text(encoding="ascii"), "processes": _readers(path)}

    def inject(self, record: Record) -> None:
        """Write the offset."""
        Path(record.parameters["file"]).write_text(_offset(record), encoding="ascii")

    def intact(self, record: Record) -> str:
        """Whether the file still holds the offset, and processes read it."""
        path = Path(record.parameters["file"])
        if not path.exists() or path.read_text(encoding="ascii") != _offset(record):
            return f"somebody changed the file {path}"
        return f"the processes that read {path} are gone" if record.original["processes"] and not _readers(path) else ""

    def undo(self, record: Record) -> None:
        """Write what was there before."""
        path = Path(record.parameters["file"])
        if path.exists():
            path.write_text(record.original["text"], encoding="ascii")

    def restored(self, record: Record) -> bool:
        """Whether the file holds its original text."""
        path = Path(record.parameters["file"])
        return not path.exists() or path.read_text(encoding="ascii") == record.original["text"]

    def exposure(self, record: Record) -> dict[str, Any]:
        """How many processes read the file."""
        return {"processes": int(record.original["processes"])}


def _offset(record: Record) -> str:
    return f"{float(record.parameters['seconds']):+g}\n"


def _readers(path: Path) -> int:
    """How many processes run on the clock of the file; those that we may not look into are not ours."""
    return sum(
        (process.info["environ"] or {}).get("FAKETIME_TIMESTAMP_FILE") == str(path)
        for process in psutil.process_iter(["environ"])
    )
