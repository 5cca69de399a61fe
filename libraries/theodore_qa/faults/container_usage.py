"""What a container of the system under test uses while it is watched, as ``docker stats`` shows it."""

from __future__ import annotations

import threading
import time
from typing import Any, TYPE_CHECKING

from theodore_qa.faults.usage import MEGABYTE, Usage

if TYPE_CHECKING:
    from theodore_qa.systems.system import System

NANOSECONDS = 1e9


class ContainerWatch:
    """Takes in the figures that the engine streams each second; ``reason`` says why there are none, where there are none."""

    def __init__(self, process: str, container: str, engine: str = "") -> None:
        self.process = process
        self.samples: list[Usage] = []
        self.reason = ""
        self._container, self._engine = container, engine
        self._stopped = threading.Event()
        self._reading = threading.Thread(target=self._read, daemon=True)

    def start(self) -> ContainerWatch:
        """Start reading."""
        self._reading.start()
        return self

    def stop(self) -> None:
        """Stop reading; may be called more than once."""
        self._stopped.set()
        self._reading.join(timeout=5)

    def _read(self) -> None:
        try:
            import docker
        except ImportError:
            self.reason = "the Docker SDK is not installed: pip install 'robotframework-theodore[chaos]'"
            return
        before: dict[str, Any] = {}
        try:
            client = docker.DockerClient(base_url=self._engine) if self._engine else docker.from_env()
            streamed: Any = client.containers.get(self._container).stats(stream=True, decode=True)
            for figures in streamed:
                if self._stopped.is_set():
                    return
                if sample := usage(figures, before):
                    self.samples.append(sample)
                before = figures
        except (docker.errors.DockerException, OSError, ValueError) as error:
            self.reason = f"the container '{self._container}' cannot be read: {error}"


def usage(figures: dict[str, Any], before: dict[str, Any]) -> Usage | None:
    """A sample of what the engine says of a container; None at first, and of a container that does not run."""
    memory = figures.get("memory_stats") or {}
    if "usage" not in memory or not before.get("cpu_stats"):
        return None
    spent, spent_before = (entry["cpu_stats"]["cpu_usage"]["total_usage"] for entry in (figures, before))
    lasted = _seconds(figures["read"]) - _seconds(before["read"])
    if lasted <= 0:
        return None
    cache = (memory.get("stats") or {}).get("inactive_file") or (memory.get("stats") or {}).get("total_inactive_file") or 0
    cpu = max(0.0, spent - spent_before) / NANOSECONDS / lasted
    processes = int((figures.get("pids_stats") or {}).get("current") or 0)
    return Usage(time.time(), cpu, (memory["usage"] - cache) / MEGABYTE, processes, 0)


def _seconds(text: str) -> float:
    import datetime as dt

    whole, _, fraction = text.rstrip("Z").partition(".")
    moment = dt.datetime.fromisoformat(whole).replace(tzinfo=dt.UTC)
    return moment.timestamp() + float(f"0.{fraction or 0}")


def watch(system: System, name: str) -> ContainerWatch:
    """A watch of a container that the environment names."""
    return ContainerWatch(name, system.entry.containers[name], system.entry.docker)
