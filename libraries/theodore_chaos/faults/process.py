"""Faults of a process on this machine: paused, killed, limited."""

from __future__ import annotations

import resource
import signal
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, TYPE_CHECKING

import psutil

from theodore_chaos.errors import FaultUnavailableError, RefusedError
from theodore_chaos.processes import Process

if TYPE_CHECKING:
    from theodore_chaos.journal import Record

READY_WITHIN = 15.0
LIMITS = {"files": resource.RLIMIT_NOFILE, "memory": resource.RLIMIT_AS, "cpu": resource.RLIMIT_CPU}


def found(parameters: dict[str, Any]) -> Process:
    """The process with the pid of ``parameters``; raises ``RefusedError`` if it is gone."""
    process = Process.of(int(parameters["pid"]))
    if process is None or not process.alive:
        raise RefusedError(f"There is no process {parameters['pid']}.")
    return process


def same(record: Record) -> Process:
    """The process of a record; never one that got its pid later."""
    return Process(int(record.parameters["pid"]), int(record.original["start"]))


class Pause:
    """A process that is stopped. ``parameters``: pid."""

    survives_restart = False

    def target(self, parameters: dict[str, Any]) -> str:
        """The process."""
        return f"process {parameters['pid']}"

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Its start time; raises for a process that is stopped already."""
        process = found(parameters)
        if process.state == "T":
            raise RefusedError(f"The process {process.pid} is stopped already.")
        return {"start": process.start}

    def inject(self, record: Record) -> None:
        """Stop it and see that it is stopped."""
        same(record).send(signal.SIGSTOP)
        deadline = time.monotonic() + 1
        while same(record).state != "T" and time.monotonic() < deadline:
            time.sleep(0.005)
        record.exposure = {"processes": int(same(record).state == "T")}

    def undo(self, record: Record) -> None:
        """Let it go on."""
        same(record).send(signal.SIGCONT)

    def restored(self, record: Record) -> bool:
        """Whether it runs, or is gone for good."""
        return same(record).state != "T"

    def exposure(self, record: Record) -> dict[str, Any]:
        """1 if the process was seen stopped."""
        return record.exposure or {"processes": 0}


class Kill:
    """A process that is killed, and that its own supervisor starts again. ``parameters``: pid, ready (URL, optional)."""

    survives_restart = False

    def target(self, parameters: dict[str, Any]) -> str:
        """The process."""
        return f"process {parameters['pid']}"

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Its start time."""
        return {"start": found(parameters).start}

    def inject(self, record: Record) -> None:
        """Kill it and see that it is gone."""
        sent = same(record).send(signal.SIGKILL)
        deadline = time.monotonic() + 2
        while same(record).alive and time.monotonic() < deadline:
            time.sleep(0.005)
        record.exposure = {"processes": int(sent and not same(record).alive)}

    def undo(self, record: Record) -> None:
        """Nothing: its supervisor has to start the process again, which is what the test observes."""

    def restored(self, record: Record) -> bool:
        """Whether its readiness URL answers again; true where there is none."""
        ready = record.parameters.get("ready")
        deadline = time.monotonic() + READY_WITHIN
        while ready:
            try:
                with urllib.request.urlopen(ready, timeout=2):  # noqa: S310  # an address of the environment
                    return True
            except urllib.error.HTTPError:
                return True
            except (OSError, ValueError):
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.05)
        return True

    def exposure(self, record: Record) -> dict[str, Any]:
        """1 if the process was seen to be gone."""
        return record.exposure or {"processes": 0}


class Limit:
    """A process whose resource limit is lowered. ``parameters``: pid, what (files, memory), headroom (handles or bytes left)."""

    survives_restart = False

    def target(self, parameters: dict[str, Any]) -> str:
        """The process and the limited resource."""
        return f"process {parameters['pid']}, {parameters['what']}"

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Its limits, and its present use."""
        process = found(parameters)
        try:
            soft, hard = resource.prlimit(process.pid, LIMITS[parameters["what"]])
            used = _used(process.pid, parameters["what"])
        except PermissionError:
            raise FaultUnavailableError(f"the limits of process {process.pid} belong to another user") from None
        return {"start": process.start, "soft": soft, "hard": hard, "used": used}

    def inject(self, record: Record) -> None:
        """Set the soft limit to the present use plus the headroom."""
        limit = int(record.original["used"]) + int(record.parameters["headroom"])
        self._set(record, limit)
        record.exposure = {"processes": 1, "limit": limit}

    def undo(self, record: Record) -> None:
        """Restore the original limit."""
        self._set(record, int(record.original["soft"]))

    def restored(self, record: Record) -> bool:
        """Whether the limit is the original one, or the process is gone for good."""
        process = same(record)
        what = LIMITS[record.parameters["what"]]
        return not process.alive or resource.prlimit(process.pid, what)[0] == record.original["soft"]

    def exposure(self, record: Record) -> dict[str, Any]:
        """1 if the process was limited."""
        return record.exposure or {"processes": 0}

    @staticmethod
    def _set(record: Record, soft: int) -> None:
        process = same(record)
        if process.alive:
            resource.prlimit(process.pid, LIMITS[record.parameters["what"]], (soft, int(record.original["hard"])))


def _used(pid: int, what: str) -> int:
    if what == "files":  # the highest number counts, not how many there are
        return max((int(path.name) for path in Path(f"/proc/{pid}/fd").iterdir()), default=0) + 1
    return int(psutil.Process(pid).memory_info().vms)
