"""Serves ASGI applications on sockets that the parent process has bound."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys
import threading
from typing import Any, NamedTuple, TYPE_CHECKING

import uvicorn

from theodore_sandbox import defects
from theodore_sandbox.common.sockets import READY

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path


class _AppServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class TlsListener(NamedTuple):
    """An application that is served over TLS too, with certificate and key from a folder."""

    listener: socket.socket
    app: Any
    folder: Path

    def server(self) -> uvicorn.Server:
        """TLS 1.2 and later; the application's life belongs to its other server."""
        config = _config(self.app, lifespan="off", ssl_certfile=self.folder / "tls.pem", ssl_keyfile=self.folder / "tls.key")
        config.load()
        if config.ssl:
            old = defects.on("old-tls-versions")
            config.ssl.minimum_version = ssl.TLSVersion.TLSv1 if old else ssl.TLSVersion.TLSv1_2
            if old:
                config.ssl.set_ciphers("DEFAULT:@SECLEVEL=0")
        return _AppServer(config)


def _config(app: Any, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,  # no proxy stands before a sandbox: what a client claims of its address is not believed
        ws="websockets-sansio" if app.__class__.__name__ == "FastAPI" else "none",
        timeout_graceful_shutdown=1,
        timeout_keep_alive=10,  # s; httpx lets go of an idle connection after 5, and so does uvicorn: a request sent then is lost
        **more,
    )


def serve(apps: dict[socket.socket, Any], encrypted: TlsListener | None = None) -> None:
    """Serve each application on its socket, say ``ready`` on standard output, and end when standard input ends."""
    asyncio.run(_serve(apps, encrypted))


async def _serve(apps: dict[socket.socket, Any], encrypted: TlsListener | None) -> None:
    servers: list[tuple[uvicorn.Server, socket.socket]] = [(_AppServer(_config(app)), listener) for listener, app in apps.items()]
    if encrypted:
        servers.append((encrypted.server(), encrypted.listener))
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    threading.Thread(target=_wait_for_end_of_input, args=(loop, ended), daemon=True).start()
    running = [asyncio.create_task(server.serve(sockets=[listener])) for server, listener in servers]
    while not all(server.started for server, _ in servers):  # noqa: ASYNC110  # uvicorn signals it in no other way
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
