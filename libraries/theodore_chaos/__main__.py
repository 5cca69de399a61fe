"""``python -m theodore_chaos ROLE``: agent PID, guardian PID START, renewal PID START, status, rollback."""

from __future__ import annotations

import json
import signal
import sys
from dataclasses import asdict

from theodore_chaos.journal import Journal
from theodore_chaos.processes import Process


def main() -> None:
    """Take the role named on the command line."""
    role, *rest = sys.argv[1:]
    if role in ("agent", "guardian", "renewal"):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
    if role == "agent":
        from theodore_chaos.agent import ChaosAgent

        holder = Process.of(int(rest[0]))
        if holder:
            try:
                agent = ChaosAgent(holder)
            except OSError as error:
                reason = f"its journal {error.filename} cannot be written ({error.strerror})"
                sys.stdout.write(json.dumps({"problem": f"{reason}: name a folder by THEODORE_CHAOS_HOME"}) + "\n")
                return
            agent.serve()
    elif role in ("guardian", "renewal"):
        from theodore_chaos import companions

        getattr(companions, role)(Process(int(rest[0]), int(rest[1])))
    elif role == "status":
        journal = Journal()
        rows = [
            asdict(record) | {"held": record.held(), "lapsed": journal.lapsed(record)}
            for record in journal.records()
            if record.active
        ]
        sys.stdout.write(json.dumps(rows) + "\n")
    elif role == "rollback":
        from theodore_chaos.undo import clean

        done = clean(Journal(), "rolled back by hand", everything=True)
        sys.stdout.write(json.dumps([asdict(record) for record in done]) + "\n")


if __name__ == "__main__":
    main()
