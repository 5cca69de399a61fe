"""``python -m theodore_sandbox``: reads its settings from standard input, prints its addresses, ends with its input.

The parent binds all sockets; one child serves the API with its control port, another all dependencies. Whoever starts this
keeps its standard input open: when it closes, for whatever reason, everything here ends.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from typing import Any, TYPE_CHECKING

from theodore_sandbox import defects, serving
from theodore_sandbox.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

API = ("api", "control")
DEPENDENCIES = ("search", "web", "openai", "gemini", "bedrock", "vectors", "journal")


def main() -> None:
    """Start the role named on the command line: ``api``, ``dependencies``, or the whole without a name; or list ``defects``."""
    if sys.argv[1:] == ["defects"]:
        sys.stdout.write(json.dumps(defects.listing()) + "\n")
    elif len(sys.argv) > 1:
        _child(sys.argv[1], dict(pair.split("=") for pair in sys.argv[2:]))
    else:
        _parent()


def _parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settings = Settings.from_json(sys.stdin.readline())
    sockets = {name: serving.bind() for name in (*API, *DEPENDENCIES)}
    urls = {name: serving.address(listener) for name, listener in sockets.items()}
    settings.dependencies = {name: urls[name] for name in DEPENDENCIES if name != "journal"} | settings.dependencies
    children = [
        _start(role, {name: sockets[name] for name in names}, settings)
        for role, names in (("api", API), ("dependencies", DEPENDENCIES))
    ]
    for listener in sockets.values():
        listener.close()
    try:
        if any(child.stdout is None or child.stdout.readline().strip() != serving.READY for child in children):
            sys.exit(1)
        sys.stdout.write(json.dumps({"instance": settings.instance, "urls": urls}) + "\n")
        sys.stdout.flush()
        while sys.stdin.readline():
            pass
    finally:
        for child in children:
            if child.stdin:
                child.stdin.close()
        for child in children:
            try:
                child.wait(timeout=5)
            except subprocess.TimeoutExpired:
                child.kill()


def _start(role: str, sockets: dict[str, socket.socket], settings: Settings) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-m", "theodore_sandbox", role, *(f"{name}={s.fileno()}" for name, s in sockets.items())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=[s.fileno() for s in sockets.values()],
    )
    if child.stdin:
        child.stdin.write(settings.to_json() + "\n")
        child.stdin.flush()
    return child


def _child(role: str, descriptors: dict[str, str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settings = Settings.from_json(sys.stdin.buffer.readline().decode())
    apps: Mapping[str, Any]
    if role == "api":
        from theodore_sandbox.api import create_apps

        apps = create_apps(settings)
    else:
        from theodore_sandbox.dependencies import create_apps as create_dependencies

        apps = create_dependencies(settings.provider_keys, settings.delay_scale)
    serving.serve({socket.socket(fileno=int(fd)): apps[name] for name, fd in descriptors.items()})


if __name__ == "__main__":
    main()
