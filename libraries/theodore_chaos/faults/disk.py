"""A full disk: a file of ballast on a small file system that belongs to the system under test."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TYPE_CHECKING

from theodore_chaos.errors import FaultUnavailableError, RefusedError

if TYPE_CHECKING:
    from theodore_chaos.journal import Record

LARGEST = 2 * 1024**3
SLACK = 64 * 1024  # what a file system keeps for itself may come and go


class Fill:
    """A full disk. ``parameters``: path (a folder of the file system), leave (bytes that are left, 0 by default)."""

    survives_restart = True

    def target(self, parameters: dict[str, Any]) -> str:
        """The file system."""
        return f"disk at {parameters['path']}"

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """How much is free; the disk of the system, of the home folder or of the runner is never filled, nor a large one.

        A disk that is to be full is full for root too, who may use what a file system reserves.
        """
        folder = Path(parameters["path"])
        if not folder.is_dir():
            raise FaultUnavailableError(f"there is no folder {folder}")
        device = folder.stat().st_dev
        if device in {path.stat().st_dev for path in (Path("/"), Path.home(), Path("/tmp"), Path.cwd())}:  # noqa: S108  # compared only
            raise FaultUnavailableError(
                f"{folder} lies on a disk that the machine itself needs: name a small file system of its own"
            )
        usage = os.statvfs(folder)
        if usage.f_blocks * usage.f_frsize > LARGEST:
            raise FaultUnavailableError(f"{folder} lies on a file system of more than 2 GB")
        leave = int(parameters.get("leave", 0))
        blocks = usage.f_bavail if leave or os.geteuid() else usage.f_bfree
        free = blocks * usage.f_frsize
        if free <= leave:
            raise RefusedError(f"{folder} has {free} bytes free, expected more than the {leave} that are to be left.")
        return {"free": free}

    def inject(self, record: Record) -> None:
        """Write the ballast."""
        size = max(0, int(record.original["free"]) - int(record.parameters.get("leave", 0)))
        block = b"\0" * (1 << 20)
        written = 0
        with self._ballast(record).open("wb", buffering=0) as file:
            while written < size:
                try:
                    written += file.write(block[: size - written])
                except OSError:
                    break
        record.exposure = {"bytes": written}

    def intact(self, record: Record) -> str:
        """Whether the ballast is there, and the disk as full as it was made."""
        usage = os.statvfs(record.parameters["path"])
        free, ballast = usage.f_bavail * usage.f_frsize, self._ballast(record)
        if not ballast.exists() or ballast.stat().st_size < record.exposure.get("bytes", 0):
            return "somebody removed the ballast from the disk"
        return "" if free <= int(record.parameters.get("leave", 0)) + SLACK else f"the disk has {free} bytes free again"

    def undo(self, record: Record) -> None:
        """Remove the ballast."""
        self._ballast(record).unlink(missing_ok=True)

    def restored(self, record: Record) -> bool:
        """Whether the ballast is gone."""
        return not self._ballast(record).exists()

    def exposure(self, record: Record) -> dict[str, Any]:
        """How many bytes were written."""
        return record.exposure or {"bytes": 0}

    @staticmethod
    def _ballast(record: Record) -> Path:
        return Path(record.parameters["path"]) / f".theodore-ballast-{record.id}"
