"""Child processes that never outlive the run, whatever ends it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from typing import IO, TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
GRACE = 8.0


def adopt_orphans() -> None:
    """Make this process the parent of its descendants' orphans, so that they can be found and ended (Linux)."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def start(command: Sequence[str], folder: Path, environment: Mapping[str, str], output: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own; it gets SIGTERM if this process dies."""
    return subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=lambda: _prctl(PR_SET_PDEATHSIG, signal.SIGTERM),  # noqa: PLW1509  # runs before any thread is started
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process with all its descendants: asked first, so that teardowns run, then by force.

    Only Robot and pabot are asked: they end what they started themselves, which their tests still need until then.
    """
    for pid in _robots(process.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while _alive(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in [*descendants(os.getpid()), process.pid]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
    reap()


def reap() -> None:
    """Take leave of adopted children that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def descendants(root: int) -> list[int]:
    """The processes below ``root`` that run still, parents before their children."""
    return [process.pid for process in _below(root)]


def _below(root: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return list(filter(_runs, psutil.Process(root).children(recursive=True)))
    return []


def _runs(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


def _alive(process: subprocess.Popen[bytes]) -> bool:
    gone = process.poll() is not None
    return not gone or bool(descendants(os.getpid()))


def _robots(root: int) -> list[int]:
    """The processes of Robot and pabot, the deepest first."""
    return [*(process.pid for process in reversed(_below(root)) if _is_robot(process)), root]


def _is_robot(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.cmdline()[1:3] in (["-m", "robot"], ["-m", "pabot.pabot"])
    return False


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
