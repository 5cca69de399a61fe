"""``python -m theodore_sandbox``: reads its settings from standard input, prints its addresses, ends with its input.

The settings say which system it is. The parent binds all sockets; one child serves the API with its control port, another all
dependencies, and a child that dies is started again. The caller keeps standard input open: when it closes, for whatever reason,
everything here ends.
"""

from __future__ import annotations

import contextlib
import gc
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
from theodore_sandbox.common import certificates, sockets
from theodore_sandbox.common.settings import Settings
from theodore_sandbox.defects.public_application import PRESETS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
        role, serves, *descriptors = sys.argv[1:]
        _child(role, serves, dict(pair.split("=") for pair in descriptors))
    else:
        _parent()


def _parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settings = Settings.from_json(sys.stdin.readline())
    settings.folder = tempfile.mkdtemp(prefix="theodore-sandbox-")
    files = _files(settings)
    api = (*API, TLS) if certificates.possible() else API
    links = LINKS[settings.serves]
    listeners = {name: sockets.bind() for name in (*api, *links, JOURNAL)}
    urls = {name: sockets.address(listener) for name, listener in listeners.items()}
    roles = {"api": api, "dependencies": (*links, JOURNAL)}
    served = {role: {name: listeners[name] for name in names} for role, names in roles.items()}
    children = {role: _start(role, settings.serves, served[role]) for role in roles}
    # While the children import their modules, the parent makes what costs time too.
    _encrypt(settings, urls, files)
    _complete(settings, urls)
    for child in children.values():
        _configure(child, settings)
    stopping = threading.Event()
    try:
        if not all(_ready(child) for child in children.values()):
            sys.exit(1)
        supervision = [
            threading.Thread(target=_supervise, args=(children, role, served[role], settings, stopping), daemon=True)
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


def _encrypt(settings: Settings, urls: dict[str, str], files: dict[str, list[str]]) -> None:
    """Make what the TLS port needs; without it there is no such port."""
    if plain := urls.pop(TLS, ""):
        encrypted = certificates.make(Path(settings.folder), expired="certificate-expired" in settings.defects)
        urls[TLS] = plain.replace("http:", "https:")
        files["authority"] = [str(encrypted.authority)]


def _complete(settings: Settings, urls: dict[str, str]) -> None:
    """Add to the settings what both children need: the addresses of dependencies, and the digests of passwords."""
    settings.dependencies = {name: urls[name] for name in LINKS[settings.serves]} | settings.dependencies
    if settings.serves == PROMPTCRAFT:  # its defects are switched in both processes, and the provider tells it of log-outs
        settings.dependencies |= {JOURNAL: urls[JOURNAL], "platform": urls["api"]}
    else:
        settings.users = [user.stored() for user in settings.users]


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
    elif settings.serves == PROMPTCRAFT:
        from theodore_sandbox.promptcraft import store

        files["stores"].append(store.located(settings.database, settings.instance))
    return files


def _supervise(
    children: dict[str, subprocess.Popen[str]],
    role: str,
    listeners: dict[str, socket.socket],
    settings: Settings,
    stopping: threading.Event,
) -> None:
    """Restart a role whenever its process ends; meanwhile callers wait in the backlog of its sockets."""
    again = replace(settings, restarted=True)
    for _ in range(MOST_RESTARTS):
        children[role].wait()
        if stopping.is_set():
            return
        children[role] = _start(role, settings.serves, listeners)
        _configure(children[role], again)
        _ready(children[role])


def _ready(child: subprocess.Popen[str]) -> bool:
    return child.stdout is not None and child.stdout.readline().strip() == sockets.READY


def _start(role: str, serves: str, listeners: dict[str, socket.socket]) -> subprocess.Popen[str]:
    """A child that imports its modules and waits for its settings."""
    descriptors = {name: listener.fileno() for name, listener in listeners.items()}
    return subprocess.Popen(
        [sys.executable, "-m", "theodore_sandbox", role, serves, *(f"{name}={number}" for name, number in descriptors.items())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=list(descriptors.values()),
    )


def _configure(child: subprocess.Popen[str], settings: Settings) -> None:
    if child.stdin:
        with contextlib.suppress(BrokenPipeError):  # it has ended, which is seen when it is not ready
            child.stdin.write(settings.to_json() + "\n")
            child.stdin.flush()


def _child(role: str, serves: str, descriptors: dict[str, str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # nothing of what is imported is garbage
    sys.modules["httpx._main"] = None  # type: ignore[assignment]  # the command line of httpx: without it no rich, no pygments
    create_apps = _factory(role, serves)
    from theodore_sandbox.common import serving

    settings = Settings.from_json(sys.stdin.buffer.readline().decode())
    apps = create_apps(settings)
    gc.freeze()
    gc.enable()
    listeners = {name: socket.socket(fileno=int(number)) for name, number in descriptors.items()}
    plain = {listener: apps[name] for name, listener in listeners.items() if name != TLS}
    folder = Path(settings.folder)
    encrypted = TLS in listeners and certificates.made(folder)
    serving.serve(plain, serving.TlsListener(listeners[TLS], apps["api"], folder) if encrypted else None)


def _factory(role: str, serves: str) -> Callable[[Settings], Mapping[str, Any]]:
    """What makes the applications of a role; only those of the system that is served are imported."""
    if serves == PROMPTCRAFT:
        from theodore_sandbox import promptcraft

        return promptcraft.factory(role)
    if role == "api":
        from theodore_sandbox.theodore.api import create_apps

        return create_apps
    from theodore_sandbox.dependencies import create_apps as create_dependencies

    return lambda settings: create_dependencies(settings.provider_keys, settings.delay_scale)


if __name__ == "__main__":
    main()
