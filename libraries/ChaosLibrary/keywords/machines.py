"""Keywords that hit processes, containers, disks, namespaces and clocks."""

from __future__ import annotations

from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any, Literal

from robotlibcore import keyword

from ChaosLibrary import link_faults, process_faults
from theodore_qa.context import context
from theodore_qa.errors import unknown, UsageError
from theodore_qa.faults import injection
from theodore_qa.faults.agent_client import Fault  # Robot converts arguments by these hints

MINUTE = timedelta(minutes=1)
Hold = Literal["everything", "writes"]


class MachineKeywords:
    """Faults of processes, containers and the machine."""

    @keyword(tags=("fault", "process"))
    def pause_process(self, name: str = "api", *, duration: timedelta = MINUTE) -> Fault:
        """Stops a process of the system under test (SIGSTOP) until the fault is undone; returns the fault.

        Args:
            name: A process of the environment; api by default, which the sandbox has.
            duration: Maximum duration of the fault; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Pause Process    api
        Undo Fault    ${fault}
        Health Should Tell    healthy    database    healthy
        ```
        """
        return process_faults.pause(name, duration=duration.total_seconds())

    @keyword(tags=("fault", "process"))
    def kill_process(self, name: str = "api") -> Fault:
        """Kills a process of the system under test (SIGKILL); its supervisor has to start it again.

        Args:
            name: A process of the environment; api by default, which the sandbox has.

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
        return process_faults.kill(name)

    @keyword(tags=("fault", "process"))
    def starve_process(self, name: str = "api", *, share: float = 0.7, duration: timedelta = MINUTE) -> Fault:
        """Throttles the CPU of a process: it is stopped for a share of every 100 ms; returns the fault.

        Args:
            name: A process of the environment; api by default.
            share: Share of the time, more than 0 and at most 0.95; 0.7 by default.
            duration: Maximum duration of the fault; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Starve Process    api    share=0.5
        Research Company    Slack
        Fault Should Have Touched    ${fault}
        ```
        """
        return process_faults.throttle_cpu(name, share, duration=duration.total_seconds())

    @keyword(tags=("fault", "process"))
    def limit_process_memory(self, name: str = "api", *, room: int = 32, duration: timedelta = MINUTE) -> Fault:
        """Limits the memory of a process to its present use plus a headroom; returns the fault.

        Args:
            name: A process of the environment; api by default.
            room: Headroom in megabytes of address space; 32 by default. It counts when three quarters of it were in use.
            duration: Maximum duration of the fault; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Limit Process Memory    api    room=64
        Research Company    Slack
        Fault Should Have Touched    ${fault}
        ```
        """
        return process_faults.limit_memory(name, room, duration=duration.total_seconds())

    @keyword(tags=("fault", "process"))
    def limit_file_handles(self, name: str = "api", *, room: int = 1, duration: timedelta = MINUTE) -> Fault:
        """Limits the file handles of a process, sockets included, to its present use plus a headroom; returns the fault.

        Args:
            name: A process of the environment; api by default.
            room: Headroom in file handles, at least 1, the default. It counts when the process has used it up: from then on
                the kernel refuses handles.
            duration: Maximum duration of the fault; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Limit File Handles    api    room=2
        Fault Should Have Touched    ${fault}
        Research Should Work Again Within    Slack    15 s
        ```
        """
        return process_faults.limit_file_handles(name, room, duration=duration.total_seconds())

    @keyword(tags=("fault", "process"))
    def exhaust_connections(self, count: int = 200, *, duration: timedelta = MINUTE) -> Fault:
        """Exhausts the connections of the API by idle ones; returns the fault.

        Args:
            count: Number of idle connections, at most 20000; 200 by default.
            duration: Maximum duration of the fault; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Exhaust Connections    count=100
        Research Company    Slack
        Fault Should Have Touched    ${fault}    at_least=100
        ```
        """
        return process_faults.exhaust_connections(count, duration=duration.total_seconds())

    @keyword(tags=("fault", "machine"))
    def lock_database(self, hold: Hold = "everything", *, duration: timedelta = MINUTE) -> Fault:
        """Holds a lock of the database of the system under test, so that nobody reads or writes it, or nobody writes it.

        The database is the first of the system's ``stores`` that is a SQLite file on this machine, or the URL of one of
        PostgreSQL. There the tables on the search path of the URL are locked by a connection of the tester's; the URL must hold
        no password, which PGPASSWORD has instead. No lock keeps readers out of a SQLite database with a write-ahead log: hold its
        writes alone. A system that keeps a lock all the time leaves none to be had within 10 s. In each of these cases the
        test is skipped, and was not evaluated.

        Args:
            hold: ``everything``, the default, or ``writes``: then what is there can be read.
            duration: Maximum duration of the fault; 1 minute by default, 10 minutes at most.

        Returns:
            The fault.

        Example:

        ```robotframework
        ${fault} =    Lock Database    system=promptcraft
        Undo Fault    ${fault}
        Request Should Be Answered    GET    /api/v4/sessions    200    identity=viewer    system=promptcraft
        ```
        """
        return process_faults.lock_database(hold, duration=duration.total_seconds())

    @keyword(tags=("fault", "machine"))
    def fill_disk(self, name: str, *, leave: int = 0, duration: timedelta = MINUTE) -> Fault:
        """Fills a small file system of the system under test; returns the fault.

        Needs an environment with ``disks: {data: /srv/theodore}``.

        Args:
            name: A disk of the environment; refused for one that the machine itself needs and for one of more than 2 GB.
            leave: Free bytes to leave; 0 by default.
            duration: Maximum duration of the fault; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Fill Disk    data
        Undo Fault    ${fault}
        ```
        """
        parameters = {"path": self._file("disk", name, context.system.entry.disks), "leave": leave}
        return injection.inject("disk", parameters, duration=duration.total_seconds(), label=f"disk {name} full")

    @keyword(tags=("fault", "machine"))
    def lose_packets(self, name: str, *, share: float = 1.0, duration: timedelta = MINUTE) -> Fault:
        """Drops packets from and to a network namespace; all of them by default, which is a partition.

        Needs root, and an environment with ``namespaces: {api: theodore}``.

        Args:
            name: A namespace of the environment; never the machine's own.
            share: Share of the packets, more than 0 and at most 1; all by default.
            duration: Maximum duration of the fault; 1 minute by default, 10 minutes at most.

        Returns:
            The fault.

        Example:

        ```robotframework
        ${fault} =    Lose Packets    api    share=0.3
        Undo Fault    ${fault}
        ```
        """
        link_faults.check_share("share", share)
        parameters = {"namespace": self._named("namespace", name, context.system.entry.namespaces), "share": share}
        label = f"partition of {name}" if share == 1 else f"{share:.0%} packet loss of {name}"
        return injection.inject("loss", parameters, duration=duration.total_seconds(), label=label)

    @keyword(tags=("fault", "machine"))
    def skew_clock(self, name: str, skew: timedelta, *, duration: timedelta = MINUTE) -> Fault:
        """Skews the clock of a process of the system under test; returns the fault.

        Needs a process under libfaketime, and an environment with ``clocks: {api: /run/theodore/faketime}``.

        Args:
            name: A clock of the environment; never the machine's own.
            skew: Offset of the clock: ahead, such as 1 h, or behind, such as -5 min.
            duration: Maximum duration of the fault; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Skew Clock    api    1 h
        Undo Fault    ${fault}
        ```
        """
        parameters = {"file": self._file("clock", name, context.system.entry.clocks), "seconds": skew.total_seconds()}
        if not skew:
            raise UsageError("The skew is 0 s, expected an offset ahead or behind: the clock would stay right.")
        label = f"clock of {name} skewed by {skew.total_seconds():+g} s"
        return injection.inject("clock", parameters, duration=duration.total_seconds(), label=label)

    @keyword(tags=("fault", "container"))
    def pause_container(self, name: str, *, duration: timedelta = MINUTE) -> Fault:
        """Freezes a Docker container; returns the fault.

        Needs an environment with ``containers: {api: theodore-api}``.

        Args:
            name: A container of the environment.
            duration: Maximum duration of the fault; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Pause Container    api
        Undo Fault    ${fault}
        ```
        """
        return self._on_container("container_pause", name, {}, duration, f"container {name} paused")

    @keyword(tags=("fault", "container"))
    def kill_container(self, name: str, *, wait: timedelta = timedelta(seconds=3)) -> Fault:
        """Kills the process of a container, as a crash does; returns the fault.

        The restart policy of the container starts it again; otherwise `Undo Fault` does.

        Needs an environment with ``containers: {api: theodore-api}``.

        Args:
            name: A container of the environment.
            wait: Time that the restart policy has before `Undo Fault` starts the container; 3 seconds by default.

        Example:

        ```robotframework
        ${fault} =    Kill Container    api
        Undo Fault    ${fault}
        ```
        """
        return self._on_container("container_kill", name, {"wait": wait.total_seconds()}, MINUTE, f"container {name} killed")

    @keyword(tags=("fault", "container"))
    def disconnect_container(self, name: str, *, network: str | None = None, duration: timedelta = MINUTE) -> Fault:
        """Disconnects a container from its network; returns the fault.

        Needs an environment with ``containers: {api: theodore-api}``.

        Args:
            name: A container of the environment.
            network: Name of the network; the container's first one by default.
            duration: Maximum duration of the fault; 1 minute by default, 10 minutes at most.

        Example:

        ```robotframework
        ${fault} =    Disconnect Container    api
        Undo Fault    ${fault}
        ```
        """
        chosen = {"network": network} if network else {}
        return self._on_container("container_disconnect", name, chosen, duration, f"container {name} disconnected")

    @keyword(tags=("fault", "container"))
    def limit_container(
        self, name: str, *, cpus: float | None = None, memory: int | None = None, duration: timedelta = MINUTE
    ) -> Fault:
        """Limits the CPU or the memory of a container; returns the fault.

        Needs an environment with ``containers: {api: theodore-api}``.

        Args:
            name: A container of the environment.
            cpus: Number of CPUs, such as 0.1; unchanged by default.
            memory: Memory limit in megabytes; unchanged by default. Only for a container that has a limit already, since Docker
                cannot remove one.
            duration: Maximum duration of the fault; 1 minute by default, 10 minutes at most.

        Raises:
            UsageError: Neither ``cpus`` nor ``memory`` is given.

        Example:

        ```robotframework
        ${fault} =    Limit Container    api    cpus=0.1
        Undo Fault    ${fault}
        ```
        """
        if cpus is None and memory is None:
            raise UsageError("Neither cpus= nor memory= is given, expected at least one of them.")
        limits = {"cpus": cpus, "memory": memory * process_faults.MEGABYTE if memory else None}
        return self._on_container("container_limit", name, limits, duration, f"container {name} limited")

    @staticmethod
    def _named(kind: str, name: str, known: dict[str, str]) -> str:
        if name in known:
            return known[name]
        if known:
            raise unknown(kind, name, known, context.environment.path.name)
        reason = f"the environment {context.environment.name} names no {kind} '{name}'"
        raise injection.impossible(reason, f"{kind}s.{name}")

    def _file(self, kind: str, name: str, known: dict[str, str]) -> str:
        return str(context.system.folder / self._named(kind, name, known))

    @staticmethod
    def _on_container(kind: str, name: str, more: dict[str, Any], duration: timedelta, label: str) -> Fault:
        return injection.inject(kind, injection.container_of(name) | more, duration=duration.total_seconds(), label=label)
