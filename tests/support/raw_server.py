"""Servers that answer whatever bytes a test likes."""

import asyncio
import contextlib
import socket
import struct
import threading

ENDS_WITHIN = 30  # seconds
OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"status": "ok"}'


@contextlib.contextmanager
def raw_serving(handler, tls=None):
    """The port of a server that hands each connection to ``handler(reader, writer)``, while the context lasts."""
    loop = asyncio.new_event_loop()
    listener = socket.create_server(("127.0.0.1", 0))

    async def connected(reader, writer):
        # Cancelled is a connection at the end of the test alone; asyncio reports a task of a stream that ends so as an error.
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, TimeoutError, asyncio.CancelledError):
            await handler(reader, writer)
        writer.close()

    async def end():
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    server = loop.run_until_complete(asyncio.start_server(connected, sock=listener, ssl=tls))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(ENDS_WITHIN)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def read_request(reader):
    """The head and body of one request."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    return head, await reader.readexactly(length)


def answering(*parts):
    """A handler that answers each request with the same bytes, written part by part."""

    async def handler(reader, writer):
        while True:
            await read_request(reader)
            for part in parts:
                writer.write(part)
                await writer.drain()

    return handler


def once(data, *, reset=False):
    """A handler that answers one request and closes its connection, or resets it."""

    async def handler(reader, writer):
        await read_request(reader)
        writer.write(data)
        await writer.drain()
        if reset:
            own = writer.get_extra_info("socket")
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    return handler


async def hanging(reader, _):
    """A handler that reads and never answers."""
    while await reader.read(1000):
        pass


@contextlib.contextmanager
def closed_port():
    """A port at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
