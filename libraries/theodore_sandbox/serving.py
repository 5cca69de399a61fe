"""Serving ASGI applications on sockets that were bound by somebody else."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import threading
from typing import Any, TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Iterator

READY = "ready"


def bind(port: int = 0) -> socket.socket:
    """A listening socket on loopback; ``port`` 0 takes a free one."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(512)
    listener.set_inheritable(True)
    return listener


def address(listener: socket.socket) -> str:
    """The base URL under which a bound socket is reached."""
    host, port = listener.getsockname()
    return f"http://{host}:{port}"


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve(apps: dict[socket.socket, Any]) -> None:
    """Serve each application on its socket, say ``ready`` on standard output, and end when standard input ends."""
    asyncio.run(_serve(apps))


async def _serve(apps: dict[socket.socket, Any]) -> None:
    servers = [
        (
            _Server(
                uvicorn.Config(
                    app,
                    log_level="critical",
                    access_log=False,
                    server_header=False,
                    date_header=False,
                    ws="websockets-sansio" if app.__class__.__name__ == "FastAPI" else "none",
                    timeout_graceful_shutdown=1,
                )
            ),
            listener,
        )
        for listener, app in apps.items()
    ]
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    threading.Thread(target=_wait_for_end_of_input, args=(loop, ended), daemon=True).start()
    running = [asyncio.create_task(server.serve(sockets=[listener])) for server, listener in servers]
    while not all(server.started for server, _ in servers):  # noqa: ASYNC110  # uvicorn tells of it in no other way
        await asyncio.sleep(0.005)
    sys.stdout.write(READY + "\n")
    sys.stdout.flush()
    await ended.wait()
    for server, _ in servers:
        server.should_exit = True
    await asyncio.gather(*running)


def _wait_for_end_of_input(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    loop.call_soon_threadsafe(ended.set)
