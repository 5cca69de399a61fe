"""The rollback journal: how to undo each fault, on disk before it is injected, one file for each lease.

Agent, guardian and ``theodore chaos rollback`` read it, so each of them can undo alone.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TYPE_CHECKING

from theodore_chaos.errors import RefusedError
from theodore_chaos.processes import boot_id, Process, uptime

if TYPE_CHECKING:
    from collections.abc import Iterator

ACTIVE = ("prepared", "active")
FAILED = "failed"
RESERVED = 16 * 1024  # bytes of a record's file: what becomes of a fault has room even when the disk is full


@dataclass
class Record:
    """One lease: the fault, its target, its holder, the original state, and how it ended.

    Times of the lease are seconds since boot; ``injected`` and ``undone`` are wall-clock times.
    """

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
        """Whether the fault has to be undone."""
        return self.state in (*ACTIVE, FAILED)

    @property
    def of_this_boot(self) -> bool:
        """Whether the machine has not been restarted since."""
        return self.boot == boot_id()

    def held(self) -> bool:
        """Whether its holder and its agent live."""
        return self.of_this_boot and Process(*self.holder).alive and Process(*self.agent).alive


def home() -> Path:
    """The folder of the journal: THEODORE_CHAOS_HOME, or the user's state folder."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(os.environ.get("THEODORE_CHAOS_HOME") or Path(state) / "theodore" / "chaos")


class Journal:
    """All leases of this user on this machine."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or home()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (self.folder / ".lock").exists():
            (self.folder / ".lock").touch()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the journal, so that of two holders that want one target only one gets it; on a read-only disk too."""
        descriptor = os.open(self.folder / ".lock", os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def needed(self) -> Iterator[None]:
        """Within, the journal has to take what is written: one that does not refuses the fault."""
        try:
            yield
        except OSError as error:
            raise RefusedError(f"The journal in {self.folder} cannot be written ({error.strerror}).") from None

    def next_token(self) -> int:
        """The fencing token of a new lease, higher than any before; call it while the journal is locked."""
        path = self.folder / ".token"
        number = int(path.read_text(encoding="ascii") or 0) + 1 if path.is_file() else 1
        self._write(path, str(number))
        return number

    def write(self, record: Record) -> None:
        """Write a record atomically and sync it to disk; on a full disk into the space that its first writing reserved."""
        path, text = self.folder / f"{record.id}.json", json.dumps(asdict(record)).ljust(RESERVED)
        try:
            self._write(path, text)
        except OSError:
            self._overwrite(path, text)

    def read(self, lease: str) -> Record | None:
        """The record of a lease; None where it is missing or torn."""
        try:
            return Record(**json.loads((self.folder / f"{lease}.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def records(self) -> list[Record]:
        """All records, oldest first."""
        found = [self.read(path.stem) for path in self.folder.glob("*.json")]
        return sorted((record for record in found if record), key=lambda record: record.token)

    def renew(self, lease: str, until: float) -> None:
        """Extend a lease until a moment; not synced to disk, since it means nothing after a restart.

        Text of one length is written over itself, which needs no space on a disk that has become full.
        """
        descriptor = os.open(self.folder / f"{lease}.until", os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(descriptor, f"{until:020.6f}".encode(), 0)
        finally:
            os.close(descriptor)

    def until(self, lease: str) -> float:
        """The moment until which a lease holds; 0 if it was never renewed."""
        try:
            return float((self.folder / f"{lease}.until").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0.0

    def lapsed(self, record: Record) -> bool:
        """Whether a lease is over, by its last renewal or by its maximum duration."""
        return not record.of_this_boot or uptime() > min(self.until(record.id), record.ends)

    def forget(self, record: Record) -> None:
        """Remove the files of a lease that has ended; on a read-only disk they stay, and the next clean-up removes them."""
        for suffix in ("json", "until"):
            with contextlib.suppress(OSError):
                (self.folder / f"{record.id}.{suffix}").unlink(missing_ok=True)

    @staticmethod
    def _overwrite(path: Path, text: str) -> None:
        data = text.encode()
        with path.open("r+b", buffering=0) as file:
            if len(data) > os.fstat(file.fileno()).st_size:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            file.write(data)
            file.truncate()
            os.fsync(file.fileno())

    def _write(self, path: Path, text: str) -> None:
        part = self.folder / f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part"
        try:
            with part.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            part.rename(path)
        except OSError:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
