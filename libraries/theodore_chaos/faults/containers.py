"""Faults of a Docker container, named by its id: paused, killed, disconnected from its network, limited in CPU or memory."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import Any, TYPE_CHECKING

from theodore_chaos.errors import FaultUnavailableError, RefusedError
from theodore_chaos.processes import Process
from theodore_qa import extras

if TYPE_CHECKING:
    from collections.abc import Iterator

    from theodore_chaos.journal import Record

TIMEOUT = 10
PERIOD = 100_000


def _sdk() -> Any:
    extras.demand("docker", "faults of containers", FaultUnavailableError)
    import docker

    return docker


def _client(parameters: dict[str, Any]) -> Any:
    docker = _sdk()
    try:
        host = parameters.get("docker")
        client = docker.DockerClient(base_url=host, timeout=TIMEOUT) if host else docker.from_env(timeout=TIMEOUT)
        client.ping()
    except (docker.errors.DockerException, OSError) as error:
        raise FaultUnavailableError(
            f"no Docker engine answers at {parameters.get('docker') or 'the default socket'} ({error}): "
            f"start it, install one by apt-get install docker.io, or name another by 'docker'"
        ) from None
    return client


def _captured(parameters: dict[str, Any]) -> dict[str, Any]:
    docker = _sdk()
    try:
        container = _client(parameters).containers.get(parameters["container"])
    except docker.errors.NotFound:
        raise RefusedError(f"There is no container '{parameters['container']}'.") from None
    if container.status != "running":
        raise RefusedError(f"The container '{parameters['container']}' is {container.status}, not running.")
    return {"id": container.id, "started": container.attrs["State"]["StartedAt"], "host": container.attrs["HostConfig"]}


def _container(record: Record) -> Any:
    """The container of a record; None once it was removed."""
    docker = _sdk()
    try:
        return _client(record.parameters).containers.get(record.original["id"])
    except docker.errors.NotFound:
        return None


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """What the engine refuses to do is said in its own words."""
    docker = _sdk()
    try:
        yield
    except docker.errors.APIError as error:
        raise RefusedError(f"The Docker engine refused it: {str(error.explanation or error).rstrip('.')}.") from None


class _Container:
    survives_restart = True

    def target(self, parameters: dict[str, Any]) -> str:
        """The container."""
        return f"container {parameters['container']}"

    def exposure(self, record: Record) -> dict[str, Any]:
        """Whether the container was seen to be hit."""
        return record.exposure or {"processes": 0}


class Pause(_Container):
    """A container that is frozen. ``parameters``: container, docker (the engine's address, optional)."""

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Its id."""
        return {"id": _captured(parameters)["id"]}

    def inject(self, record: Record) -> None:
        """Freeze it; runc now and then fails to freeze a busy container, so what the engine refuses is tried again for 10 s."""
        docker, deadline = _sdk(), time.monotonic() + TIMEOUT
        container = _container(record)
        with _refusals():
            while container.status == "running":
                try:
                    container.pause()
                except docker.errors.APIError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.1)
                container.reload()
        record.exposure = {"processes": int(container.status == "paused")}

    def intact(self, record: Record) -> str:
        """Whether it is still frozen."""
        container = _container(record)
        if container is None:
            return f"somebody removed the container '{record.parameters['container']}'"
        return "" if container.status == "paused" else f"somebody let the container go on: it is {container.status}"

    def undo(self, record: Record) -> None:
        """Let it go on."""
        container = _container(record)
        if container is not None and container.status == "paused":
            container.unpause()

    def restored(self, record: Record) -> bool:
        """Whether it is not frozen."""
        container = _container(record)
        return container is None or container.status != "paused"


class Kill(_Container):
    """A container whose process is killed. ``parameters``: container, docker, wait (seconds its engine has to restart it)."""

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Its id, its start time and its restart policy."""
        found = _captured(parameters)
        return {"id": found["id"], "started": found["started"], "policy": (found["host"].get("RestartPolicy") or {}).get("Name")}

    def inject(self, record: Record) -> None:
        """Kill its process from outside, as a crash would: what Docker itself kills, it does not restart."""
        container = _container(record)
        pid = int(container.attrs["State"]["Pid"])
        try:
            os.kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            container.kill()
        record.exposure = {"processes": int(_ended(pid))}

    def intact(self, record: Record) -> str:
        """Whether the container is still there."""
        return "" if _container(record) else f"somebody removed the container '{record.parameters['container']}'"

    def undo(self, record: Record) -> None:
        """Start it, if its engine has not done so."""
        deadline = time.monotonic() + float(record.parameters.get("wait", 3))
        while True:
            container = _container(record)
            if container is None or container.status == "running":
                return
            if time.monotonic() > deadline or record.original.get("policy") in (None, "", "no"):
                container.start()
                record.parameters["started_by_agent"] = True
                return
            time.sleep(0.1)

    def restored(self, record: Record) -> bool:
        """Whether it runs."""
        container = _container(record)
        return container is None or container.status == "running"


class Disconnect(_Container):
    """A container that is disconnected from its network. ``parameters``: container, network, docker."""

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Its id, and its address and names on the network."""
        client = _client(parameters)
        identifier = _captured(parameters)["id"]
        networks = client.containers.get(identifier).attrs["NetworkSettings"]["Networks"]
        name = parameters.get("network") or next(iter(networks), "")
        if name not in networks:
            raise FaultUnavailableError(f"the container '{parameters['container']}' is not on a network '{name}'")
        on = networks[name]
        names = [alias for alias in on.get("Aliases") or [] if not identifier.startswith(alias)]
        configured = (on.get("IPAMConfig") or {}).get("IPv4Address")
        return {"id": identifier, "network": on["NetworkID"], "aliases": names, "address": configured}

    def inject(self, record: Record) -> None:
        """Disconnect it."""
        with _refusals():
            network = _client(record.parameters).networks.get(record.original["network"])
            network.disconnect(record.original["id"], force=True)
        record.exposure = {"processes": int(not self._on(record))}

    def intact(self, record: Record) -> str:
        """Whether it is still off the network."""
        container = _container(record)
        if container is None:
            return f"somebody removed the container '{record.parameters['container']}'"
        if container.status != "running":
            return f"the container is {container.status} while it was disconnected"
        return "somebody connected the container again" if self._on(record) else ""

    def undo(self, record: Record) -> None:
        """Connect it again, with its address and names."""
        if _container(record) is not None and not self._on(record):
            network = _client(record.parameters).networks.get(record.original["network"])
            network.connect(
                record.original["id"], aliases=record.original["aliases"] or None, ipv4_address=record.original["address"]
            )

    def restored(self, record: Record) -> bool:
        """Whether it is on the network."""
        return _container(record) is None or self._on(record)

    @staticmethod
    def _on(record: Record) -> bool:
        container = _container(record)
        networks = container.attrs["NetworkSettings"]["Networks"] if container is not None else {}
        return record.original["network"] in {network["NetworkID"] for network in networks.values()}


def _ended(pid: int) -> bool:
    """Whether a process is gone, within a few seconds."""
    deadline = time.monotonic() + TIMEOUT
    while (process := Process.of(pid)) and process.alive:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


class Limit(_Container):
    """A container whose CPU or memory is limited. ``parameters``: container, docker, cpus, memory (bytes)."""

    def capture(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Its id and its limits."""
        found = _captured(parameters)
        names = ("CpuQuota", "CpuPeriod", "Memory", "MemorySwap")
        if parameters.get("memory") and not found["host"].get("Memory"):
            raise FaultUnavailableError(
                f"the container '{parameters['container']}' has no memory limit, and Docker cannot take one away again: "
                f"start it with one"
            )
        _refuse_more(parameters, found["host"], os.cpu_count() or 1)
        own = {"id": found["id"], "started": found["started"]}
        return own | {name: found["host"].get(name, 0) for name in names}

    def inject(self, record: Record) -> None:
        """Set the limits."""
        limits: dict[str, Any] = {}
        if record.parameters.get("cpus"):
            limits |= {"cpu_period": PERIOD, "cpu_quota": int(float(record.parameters["cpus"]) * PERIOD)}
        if record.parameters.get("memory"):
            limits |= {"mem_limit": int(record.parameters["memory"]), "memswap_limit": int(record.parameters["memory"])}
        record.original["felt"] = _felt(_container(record))
        with _refusals():
            _container(record).update(**limits)
        record.exposure = {"processes": int(not self.restored(record))}

    def intact(self, record: Record) -> str:
        """Whether the limits are still there."""
        container = _container(record)
        if container is None:
            return f"somebody removed the container '{record.parameters['container']}'"
        if container.attrs["State"]["StartedAt"] != record.original["started"]:
            return "the container was started anew while it was limited"
        return "somebody took the limits away" if self.restored(record) else ""

    def undo(self, record: Record) -> None:
        """Restore the original limits; -1 is Docker's value for no limit."""
        container = _container(record)
        if container is None:
            return
        before = record.original
        if container.status == "running" and "felt" in before and "felt" not in record.exposure:
            record.exposure = record.exposure | {"felt": sum(_felt(container)) - sum(before["felt"])}
        if record.parameters.get("cpus"):
            container.update(cpu_period=before["CpuPeriod"] or PERIOD, cpu_quota=before["CpuQuota"] or -1)
        if record.parameters.get("memory"):
            container.update(mem_limit=before["Memory"], memswap_limit=before["MemorySwap"] or -1)

    def exposure(self, record: Record) -> dict[str, Any]:
        """Whether the limits were set, and how often the kernel held the container to them."""
        figures = record.exposure or {"processes": 0}
        if figures.get("felt") == 0:
            return figures | {"no_effect": "the container never came up against its limits"}
        return figures

    def restored(self, record: Record) -> bool:
        """Whether the limits are the original ones."""
        container = _container(record)
        if container is None:
            return True
        present = container.attrs["HostConfig"]
        names = (["CpuQuota"] if record.parameters.get("cpus") else []) + (["Memory"] if record.parameters.get("memory") else [])
        return all(max(0, present.get(name) or 0) == max(0, record.original[name] or 0) for name in names)


def _refuse_more(parameters: dict[str, Any], host: dict[str, Any], processors: int) -> None:
    """Raise for limits that leave the container as much as it has."""
    present = (host.get("CpuQuota") or 0) / (host.get("CpuPeriod") or PERIOD) or (host.get("NanoCpus") or 0) / 1e9 or processors
    if parameters.get("cpus") and float(parameters["cpus"]) >= present:
        raise RefusedError(f"{float(parameters['cpus']):g} CPUs are no limit for the container: it has {present:g}.")
    if parameters.get("memory") and int(parameters["memory"]) >= host["Memory"]:
        raise RefusedError(f"{parameters['memory']} bytes are no limit for the container: it has {host['Memory']}.")


def _felt(container: Any) -> list[int]:
    """How often the kernel throttled a container's CPU and refused it memory."""
    figures = container.client.api.stats(container.id, stream=False, one_shot=True)
    throttled = figures["cpu_stats"].get("throttling_data", {}).get("throttled_periods", 0)
    return [int(throttled), int(figures["memory_stats"].get("failcnt", 0))]
