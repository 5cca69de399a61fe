"""``python -m theodore_chaos.proxy``: reads its options from standard input, prints its address, ends with its input."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import signal
import socket
import sys
import threading
from typing import Any, TYPE_CHECKING

import uvicorn

from theodore_chaos.proxy.api import application
from theodore_chaos.proxy.registry import Registry
from theodore_chaos.proxy.requests import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator

GARBAGE = 20_000


class _ApiServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(options: dict[str, Any]) -> None:
    """Serve the API and the proxies that are asked for until standard input closes."""
    ended = _end_of_input()
    registry = Registry()
    proxies = await registry.populate(options.get("proxies") or [])
    listener = socket.create_server((options.get("host", "127.0.0.1"), int(options.get("port", 0))))
    config = uvicorn.Config(application(registry), log_level="critical", access_log=False, server_header=False, ws="none")
    server = _ApiServer(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110  # uvicorn signals it in no other way
        await asyncio.sleep(0.002)
    host, port = listener.getsockname()[:2]
    ready = {"url": f"http://{host}:{port}", "pid": os.getpid(), "proxies": {proxy.name: proxy.listen for proxy in proxies}}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    # A connection that fails leaves cycles: they are collected in larger heaps, and without a look at all that was imported.
    gc.freeze()
    gc.set_threshold(GARBAGE)
    await ended.wait()
    for name in list(registry.proxies):
        await registry.delete(name)
    server.should_exit = True
    server.force_exit = True
    await serving


def _end_of_input() -> asyncio.Event:
    """What is set when standard input closes, or by SIGTERM."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def read() -> None:
        # Not by the buffered reader: the interpreter could not end while this thread is in it.
        while os.read(sys.stdin.fileno(), 4096):
            pass
        with contextlib.suppress(RuntimeError):  # the loop has ended first
            loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=read, daemon=True).start()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    return ended


def main() -> None:
    """Start it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line = sys.stdin.buffer.readline().decode() or "{}"
    with contextlib.suppress(ImportError):
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    try:
        asyncio.run(serve(json.loads(line)))
    except (ApiError, OSError, ValueError) as error:
        sys.exit(f"The fault proxy did not start: {error}")


if __name__ == "__main__":
    main()
