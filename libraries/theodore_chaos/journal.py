"""The way back, on disk before a fault is injected: one file for each lease, readable by whoever has to undo it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TYPE_CHECKING

from theodore_chaos.processes import boot_id, Process, uptime

if TYPE_CHECKING:
    from collections.abc import Iterator

ACTIVE = ("prepared", "active")
FAILED = "failed"


@dataclass
class Record:
    """One lease: what was done to which target, by whom, how it was before, and how it ended."""

    id: str
    token: int
    boot: str
    kind: str
    target: str
    parameters: dict[str, Any]
    holder: list[int]
    agent: list[int]
    ends: float
    lease: float
    label: str = ""
    original: dict[str, Any] = field(default_factory=dict)
    worker: list[int] | None = None
    state: str = "prepared"
    injected: float | None = None
    undone: float | None = None
    ended: str = ""
    problem: str = ""
    exposure: dict[str, Any] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Whether there is something to undo."""
        return self.state in (*ACTIVE, FAILED)

    @property
    def of_this_boot(self) -> bool:
        """Whether the machine has not been restarted since."""
        return self.boot == boot_id()

    def held(self) -> bool:
        """Whether the process that asked for it and its agent still live."""
        return self.of_this_boot and Process(*self.holder).alive and Process(*self.agent).alive


def home() -> Path:
    """Where the journal lies: THEODORE_CHAOS_HOME, or the user's state folder."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(os.environ.get("THEODORE_CHAOS_HOME") or Path(state) / "theodore" / "chaos")


class Journal:
    """All leases of this user on this machine."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or home()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the journal, so that of two who want one target only one gets it."""
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def next_token(self) -> int:
        """A number higher than any before: the fencing token of a new lease. To be called while the journal is held."""
        path = self.folder / ".token"
        number = int(path.read_text(encoding="ascii") or 0) + 1 if path.is_file() else 1
        self._write(path, str(number))
        return number

    def write(self, record: Record) -> None:
        """Put a record on disk, whole and synced."""
        self._write(self.folder / f"{record.id}.json", json.dumps(asdict(record)))

    def read(self, lease: str) -> Record | None:
        """The record of a lease, if it is there and whole."""
        try:
            return Record(**json.loads((self.folder / f"{lease}.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def records(self) -> list[Record]:
        """All records, oldest first."""
        found = [self.read(path.stem) for path in self.folder.glob("*.json")]
        return sorted((record for record in found if record), key=lambda record: record.token)

    def renew(self, lease: str, until: float) -> None:
        """Say until when a lease holds; not synced, since it means nothing after a restart."""
        part = self.folder / f".{lease}.{os.getpid()}.part"
        part.write_text(repr(until), encoding="ascii")
        part.rename(self.folder / f"{lease}.until")

    def until(self, lease: str) -> float:
        """Until when a lease holds; 0 if nobody said so."""
        try:
            return float((self.folder / f"{lease}.until").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0.0

    def lapsed(self, record: Record) -> bool:
        """Whether a lease is over, by its term or by its absolute end."""
        return not record.of_this_boot or uptime() > min(self.until(record.id), record.ends)

    def forget(self, record: Record) -> None:
        """Take away the files of a lease of which nothing is left."""
        for suffix in ("json", "until"):
            (self.folder / f"{record.id}.{suffix}").unlink(missing_ok=True)

    def _write(self, path: Path, text: str) -> None:
        part = self.folder / f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part"
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
