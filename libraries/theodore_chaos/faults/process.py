"""Faults of a process on this machine and of all that descend from it: paused, killed."""

from __future__ import annotations

import signal
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, TYPE_CHECKING

from theodore_chaos.errors import RefusedError
from theodore_chaos.processes import family, Process, uptime

if TYPE_CHECKING:
    from theodore_chaos.journal import Record

READY_WITHIN = 15.0
STOPPED_WITHIN = 1.0


def found(parameters: dict[str, Any]) -> Process:
    """The process with the pid of ``parameters``; raises ``RefusedError`` if it is gone."""
    process = Process.of(int(parameters["pid"]))
    if process is None or not process.alive:
        raise RefusedError(f"There is no process {parameters['pid']}.")
    return process


def same(record: Record) -> Process:
    """The process of a record; never one that got its pid later."""
    return Process(int(record.parameters["pid"]), int(record.original["start"]))


def members(record: Record) -> list[Process]:
    """The process of a record and its descendants, as they were when the fault was injected."""
    return [same(record), *(Process(*member) for member in record.original.get("workers", []))]


def captured(parameters: dict[str, Any]) -> dict[str, Any]:
    """The start of a process and its descendants; raises for one that is gone or stopped."""
    process = found(parameters)
    if process.state == "T":
        raise RefusedError(f"The process {process.pid} is stopped already.")
    return {"start": process.start, "workers": [list(member) for member in family(process)[1:]]}


def stopped(processes: list[Process]) -> bool:
    """Whether all that live are stopped, within a second."""
    deadline = time.monotonic() + STOPPED_WITHIN
    while time.monotonic() < deadline:
        if all(process.state == "T" for process in processes if process.alive):
            return True
        time.sleep(0.005)
    return False


class Pause:
    """A process that is stopped, with its workers. ``parameters``: pid."""

    survives_restart = False

    def target(self, parameters: dict[str, Any]) -> str:
        """The process."""
        return f"process {parameters['pid']}"

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Its start time and its workers; raises for a process that is stopped already."""
        return captured(parameters)

    def inject(self, record: Record) -> None:
        """Stop it and its workers, and see that they are stopped."""
        processes = members(record)
        for process in processes:
            process.send(signal.SIGSTOP)
        late = [list(member) for member in family(same(record)) if member not in processes]
        if late:
            raise RefusedError(f"The process {same(record).pid} started a worker at that moment: inject the fault once more.")
        record.exposure = {"processes": sum(process.state == "T" for process in processes) if stopped(processes) else 0}
        record.original["stopped"] = uptime()

    def intact(self, record: Record) -> str:
        """Whether all of them are still stopped."""
        for process in members(record):
            if not process.alive:
                return f"process {process.pid} was killed while it was paused"
            if process.state != "T":
                return f"somebody let process {process.pid} go on"
        return ""

    def undo(self, record: Record) -> None:
        """Let them go on, workers first."""
        if record.exposure and "stopped" in record.original:
            record.exposure["stopped_ms"] = round((uptime() - record.original["stopped"]) * 1000)
        for process in reversed(members(record)):
            process.send(signal.SIGCONT)

    def restored(self, record: Record) -> bool:
        """Whether they run, or are gone for good."""
        return all(process.state != "T" for process in members(record))

    def exposure(self, record: Record) -> dict[str, Any]:
        """How many processes were seen stopped, and for how long."""
        return record.exposure or {"processes": 0}


class Kill:
    """A process that is killed with its workers, and that its own supervisor starts again.

    ``parameters``: pid; ready (a URL that answers again) and file (that then holds the pid of another process), both optional.
    """

    survives_restart = False

    def target(self, parameters: dict[str, Any]) -> str:
        """The process."""
        return f"process {parameters['pid']}"

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Its start time, its workers and its command."""
        process = found(parameters)
        workers = [list(member) for member in family(process)[1:]]
        return {"start": process.start, "workers": workers, "command": _command(process.pid)}

    def inject(self, record: Record) -> None:
        """Kill it and its workers, and see that they are gone."""
        processes = members(record)
        sent = [process.send(signal.SIGKILL) for process in processes]
        deadline = time.monotonic() + 2
        while any(process.alive for process in processes) and time.monotonic() < deadline:
            time.sleep(0.005)
        record.exposure = {"processes": sum(sent) if not any(process.alive for process in processes) else 0}

    def intact(self, record: Record) -> str:  # noqa: ARG002  # what is killed stays so
        """Nothing can be taken away from a kill."""
        return ""

    def undo(self, record: Record) -> None:
        """Wait for its supervisor, which has to start it again; that nobody does is the result, not a fault that stays."""
        deadline = time.monotonic() + READY_WITHIN
        while not self._back(record):
            if time.monotonic() > deadline:
                record.exposure["not_restarted"] = f"nobody started process {same(record).pid} again within {READY_WITHIN:g} s"
                return
            time.sleep(0.05)

    def restored(self, record: Record) -> bool:
        """Whether it is gone: there is nothing that we could take back."""
        return not same(record).alive

    def exposure(self, record: Record) -> dict[str, Any]:
        """How many processes were seen to be gone, and whether nobody started them again."""
        return record.exposure or {"processes": 0}

    def _back(self, record: Record) -> bool:
        if ready := record.parameters.get("ready"):
            return _answers(ready)
        if file := record.parameters.get("file"):
            return _named_in(Path(file), same(record))
        return _successor(record)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310  # an address of the environment
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False


def _named_in(file: Path, killed: Process) -> bool:
    try:
        process = Process.of(int(file.read_text(encoding="ascii")))
    except (OSError, ValueError):
        return False
    return process is not None and process != killed and process.alive


def _successor(record: Record) -> bool:
    """Whether a process with the same command was started later."""
    command, killed = record.original["command"], same(record)
    for entry in Path("/proc").iterdir():
        process = Process.of(int(entry.name)) if entry.name.isdigit() else None
        if process and process.start > killed.start and process.alive and _command(process.pid) == command:
            return True
    return False


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
