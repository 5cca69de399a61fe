"""Faults that a worker process keeps up while they last; it ends with the agent that started it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import Any, TYPE_CHECKING

from theodore_chaos.errors import FaultUnavailableError
from theodore_chaos.faults import process
from theodore_chaos.processes import Process

if TYPE_CHECKING:
    from theodore_chaos.journal import Record

_running: dict[str, subprocess.Popen[str]] = {}


def _start(record: Record) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "theodore_chaos.worker", record.kind, json.dumps(record.parameters | record.original)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    found = Process.of(child.pid)
    record.worker = list(found) if found else None
    _running[record.id] = child
    ready = json.loads((child.stdout.readline() if child.stdout else "") or "{}")
    if not ready:
        raise FaultUnavailableError(f"the worker of {record.kind} did not start")
    record.exposure = ready


def _end(record: Record) -> None:
    child = _running.pop(record.id, None)
    if child:
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe:
                pipe.close()
    elif record.worker:
        Process(*record.worker).send(signal.SIGKILL)


def _ended(record: Record) -> bool:
    return record.worker is None or not Process(*record.worker).alive


class CpuThrottling:
    """CPU throttling: a process is stopped for ``share`` of every 100 ms. ``parameters``: pid, share."""

    survives_restart = False

    def target(self, parameters: dict[str, Any]) -> str:
        """The process."""
        return f"process {parameters['pid']}"

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Its start time."""
        return process.Pause().capture(parameters)

    def inject(self, record: Record) -> None:
        """Start the worker that stops and continues it in turn."""
        _start(record)

    def undo(self, record: Record) -> None:
        """End the worker and let the process go on."""
        _end(record)
        process.same(record).send(signal.SIGCONT)

    def restored(self, record: Record) -> bool:
        """Whether the worker has ended and the process runs."""
        return _ended(record) and process.Pause().restored(record)

    def exposure(self, record: Record) -> dict[str, Any]:
        """1 if the process was seen stopped."""
        return record.exposure or {"processes": 0}


class Connections:
    """Connection exhaustion: idle connections occupy a server. ``parameters``: host, port, count."""

    survives_restart = False

    def target(self, parameters: dict[str, Any]) -> str:
        """The server."""
        return f"connections to {parameters['host']}:{parameters['port']}"

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Nothing: the connections are the whole fault."""
        if int(parameters["count"]) > 20_000:  # noqa: PLR2004  # below what a machine has of ports
            raise FaultUnavailableError("more than 20000 connections are not opened")
        return {}

    def inject(self, record: Record) -> None:
        """Open them."""
        _start(record)

    def undo(self, record: Record) -> None:
        """Close them."""
        _end(record)

    def restored(self, record: Record) -> bool:
        """Whether they are closed."""
        return _ended(record)

    def exposure(self, record: Record) -> dict[str, Any]:
        """How many were opened."""
        return record.exposure or {"connections": 0}
