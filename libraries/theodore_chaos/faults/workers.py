"""Faults that a worker process keeps up while they last; it ends with the agent that started it."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, TYPE_CHECKING

from theodore_chaos.errors import FaultUnavailableError
from theodore_chaos.faults import process
from theodore_chaos.processes import family, Process

if TYPE_CHECKING:
    from theodore_chaos.journal import Record

SQLITE = b"SQLite format 3\0"  # how such a database begins
EVERYTHING = "everything"
READ_VERSION, WRITE_AHEAD = 19, 2  # a byte of its header, and what it is with a write-ahead log


class _Worker:
    """A worker process, and what it reported last."""

    def __init__(self, record: Record) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "theodore_chaos.worker", record.kind, json.dumps(record.parameters | record.original)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.reported: dict[str, Any] = {}
        self._first = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def ready(self) -> bool:
        """Whether it has reported something, or has ended."""
        self._first.wait()
        return bool(self.reported)

    def end(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            with contextlib.suppress(ValueError):  # a line that a kill cut off
                self.reported = json.loads(line)
                self._first.set()
        self._first.set()
        if self.process.stdout:
            self.process.stdout.close()


_running: dict[str, _Worker] = {}


class _WorkerFault:
    """A fault that lasts as long as its worker: what the worker holds ends with its process."""

    survives_restart = False

    def inject(self, record: Record) -> None:
        """Start the worker."""
        worker = _running[record.id] = _Worker(record)
        found = Process.of(worker.process.pid)
        record.worker = list(found) if found else None
        if not worker.ready():
            raise FaultUnavailableError(f"the worker of {record.kind} did not start")
        record.exposure = worker.reported

    def intact(self, record: Record) -> str:
        """Whether the worker lives."""
        killed = f"the process that kept the fault up ({record.worker and record.worker[0]}) was killed"
        return killed if _ended(record) else ""

    def undo(self, record: Record) -> None:
        """End the worker."""
        worker = _running.pop(record.id, None)
        if worker:
            record.exposure = worker.reported or record.exposure
            worker.end()
        elif record.worker:
            Process(*record.worker).send(signal.SIGKILL)

    def restored(self, record: Record) -> bool:
        """Whether the worker has ended, and with it what it held."""
        return _ended(record)


def _ended(record: Record) -> bool:
    return record.worker is None or not Process(*record.worker).alive


class CpuThrottling(_WorkerFault):
    """CPU throttling: a process is stopped for ``share`` of every 100 ms. ``parameters``: pid, share."""

    def target(self, parameters: dict[str, Any]) -> str:
        """The process."""
        return f"process {parameters['pid']}"

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Its start time."""
        return {"start": process.captured(parameters)["start"]}

    def intact(self, record: Record) -> str:
        """Whether the process and the worker live."""
        if not process.same(record).alive:
            return f"process {process.same(record).pid} ended while its CPU was throttled"
        return super().intact(record)

    def undo(self, record: Record) -> None:
        """End the worker and let the process and its workers go on."""
        super().undo(record)
        for member in family(process.same(record)):
            member.send(signal.SIGCONT)

    def restored(self, record: Record) -> bool:
        """Whether the worker has ended and the process and its workers run."""
        return super().restored(record) and all(member.state != "T" for member in family(process.same(record)))

    def exposure(self, record: Record) -> dict[str, Any]:
        """How many processes were stopped, and for how long of how long."""
        figures = record.exposure or {"processes": 0}
        expected = float(record.parameters["share"]) * figures.get("of_ms", 0)
        if figures.get("stopped_ms", 0) < max(1, expected / 2):
            reason = f"it was stopped for {figures.get('stopped_ms', 0)} of {figures.get('of_ms', 0)} ms"
            return figures | {"no_effect": reason}
        return figures


class Connections(_WorkerFault):
    """Connection exhaustion: idle connections occupy a server. ``parameters``: host, port, count."""

    def target(self, parameters: dict[str, Any]) -> str:
        """The server."""
        return f"connections to {parameters['host']}:{parameters['port']}"

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Nothing: the connections are the whole fault."""
        if int(parameters["count"]) > 20_000:  # noqa: PLR2004  # below what a machine has of ports
            raise FaultUnavailableError("more than 20000 connections are not opened")
        return {}

    def exposure(self, record: Record) -> dict[str, Any]:
        """How many the server held open until now."""
        return record.exposure or {"connections": 0}


class DatabaseLock(_WorkerFault):
    """A database that nobody reads or writes, or writes, because its lock is held.

    ``parameters``: ``path`` of a SQLite file, or ``url`` of a PostgreSQL database, and ``hold``: everything or writes.
    """

    def target(self, parameters: dict[str, Any]) -> str:
        """The database."""
        return f"database {parameters.get('path') or parameters['url']}"

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Nothing: the lock is the whole fault. Raises for what is no database, or is read whoever has the lock."""
        if "url" in parameters:
            return {}
        path = parameters["path"]
        try:
            with Path(path).open("rb") as file:
                begins = file.read(READ_VERSION + 1)
        except OSError:
            begins = b""
        if not begins.startswith(SQLITE) or len(begins) <= READ_VERSION:
            raise FaultUnavailableError(f"there is no SQLite database {path}")
        if begins[READ_VERSION] == WRITE_AHEAD and parameters["hold"] == EVERYTHING:
            text = "has a write-ahead log, whose readers no lock keeps out: hold its writes alone"
            raise FaultUnavailableError(f"the database {path} {text}")
        return {}

    def inject(self, record: Record) -> None:
        """Take the lock; the system itself may keep one all the time."""
        name = self.target(record.parameters)
        try:
            super().inject(record)
        except FaultUnavailableError:
            raise FaultUnavailableError(f"somebody else keeps a lock of the {name}") from None
        if reason := record.exposure.get("impossible"):
            raise FaultUnavailableError(f"the {name} cannot be locked ({reason})")

    def exposure(self, record: Record) -> dict[str, Any]:
        """For how long it was held."""
        return record.exposure or {"databases": 0}
