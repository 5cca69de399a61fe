"""Limits of a process's memory or file handles."""

from __future__ import annotations

import contextlib
import resource
import threading
from pathlib import Path
from typing import Any, TYPE_CHECKING

from theodore_chaos.errors import FaultUnavailableError, RefusedError
from theodore_chaos.faults.process import found, same

if TYPE_CHECKING:
    from theodore_chaos.journal import Record

LIMITS = {"files": resource.RLIMIT_NOFILE, "memory": resource.RLIMIT_AS}
UNITS = {"files": ("file handles", 1), "memory": ("MB", 1024 * 1024)}
UNLIMITED = -1
SAMPLED_EVERY = 0.002
# A share of the headroom that counts as none: memory is asked for in pieces, such as 8 MB for the stack of a thread.
NEARLY = {"files": 0.0, "memory": 0.25}


class Limit:
    """A process whose resource limit is lowered. ``parameters``: pid, what (files, memory), headroom (handles or bytes left).

    Workers that it has already keep their limits; those that it starts inherit its own.
    """

    survives_restart = False

    def __init__(self) -> None:
        self._over: dict[str, threading.Event] = {}
        self._least: dict[str, int] = {}
        self._peaks: dict[str, int] = {}

    def target(self, parameters: dict[str, Any]) -> str:
        """The process and the limited resource."""
        return f"process {parameters['pid']}, {parameters['what']}"

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Its limits and its present use; raises where the new limit would be above the present one."""
        process, what, headroom = found(parameters), parameters["what"], int(parameters["headroom"])
        try:
            soft, hard = resource.prlimit(process.pid, LIMITS[what])
            limit = _limit(process.pid, what, headroom)
        except PermissionError:
            raise FaultUnavailableError(f"the limits of process {process.pid} belong to another user") from None
        if soft != UNLIMITED and limit >= soft:
            unit, size = UNITS[what]
            raise RefusedError(
                f"A headroom of {headroom // size} {unit} is more than process {process.pid} has now: "
                f"its limit is {soft // size}, and the fault would raise it to {limit // size}."
            )
        return {"start": process.start, "soft": soft, "hard": hard, "limit": limit}

    def inject(self, record: Record) -> None:
        """Set the soft limit to the present use plus the headroom."""
        self._set(record, int(record.original["limit"]))
        record.exposure = {"processes": 1, "limit": record.original["limit"]}
        self._peaks[record.id] = _peak(same(record).pid)
        self._look(record)
        over = self._over[record.id] = threading.Event()
        threading.Thread(target=self._watch, args=(record, over), daemon=True).start()

    def intact(self, record: Record) -> str:
        """Whether the process lives with the limit."""
        process, what, limit = same(record), record.parameters["what"], int(record.original["limit"])
        if not process.alive:
            return f"process {process.pid} ended while it was limited"
        if resource.prlimit(process.pid, LIMITS[what])[0] != limit:
            return f"somebody changed the limit of process {process.pid}"
        return ""

    def undo(self, record: Record) -> None:
        """Restore the original limit."""
        if over := self._over.pop(record.id, None):
            over.set()
            self._look(record)
            self._look_back(record)
            if record.id in self._least:
                record.exposure["left"] = self._least.pop(record.id)
        self._set(record, int(record.original["soft"]))

    def restored(self, record: Record) -> bool:
        """Whether the limit is the original one, or the process is gone for good."""
        process = same(record)
        what = LIMITS[record.parameters["what"]]
        return not process.alive or resource.prlimit(process.pid, what)[0] == record.original["soft"]

    def exposure(self, record: Record) -> dict[str, Any]:
        """The limit, and how little of the headroom was ever left; one that was never used up has refused nothing."""
        figures = record.exposure or {"processes": 0}
        unit, size = UNITS[record.parameters["what"]]
        headroom, left = int(record.parameters["headroom"]), figures.get("left")
        if left is None:
            return figures | {"no_effect": "it lasted too short to be seen"}
        if left > headroom * NEARLY[record.parameters["what"]]:
            used = max(0, headroom - left)
            figures = figures | {"no_effect": f"it used at most {used / size:.3g} of {headroom / size:.3g} {unit}"}
        return figures

    def _watch(self, record: Record, over: threading.Event) -> None:
        """Note how little of the headroom there ever was; a handle may be taken for milliseconds only."""
        while not over.wait(SAMPLED_EVERY) and self._look(record):
            pass

    def _look(self, record: Record) -> bool:
        """Note how much of the headroom is left now; returns whether the process is there."""
        with contextlib.suppress(OSError):  # the process ended
            left = _left(same(record).pid, record.parameters["what"], int(record.original["limit"]))
            self._least[record.id] = min(left, self._least.get(record.id, left))
            return True
        return False

    def _look_back(self, record: Record) -> None:
        """Note memory that was taken between two looks: a digest of a password takes 16 MB for a moment."""
        before = self._peaks.pop(record.id, 0)
        if record.parameters["what"] == "memory":
            with contextlib.suppress(OSError):  # the process ended
                if (peak := _peak(same(record).pid)) > before:
                    left = int(record.original["limit"]) - peak
                    self._least[record.id] = min(left, self._least.get(record.id, left))

    @staticmethod
    def _set(record: Record, soft: int) -> None:
        process = same(record)
        if process.alive:
            resource.prlimit(process.pid, LIMITS[record.parameters["what"]], (soft, int(record.original["hard"])))


def _limit(pid: int, what: str, headroom: int) -> int:
    """The limit below which a process has so much left: the kernel gives a new handle the lowest free number."""
    if what == "memory":
        return _size(pid) + headroom
    limit = headroom
    for number in sorted(_handles(pid)):
        limit += number <= limit
    return limit


def _left(pid: int, what: str, limit: int) -> int:
    if what == "memory":
        return limit - _size(pid)
    return limit - sum(number < limit for number in _handles(pid))


def _handles(pid: int) -> set[int]:
    return {int(path.name) for path in Path(f"/proc/{pid}/fd").iterdir()}


def _peak(pid: int) -> int:
    """The largest size that a process ever had, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmPeak:")), 0)


def _size(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
