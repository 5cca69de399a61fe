"""Sessions over a WebSocket and over server-sent events as steps of a load, by a real server."""

import asyncio
import contextlib
import threading

import pytest
from raw_server import answering, once, raw_serving, read_request
from theodore_load_driving import driven
from websockets.asyncio.server import serve

from theodore_load import scenario, streaming
from theodore_qa.errors import UsageError

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


@contextlib.contextmanager
def web_socket_serving(handler):
    """The port of a WebSocket server, while the context lasts."""
    loop = asyncio.new_event_loop()

    async def start():
        return await serve(handler, "127.0.0.1", 0)

    server = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_closed(server), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _closed(server):
    server.close()
    await server.wait_closed()


async def echo(connection):
    await connection.send('{{"hello": "{}"}}'.format(connection.request.headers.get("X-User", "nobody")))
    async for message in connection:
        await connection.send(f'{{"echo": "{message}"}}')


def web_socket(**session):
    return {"request": "WS /live?a=1", "name": "live", "headers": {"X-User": "u{{user}}"}, "session": session}


def test_a_web_socket_sends_and_checks_its_last_message():
    step = web_socket(send=["one", "of {{user}}"], receive=3) | {"expect": {"fields": {"echo": "of {{user}}"}, "text": "hello"}}
    with web_socket_serving(echo) as port:
        figures = driven(port, step, users=2)
    assert (figures.ok, figures.checked, dict(figures.errors), figures.examples) == (2, 2, {}, {})
    assert dict(figures.statuses) == {101: 2}


def test_a_web_socket_that_says_something_else_fails():
    with web_socket_serving(echo) as port:
        figures = driven(port, web_socket(receive=1) | {"expect": {"fields": {"hello": "ann"}}})
    assert figures.examples == {"check": "expected hello ann, observed u0"}


async def leaving(connection):
    await connection.send("{}")


@pytest.mark.parametrize(
    ("serving", "handler", "kind", "text"),
    [
        (web_socket_serving, leaving, "check", "expected 2 messages, observed 1 and the end of the session"),
        (raw_serving, answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), "status", "expected 101, observed 200 {}"),
        (raw_serving, answering(b"HTTP/1.1 401 No\r\nContent-Length: 4\r\n\r\nwho?"), "status", "expected 101, observed 401 who?"),
        (raw_serving, once(b"no HTTP\r\n\r\n"), "protocol", "no WebSocket was opened: "),
        (raw_serving, once(b""), "protocol", "no WebSocket was opened: "),
    ],
)
def test_a_web_socket_that_is_none_or_ends_too_soon(serving, handler, kind, text):
    step = web_socket(receive=2) | {"expect": {"fields": {"hello": "*"}}}
    with serving(handler) as port:
        figures = driven(port, step)
    assert list(figures.errors) == [kind]
    assert figures.examples[kind].startswith(text)


async def waiting(connection):
    await connection.wait_closed()


def test_a_web_socket_that_stays_silent_is_a_timeout():
    step = web_socket(receive=1) | {"expect": {"text": "x"}, "timeout": "200 ms"}
    with web_socket_serving(waiting) as port:
        figures = driven(port, step)
    assert figures.examples == {"timeout": "not complete within 0.2 s"}


def streaming_events(*parts):
    """A handler that streams parts and keeps the connection open."""

    async def handler(reader, writer):
        await read_request(reader)
        writer.write(HEAD)
        for part in parts:
            writer.write(part)
            await writer.drain()
        await reader.read()

    return handler


def events(**session):
    return {"request": "SSE /events", "name": "events", "session": session}


def test_events_are_read_until_enough_came():
    handler = streaming_events(b': hello\n\ndata: {"step": 1}\n\nid: 2\r\ndata: {"step":\r\nda', b"ta: 2}\r\n\r\n")
    with raw_serving(handler) as port:
        figures = driven(port, events(receive=2) | {"expect": {"fields": {"step": 2}}}, users=2)
    assert (figures.ok, figures.checked, figures.examples) == (2, 2, {})


def test_events_are_read_until_a_text_came():
    with raw_serving(streaming_events(b"data: queued\n\n", b"data: running\n\n", b"data: done\n\n")) as port:
        figures = driven(port, events(until="done") | {"expect": {"text": "running"}})
    assert (figures.ok, figures.examples) == (1, {})


def test_an_empty_answer_in_place_of_events_is_an_error():
    with raw_serving(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")) as port:
        figures = driven(port, events(until="done", receive=2) | {"expect": {"text": "done"}})
    assert figures.examples == {"check": "expected 2 events of which one has 'done', observed 0 and the end of the session"}


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"request": "GET /", "session": {}}, "has a session: write its request as 'WS /path' or 'SSE /path'"),
        (events(send=["a"]), "sends over a stream of server-sent events, which has one direction"),
        (events(receive=0), "receives 0 messages: write a whole number from 1"),
        (events(recieve=1), "There is no entry 'recieve' in the session of the step 'events': did you mean 'receive'?"),
    ],
)
def test_a_session_that_is_none(tmp_path, step, message):
    steps = [step | {"expect": {"text": "a"}}]
    with pytest.raises(UsageError) as raised:
        scenario.read({"url": "http://h", "stages": ["1 users x 1"], "journeys": [{"steps": steps}]}, tmp_path)
    assert message in str(raised.value)


def test_an_event_that_is_not_whole_is_none():
    assert streaming.events(b"data: a\ndata: b\n\ndata: c") == [b"a\nb"]
