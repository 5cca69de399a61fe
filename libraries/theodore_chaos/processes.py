"""Processes by pid and start time, signalled through a pidfd, so that a reused pid is never mistaken for the process."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import NamedTuple, Self


class Process(NamedTuple):
    """A process of this boot."""

    pid: int
    start: int

    @classmethod
    def of(cls, pid: int) -> Self | None:
        """The process that has ``pid`` now; None if there is none."""
        fields = _stat(pid)
        return cls(pid, int(fields[19])) if fields else None

    @classmethod
    def current(cls) -> Self:
        """This process."""
        found = cls.of(os.getpid())
        if found is None:
            raise ProcessLookupError
        return found

    @property
    def state(self) -> str:
        """Its state letter as in /proc; empty if it is gone or another process has its pid."""
        fields = _stat(self.pid)
        return fields[0] if fields and int(fields[19]) == self.start else ""

    @property
    def alive(self) -> bool:
        """Whether it still runs; a zombie does not."""
        return self.state not in ("", "Z", "X")

    def send(self, number: signal.Signals) -> bool:
        """Send a signal; returns whether the process was still there."""
        with contextlib.suppress(ProcessLookupError):
            descriptor = os.pidfd_open(self.pid)
            try:
                if self.state:
                    signal.pidfd_send_signal(descriptor, number)
                    return True
            finally:
                os.close(descriptor)
        return False


def family(root: Process) -> list[Process]:
    """A process and all that descend from it: the workers of a supervisor are part of it."""
    children: dict[int, list[Process]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(Process(int(entry.name), int(fields[19])))
    found = [root]
    for member in found:
        found += children.get(member.pid, [])
    return found


def boot_id() -> str:
    """The identifier of the present boot; process faults of another boot are gone."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def uptime() -> float:
    """Seconds since boot, sleep included: the clock of the leases, because nobody can set it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


# psutil counts a process's start from the wall clock, which may be set between a fault and its undoing.
def _stat(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()
