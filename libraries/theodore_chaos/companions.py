"""The agent's companions: the helper of lease renewal, and the guardian, which undoes faults in the agent's place.

Leases are renewed only while their holder lives.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import sys
import time
from typing import TYPE_CHECKING

from theodore_chaos.agent import LAST, WATCH_INTERVAL
from theodore_chaos.journal import Journal
from theodore_chaos.processes import uptime
from theodore_chaos.undo import undo

if TYPE_CHECKING:
    from theodore_chaos.processes import Process

HEARTBEAT = 0.5
LATE = 0.3


def renewal(holder: Process) -> None:
    """Send a heartbeat as long as the holder of the leases lives and the agent listens."""
    while holder.alive:
        try:
            sys.stdout.write(".\n")
            sys.stdout.flush()
        except OSError:
            return
        if _closed(HEARTBEAT):
            return


def guardian(agent: Process) -> None:
    """Undo each fault that the agent is late to undo, and all of them when the agent is gone."""
    journal = Journal()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while agent.alive and not _closed(WATCH_INTERVAL):
        for record in journal.records():
            over = min(journal.until(record.id), record.ends) + LATE
            if record.agent == list(agent) and record.active and uptime() > over:
                with contextlib.suppress(Exception):  # one fault's trouble keeps no other from being undone
                    undo(journal, record, "the lease lapsed, and the agent did not undo it")
    mine = [record for record in journal.records() if record.agent == list(agent)]
    for record in sorted(mine, key=lambda record: (record.kind in LAST, -record.token)):
        with contextlib.suppress(Exception):  # one fault's trouble keeps no other from being undone
            if undo(journal, record, "the agent was lost").state == "undone":
                journal.forget(record)


def _closed(within: float) -> bool:
    """Whether standard input is closed within so many seconds."""
    ends = time.monotonic() + within
    with selectors.DefaultSelector() as selector:
        selector.register(0, selectors.EVENT_READ)
        while (left := ends - time.monotonic()) > 0:
            if selector.select(left) and not os.read(0, 1):
                return True
    return False
