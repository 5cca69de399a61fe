"""``python -m theodore_chaos.worker KIND PARAMETERS``: keeps a fault up until its standard input closes or it is killed."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import sqlite3
import sys
import time
from typing import Any
from urllib.parse import quote

from theodore_chaos.processes import family, Process

CYCLE = 0.1
LONGEST = 10.0
UNHEARD = 5.0  # seconds after which a database server gives up a process that it does not hear
WRITES = "writes"
TABLES = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(current_schemas(false)) ORDER BY 1, 2"
WAITING = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


def _input_closed(within: float) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin, selectors.EVENT_READ)
        return bool(selector.select(within)) and not os.read(sys.stdin.fileno(), 1)


def _report(exposure: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(exposure) + "\n")
    sys.stdout.flush()


def throttle_cpu(parameters: dict[str, Any]) -> None:
    """Stop a process and its workers for a share of each cycle; report for how long they were stopped, and of how long."""
    root = Process(int(parameters["pid"]), int(parameters["start"]))
    share, began, stopped = float(parameters["share"]), time.monotonic(), 0.0
    hit: list[Process] = []
    try:
        while root.alive:
            hit = family(root)
            _send(hit, signal.SIGSTOP)
            since = time.monotonic()
            while not _stopped(hit) and time.monotonic() - since < CYCLE:
                time.sleep(0)
            ended = _input_closed(max(0.0, CYCLE * share - (time.monotonic() - since)))
            stopped += time.monotonic() - since if _stopped(hit) else 0.0
            _send(hit, signal.SIGCONT)
            passed = time.monotonic() - began
            _report({"processes": len(hit), "stopped_ms": round(stopped * 1000), "of_ms": round(passed * 1000)})
            if ended or _input_closed(CYCLE * (1 - share)):
                return
    finally:
        _send(hit, signal.SIGCONT)


def _send(processes: list[Process], number: signal.Signals) -> None:
    for process in processes:
        process.send(number)


def _stopped(processes: list[Process]) -> bool:
    return all(process.state == "T" for process in processes if process.alive)


def connections(parameters: dict[str, Any]) -> None:
    """Open connections and leave them idle."""
    opened: list[socket.socket] = []
    deadline = time.monotonic() + LONGEST
    while len(opened) < int(parameters["count"]) and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            opened.append(socket.create_connection((parameters["host"], int(parameters["port"])), timeout=1))
            opened[-1].setblocking(False)
    _input_closed(CYCLE * 5)  # a server that closes them at once is not occupied
    while True:
        opened = [connection for connection in opened if _open(connection)]
        _report({"connections": len(opened)})
        if _input_closed(CYCLE * 5):
            return


def database_lock(parameters: dict[str, Any]) -> None:
    """Hold a lock of a database, and report for how long; it ends with this process."""
    if "url" in parameters:
        _postgresql_lock(parameters)
    else:
        _sqlite_lock(parameters)


def _sqlite_lock(parameters: dict[str, Any]) -> None:
    """The exclusive lock, or the one that all who write need."""
    connection = sqlite3.connect(f"file:{quote(parameters['path'])}?mode=rw", timeout=LONGEST, isolation_level=None, uri=True)
    try:
        connection.execute("BEGIN IMMEDIATE" if parameters["hold"] == WRITES else "BEGIN EXCLUSIVE")
    except sqlite3.Error:  # somebody else keeps it locked: there is no fault to report
        return
    since = time.monotonic()
    while True:
        _report({"databases": 1, "locked_ms": round((time.monotonic() - since) * 1000)})
        if _input_closed(CYCLE):
            return


def _postgresql_lock(parameters: dict[str, Any]) -> None:
    """Locks of all tables on the search path; the server gives them back soon after it hears no more of this process."""
    import psycopg
    from psycopg import sql

    mode = sql.SQL("EXCLUSIVE" if parameters["hold"] == WRITES else "ACCESS EXCLUSIVE")
    try:
        connection = psycopg.connect(parameters["url"], connect_timeout=int(LONGEST), application_name="theodore-chaos")
        connection.execute(sql.SQL("SET lock_timeout = {}").format(f"{LONGEST:g}s"))
        connection.execute(sql.SQL("SET idle_in_transaction_session_timeout = {}").format(f"{UNHEARD:g}s"))
        tables = connection.execute(TABLES).fetchall()
        if not tables:
            _report({"impossible": "its search path has no tables"})
            return
        named = sql.SQL(", ").join(sql.Identifier(*table) for table in tables)
        connection.execute(sql.SQL("LOCK TABLE {} IN {} MODE").format(named, mode))
    except psycopg.Error as error:
        _report({"impossible": str(error).strip().splitlines()[0]})
        return
    since, waiting = time.monotonic(), 0
    while True:
        waiting = max(waiting, connection.execute(WAITING).fetchall()[0][0])
        locked = round((time.monotonic() - since) * 1000)
        _report({"databases": 1, "tables": len(tables), "locked_ms": locked, "waiting_sessions": waiting})
        if _input_closed(CYCLE):
            return


def _open(connection: socket.socket) -> bool:
    """Whether the server has not closed a connection on which nothing is sent."""
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    kinds = {"cpu_throttling": throttle_cpu, "connections": connections, "database_lock": database_lock}
    kinds[sys.argv[1]](json.loads(sys.argv[2]))
