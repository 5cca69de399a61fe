"""``python -m theodore_sandbox``: reads its settings from standard input, prints its addresses, ends with its input.

The settings say which system it is. The parent binds all sockets; one child serves the API with its control port, another all
dependencies, and a child that dies is started again. The caller keeps standard input open: when it closes, for whatever reason,
everything here ends.
"""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, TYPE_CHECKING

from theodore_sandbox import defects
from theodore_sandbox.common import certificates, serving
from theodore_sandbox.common.settings import Settings
from theodore_sandbox.defects.public_application import PRESETS

if TYPE_CHECKING:
    from collections.abc import Mapping

PROMPTCRAFT = "promptcraft"
MEMORY = "sqlite://"
MOST_RESTARTS = 1000
API = ("api", "control")
TLS = "tls"
STORE, LOG = "store.db", "api.log"
JOURNAL = "journal"
LINKS = {
    "theodore": ("search", "web", "openai", "gemini", "bedrock", "vectors"),
    PROMPTCRAFT: ("provider", "mcp_registry", "orchestrator"),
}
SESSIONS = "sessions.sock"  # the socket of PromptCraft's session store


def main() -> None:
    """Start the role that the command line names, ``api`` or ``dependencies``, or both; or list ``defects`` or ``presets``."""
    if sys.argv[1:] == ["defects"]:
        sys.stdout.write(json.dumps(defects.listing()) + "\n")
    elif sys.argv[1:] == ["presets"]:
        sys.stdout.write(json.dumps(PRESETS) + "\n")
    elif len(sys.argv) > 1:
        _child(sys.argv[1], dict(pair.split("=") for pair in sys.argv[2:]))
    else:
        _parent()


def _parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settings = Settings.from_json(sys.stdin.readline())
    settings.folder = tempfile.mkdtemp(prefix="theodore-sandbox-")
    files = _files(settings)
    encrypted = certificates.make(Path(settings.folder), expired="certificate-expired" in settings.defects)
    api = (*API, TLS) if encrypted else API
    links = LINKS[settings.serves]
    dependencies = (*links, JOURNAL)
    sockets = {name: serving.bind() for name in (*api, *dependencies)}
    urls = {name: serving.address(listener) for name, listener in sockets.items()}
    if encrypted:
        urls[TLS] = urls[TLS].replace("http:", "https:")
        files["authority"] = [str(encrypted.authority)]
    settings.dependencies = {name: urls[name] for name in links} | settings.dependencies
    if settings.serves == PROMPTCRAFT:  # its defects are switched in both processes, and the provider tells it of log-outs
        settings.dependencies |= {JOURNAL: urls[JOURNAL], "platform": urls["api"]}
    roles = {"api": {name: sockets[name] for name in api}, "dependencies": {name: sockets[name] for name in dependencies}}
    children = {role: _start(role, listeners, settings) for role, listeners in roles.items()}
    stopping = threading.Event()
    try:
        if not all(_ready(child) for child in children.values()):
            sys.exit(1)
        supervision = [
            threading.Thread(target=_supervise, args=(children, role, roles[role], settings, stopping), daemon=True)
            for role in roles
        ]
        for thread in supervision:
            thread.start()
        ready = {"instance": settings.instance, "urls": urls, "files": files, "links": links}
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        while sys.stdin.readline():
            pass
    finally:
        stopping.set()
        for child in children.values():
            if child.stdin:
                child.stdin.close()
        for child in children.values():
            try:
                child.wait(timeout=5)
            except subprocess.TimeoutExpired:
                child.kill()
        shutil.rmtree(settings.folder, ignore_errors=True)


def _files(settings: Settings) -> dict[str, list[str]]:
    """The files that a system leaves: logs and stores, and the socket of PromptCraft's session store."""
    files: dict[str, list[str]] = {"logs": [], "stores": []}
    if settings.serves == PROMPTCRAFT:
        files["sessions"] = [f"unix://{settings.folder}/{SESSIONS}"]
        files["session_pid"] = [str(Path(settings.folder, SESSIONS).with_suffix(".pid"))]
    else:
        files["logs"].append(f"{settings.folder}/{LOG}")
    if settings.database == MEMORY:
        settings.database = f"sqlite:///{settings.folder}/{STORE}"
        files["stores"].append(f"{settings.folder}/{STORE}")
    return files


def _supervise(
    children: dict[str, subprocess.Popen[str]],
    role: str,
    sockets: dict[str, socket.socket],
    settings: Settings,
    stopping: threading.Event,
) -> None:
    """Restart a role whenever its process ends; meanwhile callers wait in the backlog of its sockets."""
    again = replace(settings, restarted=True)
    for _ in range(MOST_RESTARTS):
        children[role].wait()
        if stopping.is_set():
            return
        children[role] = _start(role, sockets, again)
        _ready(children[role])


def _ready(child: subprocess.Popen[str]) -> bool:
    return child.stdout is not None and child.stdout.readline().strip() == serving.READY


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
    apps = _apps(role, settings)
    listeners = {name: socket.socket(fileno=int(fd)) for name, fd in descriptors.items()}
    plain = {listener: apps[name] for name, listener in listeners.items() if name != TLS}
    encrypted = serving.TlsListener(listeners[TLS], apps["api"], Path(settings.folder)) if TLS in listeners else None
    serving.serve(plain, encrypted)


def _apps(role: str, settings: Settings) -> Mapping[str, Any]:
    """The applications of a role; only those of the system that is served are imported."""
    if settings.serves == PROMPTCRAFT:
        from theodore_sandbox import promptcraft

        return promptcraft.create_apps(settings) if role == "api" else promptcraft.create_dependencies(settings)
    if role == "api":
        from theodore_sandbox.theodore.api import create_apps

        return create_apps(settings)
    from theodore_sandbox.dependencies import create_apps as create_dependencies

    return create_dependencies(settings.provider_keys, settings.delay_scale)


if __name__ == "__main__":
    main()
