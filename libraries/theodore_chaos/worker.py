"""``python -m theodore_chaos.worker KIND PARAMETERS``: keeps a fault up until its standard input closes or it is killed."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import sys
import time
from typing import Any

from theodore_chaos.processes import Process

CYCLE = 0.1
LONGEST = 10.0


def _input_closed(within: float) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin, selectors.EVENT_READ)
        return bool(selector.select(within)) and not os.read(sys.stdin.fileno(), 1)


def _report(exposure: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(exposure) + "\n")
    sys.stdout.flush()


def throttle_cpu(parameters: dict[str, Any]) -> None:
    """Stop a process for a share of each cycle."""
    process = Process(int(parameters["pid"]), int(parameters["start"]))
    share = float(parameters["share"])
    reported = False
    try:
        while process.alive:
            process.send(signal.SIGSTOP)
            stopped = time.monotonic()
            while not reported:
                reported = process.state == "T"
                if reported:
                    _report({"processes": 1})
            if _input_closed(max(0.0, CYCLE * share - (time.monotonic() - stopped))):
                return
            process.send(signal.SIGCONT)
            if _input_closed(CYCLE * (1 - share)):
                return
    finally:
        process.send(signal.SIGCONT)


def connections(parameters: dict[str, Any]) -> None:
    """Open connections and leave them idle."""
    opened: list[socket.socket] = []
    deadline = time.monotonic() + LONGEST
    while len(opened) < int(parameters["count"]) and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            opened.append(socket.create_connection((parameters["host"], int(parameters["port"])), timeout=1))
    _report({"connections": len(opened)})
    while not _input_closed(1):
        pass


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    {"cpu_throttling": throttle_cpu, "connections": connections}[sys.argv[1]](json.loads(sys.argv[2]))
