"""Faults of a process: killed, paused, CPU throttling, limits of memory and file handles, connection exhaustion.

``duration`` is the fault's maximum duration in seconds.
"""

from __future__ import annotations

import contextlib
import time
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from theodore_qa import extras
from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.faults import injection
from theodore_qa.observing.display import plural

if TYPE_CHECKING:
    from theodore_qa.faults.agent_client import Fault

MINUTE = 60.0
MEGABYTE = 1024 * 1024
API = "api"
EVERYTHING = "everything"
POSTGRESQL = "postgresql"
LARGEST_SHARE = 0.95
STEADY, GROWTH, GLANCE = 0.5, 5.0, 0.05


def pause(name: str, *, duration: float) -> Fault:
    """Stop a process (SIGSTOP) until the fault is undone."""
    return _inject("pause", name, {}, duration, f"{name} paused")


def kill(name: str) -> Fault:
    """Kill a process (SIGKILL); the fault is undone when its supervisor has it answering again."""
    ready = context.system.url + context.system.full("/version") if name == API else None
    return _inject("kill", name, {"ready": ready}, MINUTE, f"{name} killed")


def throttle_cpu(name: str, share: float, *, duration: float) -> Fault:
    """CPU throttling: stop a process for a share of every 100 ms."""
    if not 0 < share <= LARGEST_SHARE:
        raise UsageError(f"The share is {share:g}, expected more than 0 and at most {LARGEST_SHARE}.")
    return _inject("cpu_throttling", name, {"share": share}, duration, f"CPU of {name} throttled by {share:.0%}")


def limit_memory(name: str, headroom: int, *, duration: float) -> Fault:
    """Limit a process to so many megabytes of address space beyond its present use.

    One that has just started still grows, and what it takes to get ready is no trouble that the fault made. Its use counts once
    it has been the same for ``STEADY`` seconds, or after ``GROWTH`` seconds.
    """
    _check_whole("headroom", headroom, 0)
    _await_steady_memory(name)
    parameters = {"what": "memory", "headroom": headroom * MEGABYTE}
    return _inject("limit", name, parameters, duration, f"memory headroom of {name}: {headroom} MB")


def limit_file_handles(name: str, headroom: int, *, duration: float) -> Fault:
    """Limit a process to so many file handles beyond its present use."""
    _check_whole("headroom", headroom, 1)
    parameters = {"what": "files", "headroom": headroom}
    return _inject("limit", name, parameters, duration, f"headroom of {name}: {plural(headroom, 'file handle')}")


def exhaust_connections(count: int, *, duration: float) -> Fault:
    """Connection exhaustion: open idle connections to the API."""
    _check_whole("number of connections", count, 1)
    context.system.client.refuse_foreign(context.system.url)
    address = urlsplit(context.system.url)
    parameters = {"host": address.hostname, "port": address.port or 80, "count": count}
    return injection.inject("connections", parameters, duration=duration, label=plural(count, "idle connection"))


def lock_database(hold: str, *, duration: float) -> Fault:
    """Hold a lock of the system's database, a SQLite file or the URL of one of PostgreSQL: of all, or of writes alone."""
    system = context.system
    store = next((store for store in system.entry.stores if "://" not in store or store.startswith(POSTGRESQL)), None)
    if store is None:
        text = f"the environment {system.environment.name} names no SQLite file and no PostgreSQL database of {system}"
        raise injection.impossible(text, "stores")
    if "://" in store:
        parts = urlsplit(store)
        if parts.password:
            text = f"the store of {system} is named with its password, which the journal of faults would keep: set PGPASSWORD"
            raise injection.impossible(text, "stores")
        system.client.refuse_foreign(store)
        extras.demand("psycopg", "a lock of a PostgreSQL database")
        parameters = {"url": urlunsplit(parts._replace(scheme=POSTGRESQL))}
    else:
        parameters = {"path": str((system.folder / store).resolve())}
    label = f"database of {system} locked" if hold == EVERYTHING else f"writes to the database of {system} held"
    return injection.inject("database_lock", parameters | {"hold": hold}, duration=duration, label=label)


def _check_whole(name: str, value: int, least: int) -> None:
    if value < least:
        raise UsageError(f"The {name} is {value}, expected at least {least}: less cannot be seen to have an effect.")


def _await_steady_memory(name: str) -> None:
    import psutil

    ends, size, since = time.monotonic() + GROWTH, 0, time.monotonic()
    with contextlib.suppress(psutil.Error):  # the fault itself says what is wrong with the process
        process = psutil.Process(injection.process_of(name)["pid"])
        while (now := time.monotonic()) < ends and now - since < STEADY:
            if (present := process.memory_info().vms) != size:
                size, since = present, now
            time.sleep(GLANCE)


def _inject(kind: str, name: str, parameters: dict[str, Any], duration: float, label: str) -> Fault:
    target = injection.process_of(name)
    return injection.inject(kind, target | parameters, duration=duration, label=label)
