"""Ending with the process that started us: a cancelled pabot leaves its robots running."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

from theodore_qa.cancelling import cancellation

INTERVAL = 0.3
GRACE = 10


def end_with_parent(*, under_pabot: bool) -> None:
    """Have this process stop, as for SIGTERM, when its parent is gone; under pabot also if that has happened already."""
    parent = os.getppid()
    orphaned = under_pabot and b"pabot" not in _command(parent)

    def watch() -> None:
        while not orphaned and os.getppid() == parent:
            time.sleep(INTERVAL)
        if not cancellation.requested:  # a second signal would make Robot break off, with what its teardowns do
            os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE)
        os._exit(3)

    threading.Thread(target=watch, name="theodore-parent-watch", daemon=True).start()


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
