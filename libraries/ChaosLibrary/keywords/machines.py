"""Keywords that hit processes, containers and what they live on."""

from __future__ import annotations

from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any
from urllib.parse import urlsplit

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import unknown, UsageError
from theodore_qa.faults import injection
from theodore_qa.faults.agent_client import Fault  # Robot converts arguments by these hints

MINUTE = timedelta(minutes=1)
MEGABYTE = 1024 * 1024


class MachineKeywords:
    """Faults of processes, containers, disks and connections."""

    @keyword(tags=("fault", "process"))
    def pause_process(self, name: str = "api", *, duration: timedelta = MINUTE) -> Fault:
        """Stops a process of the system under test (SIGSTOP) until the fault is undone; returns the fault.

        Args:
            name: A process of the environment; the sandbox has api.
            duration: Its longest life; 1 minute by default.

        Example:

        ```robotframework
        ${fault} =    Pause Process    api
        Undo Fault    ${fault}
        Health Should Tell    healthy    database    healthy
        ```
        """
        return self._on_process("pause", name, {}, duration, f"{name} paused")

    @keyword(tags=("fault", "process"))
    def kill_process(self, name: str = "api") -> Fault:
        """Kills a process of the system under test (SIGKILL); its own supervisor has to start it again.

        Args:
            name: A process of the environment; the sandbox has api.

        Returns:
            The fault.

        Example:

        ```robotframework
        ${research} =    Start Research    Slack
        ${fault} =    Kill Process    api
        Job Should End Within    ${research}    25 s
        Get Research Status    ${research}    ==    completed
        ```
        """
        ready = context.system.url + context.system.full("/version") if name == "api" else None
        return self._on_process("kill", name, {"ready": ready}, MINUTE, f"{name} killed")

    @keyword(tags=("fault", "process"))
    def starve_process(self, name: str = "api", *, share: float = 0.7, duration: timedelta = MINUTE) -> Fault:
        """Takes a share of the processor's time away from a process: it stands still for that share of every 100 ms.

        Args:
            name: A process of the environment.
            share: More than 0 and at most 0.95; 0.7 by default.
            duration: Its longest life; 1 minute by default.

        Example:

        ```robotframework
        ${fault} =    Starve Process    api    share=0.5
        Research Company    Slack
        Fault Should Have Touched    ${fault}
        ```
        """
        if not 0 < share <= 0.95:  # noqa: PLR2004  # said in the message
            raise UsageError(f"The share is {share:g}, expected more than 0 and at most 0.95.")
        return self._on_process(
            "cpu_throttling", name, {"share": share}, duration, f"{name} without {share:.0%} of the processor"
        )

    @keyword(tags=("fault", "process"))
    def limit_process_memory(self, name: str = "api", *, room: int = 32, duration: timedelta = MINUTE) -> Fault:
        """Lets a process have only so much more memory than it has now; returns the fault.

        Args:
            name: A process of the environment.
            room: Megabytes of address space that are left to it; 32 by default.
            duration: Its longest life; 1 minute by default.

        Example:

        ```robotframework
        ${fault} =    Limit Process Memory    api    room=64
        Research Company    Slack
        Fault Should Have Touched    ${fault}
        ```
        """
        limit = {"what": "memory", "headroom": room * MEGABYTE}
        return self._on_process("limit", name, limit, duration, f"{name} with {room} MB of memory left")

    @keyword(tags=("fault", "process"))
    def limit_file_handles(self, name: str = "api", *, room: int = 0, duration: timedelta = MINUTE) -> Fault:
        """Lets a process open only so many more files and connections than it has now; returns the fault.

        Args:
            name: A process of the environment.
            room: How many handles are left to it; none by default.
            duration: Its longest life; 1 minute by default.

        Example:

        ```robotframework
        ${fault} =    Limit File Handles    api    room=2
        Fault Should Have Touched    ${fault}
        Research Should Work Again Within    Slack    15 s
        ```
        """
        return self._on_process(
            "limit", name, {"what": "files", "headroom": room}, duration, f"{name} with {room} file handles left"
        )

    @keyword(tags=("fault", "process"))
    def exhaust_connections(self, count: int = 200, *, duration: timedelta = MINUTE) -> Fault:
        """Opens connections to the API that say nothing; returns the fault.

        Args:
            count: How many; 200 by default.
            duration: Their longest life; 1 minute by default.

        Example:

        ```robotframework
        ${fault} =    Exhaust Connections    count=100
        Research Company    Slack
        Fault Should Have Touched    ${fault}    at_least=100
        ```
        """
        context.system.client.refuse_foreign(context.system.url)
        at = urlsplit(context.system.url)
        parameters = {"host": at.hostname, "port": at.port or 80, "count": count}
        label = f"{count} idle connections"
        return injection.inject("connections", parameters, duration=duration.total_seconds(), label=label)

    @keyword(tags=("fault", "machine"))
    def fill_disk(self, name: str, *, leave: int = 0, duration: timedelta = MINUTE) -> Fault:
        """Fills a small file system of the system under test; returns the fault.

        Needs an environment with ``disks: {data: /srv/theodore}``.

        Args:
            name: A disk of the environment; never one that the machine itself needs, nor one of more than 2 GB.
            leave: Bytes that are left free; none by default.
            duration: Its longest life; 1 minute by default.

        Example:

        ```robotframework
        ${fault} =    Fill Disk    data
        Undo Fault    ${fault}
        ```
        """
        parameters = {"path": self._named("disk", name, context.system.entry.disks), "leave": leave}
        return injection.inject("disk", parameters, duration=duration.total_seconds(), label=f"disk {name} full")

    @keyword(tags=("fault", "machine"))
    def lose_packets(self, name: str, *, share: float = 1.0, duration: timedelta = MINUTE) -> Fault:
        """Drops packets from and to a network namespace; with all of them it is a partition.

        Needs root, and an environment with ``namespaces: {api: theodore}``.

        Args:
            name: A namespace of the environment; the machine's own is never touched.
            share: Which share of the packets, 0 to 1; all by default.
            duration: Its longest life; 1 minute by default.

        Returns:
            The fault.

        Example:

        ```robotframework
        ${fault} =    Lose Packets    api    share=0.3
        Undo Fault    ${fault}
        ```
        """
        if not 0 < share <= 1:
            raise UsageError(f"The share is {share:g}, expected more than 0 and at most 1.")
        parameters = {"namespace": self._named("namespace", name, context.system.entry.namespaces), "share": share}
        label = f"{name} partitioned" if share == 1 else f"{name} without {share:.0%} of its packets"
        return injection.inject("loss", parameters, duration=duration.total_seconds(), label=label)

    @keyword(tags=("fault", "machine"))
    def skew_clock(self, name: str, skew: timedelta, *, duration: timedelta = MINUTE) -> Fault:
        """Has a process of the system under test take another time for the present one; returns the fault.

        Needs a process under libfaketime, and an environment with ``clocks: {api: /run/theodore/faketime}``.

        Args:
            name: A clock of the environment; the machine's own is never touched.
            skew: How far it goes ahead, such as 1 h, or behind, such as -5 min.
            duration: Its longest life; 1 minute by default.

        Example:

        ```robotframework
        ${fault} =    Skew Clock    api    1 h
        Undo Fault    ${fault}
        ```
        """
        parameters = {"file": self._named("clock", name, context.system.entry.clocks), "seconds": skew.total_seconds()}
        label = f"clock of {name} off by {skew.total_seconds():+g} s"
        return injection.inject("clock", parameters, duration=duration.total_seconds(), label=label)

    @keyword(tags=("fault", "container"))
    def pause_container(self, name: str, *, duration: timedelta = MINUTE) -> Fault:
        """Freezes a Docker container; returns the fault.

        Needs an environment with ``containers: {api: theodore-api}``.

        Args:
            name: A container of the environment.
            duration: Its longest life; 1 minute by default.

        Example:

        ```robotframework
        ${fault} =    Pause Container    api
        Undo Fault    ${fault}
        ```
        """
        return self._on_container("container_pause", name, {}, duration, f"container {name} paused")

    @keyword(tags=("fault", "container"))
    def kill_container(self, name: str, *, wait: timedelta = timedelta(seconds=3)) -> Fault:
        """Kills the process of a container, as a crash does; returns the fault. Its engine's restart policy brings it back; where
        it does not, `Undo Fault` starts it.

        Needs an environment with ``containers: {api: theodore-api}``.

        Args:
            name: A container of the environment.
            wait: How long its engine has for that; 3 seconds by default.

        Example:

        ```robotframework
        ${fault} =    Kill Container    api
        Undo Fault    ${fault}
        ```
        """
        return self._on_container("container_kill", name, {"wait": wait.total_seconds()}, MINUTE, f"container {name} killed")

    @keyword(tags=("fault", "container"))
    def disconnect_container(self, name: str, *, network: str | None = None, duration: timedelta = MINUTE) -> Fault:
        """Takes a container off its network; returns the fault.

        Needs an environment with ``containers: {api: theodore-api}``.

        Args:
            name: A container of the environment.
            network: Which network, if it is on several.
            duration: Its longest life; 1 minute by default.

        Example:

        ```robotframework
        ${fault} =    Disconnect Container    api
        Undo Fault    ${fault}
        ```
        """
        chosen = {"network": network} if network else {}
        return self._on_container("container_disconnect", name, chosen, duration, f"container {name} off its network")

    @keyword(tags=("fault", "container"))
    def limit_container(
        self, name: str, *, cpus: float | None = None, memory: int | None = None, duration: timedelta = MINUTE
    ) -> Fault:
        """Gives a container less processor or memory; returns the fault.

        Needs an environment with ``containers: {api: theodore-api}``.

        Args:
            name: A container of the environment.
            cpus: How many processors, such as 0.1.
            memory: Megabytes; only for a container that has a memory limit, since Docker cannot take one away again.
            duration: Its longest life; 1 minute by default.

        Example:

        ```robotframework
        ${fault} =    Limit Container    api    cpus=0.1
        Undo Fault    ${fault}
        ```
        """
        if cpus is None and memory is None:
            raise UsageError("Say what it is to have less of: cpus= or memory=.")
        limits = {"cpus": cpus, "memory": memory * MEGABYTE if memory else None}
        return self._on_container("container_limit", name, limits, duration, f"container {name} short of resources")

    @staticmethod
    def _named(kind: str, name: str, known: dict[str, str]) -> str:
        if name in known:
            return known[name]
        if known:
            raise unknown(kind, name, known, context.environment.path.name)
        reason = f"the environment {context.environment.name} names no {kind} '{name}'"
        raise injection.impossible(reason, f"{kind}s.{name}")

    @staticmethod
    def _on_process(kind: str, name: str, more: dict[str, Any], duration: timedelta, label: str) -> Fault:
        parameters = {"pid": injection.process_of(name)} | more
        return injection.inject(kind, parameters, duration=duration.total_seconds(), label=label)

    @staticmethod
    def _on_container(kind: str, name: str, more: dict[str, Any], duration: timedelta, label: str) -> Fault:
        return injection.inject(kind, injection.container_of(name) | more, duration=duration.total_seconds(), label=label)
