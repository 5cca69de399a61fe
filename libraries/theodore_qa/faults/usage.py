"""What a process of the system under test uses while an experiment runs: CPU, memory, file handles and connections."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from theodore_qa.errors import QaError
from theodore_qa.faults import injection

if TYPE_CHECKING:
    from collections.abc import Callable

    import psutil

    from theodore_qa.systems.system import System

INTERVAL = 1.0
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Usage:
    """What a process and its descendants use at a moment: a share of one core since the sample before, megabytes, numbers."""

    moment: float
    cpu: float
    memory: float
    handles: int
    connections: int


class UsageWatch:
    """Samples a process each second, by a pid that is asked for each second: after a kill it is another one.

    ``reason`` says why there are no samples, where there are none.
    """

    def __init__(self, process: str, pid_of: Callable[[], int | None], interval: float = INTERVAL) -> None:
        self.process = process
        self.samples: list[Usage] = []
        self.reason = ""
        self._pid_of, self._interval = pid_of, interval
        self._times: tuple[int, float, float] = (0, 0.0, 0.0)
        self._family: list[psutil.Process] = []
        self._looked = 0.0
        self._stopped = threading.Event()
        self._clock = threading.Thread(target=self._tick, daemon=True)

    def start(self) -> UsageWatch:
        """Start sampling."""
        self._clock.start()
        return self

    def stop(self) -> None:
        """Stop sampling; may be called more than once. What was looked at once alone is looked at a last time."""
        self._stopped.set()
        self._clock.join()
        if not self.samples and not self.reason:
            self._try()

    def _tick(self) -> None:
        while not self._stopped.is_set():
            self._try()
            self._stopped.wait(self._interval)

    def _try(self) -> None:
        import psutil  # takes as long as all of this Library

        with contextlib.suppress(QaError, OSError, ValueError, psutil.Error):  # nobody has that pid at this moment
            self._sample()

    def _sample(self) -> None:
        import psutil

        if time.monotonic() - self._looked >= INTERVAL:
            self._look()
        if not self._family:
            return
        family, pid = self._family, self._family[0].pid
        try:
            spent = sum(sum(member.cpu_times()[:2]) for member in family)
            memory = sum(member.memory_info().rss for member in family)
            handles = sum(member.num_fds() for member in family)
            sockets = [socket for member in family for socket in member.net_connections("tcp")]
            connections = sum(socket.status == psutil.CONN_ESTABLISHED for socket in sockets)
        except psutil.NoSuchProcess:
            self._looked = 0.0
            return
        except psutil.AccessDenied:
            self.reason = f"the process '{self.process}' belongs to another user"
            self._stopped.set()
            return
        now, (known, then, before) = time.time(), self._times
        self._times = (pid, now, spent)
        if known == pid and now > then:
            share = max(0.0, spent - before) / (now - then)
            self.samples.append(Usage(now, share, memory / MEGABYTE, handles, connections))

    def _look(self) -> None:
        """Find the process and its descendants, which takes longer than a sample of them."""
        import psutil

        self._family = []
        pid = self._pid_of()
        if pid is None:
            self.reason = f"the environment names no process '{self.process}' on this machine"
            self._stopped.set()
            return
        process = psutil.Process(pid)
        self._family = [process, *process.children(recursive=True)]
        self._looked = time.monotonic()


def watch(system: System, targets: list[str]) -> UsageWatch:
    """A watch of the first process of a system among the targets of faults; of its API's without one."""
    name = next((target for target in targets if target in system.entry.processes), injection.API)
    return UsageWatch(name, lambda: injection.pid_of(system, name))
