"""A connection: answers of every form, and each kind of trouble with its name."""

import asyncio
import gzip
import os
import ssl
import threading
import types

import pytest
from raw_server import answering, closed_port, hanging, OK, once, raw_serving, read_request
from tls import authority, certificate

from theodore_load.protocol import HEADS, MOST_KNOWN, Round, TOGETHER
from theodore_load.session import Address, Session
from theodore_qa.errors import UsageError

LIMIT = 60.0


def exchanged(port, *, method="GET", limit=LIMIT, keep=1000, times=1, scheme="http", host="127.0.0.1", **tls):
    """The answers to so many requests over one session, and how many connections that took."""

    async def run():
        session = Session(Address.of(f"{scheme}://{host}:{port}", **tls))
        data = f"{method} / HTTP/1.1\r\nHost: h\r\n\r\n".encode()
        answers = [await session.exchange(data, method, limit, keep) for _ in range(times)]
        session.close()
        return answers, session.connections

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("parts", "body"),
    [
        ([OK], b'{"status": "ok"}'),
        ([OK[:20], OK[20:90], OK[90:]], b'{"status": "ok"}'),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n"], b"abcde"),
        ([b"HTTP/1.1 100 Continue\r\n\r\n", OK], b'{"status": "ok"}'),
        ([b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK], b'{"status": "ok"}'),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], b""),
    ],
)
def test_answers_come_over_one_kept_connection(parts, body):
    with raw_serving(answering(*parts)) as port:
        answers, connections = exchanged(port, times=3)
    assert [(answer.kind, answer.text, bytes(answer.body)) for answer in answers] == [("", "", body)] * 3
    assert connections == 1


def test_compressed_bodies_are_unpacked_and_counted_as_they_came():
    packed = gzip.compress(b"a" * 500)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with raw_serving(answering(head + packed)) as port:
        (answer,), _ = exchanged(port)
    assert bytes(answer.body) == b"a" * 500
    assert answer.received == len(head) + len(packed)


def test_a_few_bytes_that_unpack_to_very_many_are_not_kept():
    packed = gzip.compress(bytes(30_000_000))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with raw_serving(answering(head + packed)) as port:
        (answer,), _ = exchanged(port)
    assert (len(answer.body), answer.cut, answer.kind) == (1000, True, "")


def test_a_long_body_is_counted_and_not_kept():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n"
    with raw_serving(answering(head, *[bytes(1_000_000)] * 20)) as port:
        answers, connections = exchanged(port, times=2)
    assert [(answer.received, len(answer.body), answer.cut) for answer in answers] == [(len(head) + 20_000_000, 1000, True)] * 2
    assert connections == 1


def test_a_body_that_ends_with_its_connection():
    with raw_serving(once(b"HTTP/1.0 200 OK\r\n\r\nall of it")) as port:
        answers, connections = exchanged(port, times=2)
    assert [(answer.kind, bytes(answer.body)) for answer in answers] == [("", b"all of it")] * 2
    assert connections == 2


def test_the_answer_to_head_has_no_body_whatever_it_announces():
    with raw_serving(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")) as port:
        answers, connections = exchanged(port, method="HEAD", times=3)
    assert [(answer.status, answer.kind) for answer in answers] == [(200, "")] * 3
    assert connections <= 3


@pytest.mark.parametrize(
    ("handler", "kind", "text"),
    [
        (once(b""), "reset", "the connection was closed without an answer"),
        (once(b"", reset=True), "reset", "the connection was reset"),
        (once(OK[:-5], reset=True), "reset", "the connection was reset"),
        (once(OK[:-5]), "protocol", "the answer ended before it was whole"),
        (
            once(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
            "protocol",
            "the answer ended before it was whole",
        ),
        (answering(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_500_000), "protocol", "the headers have more than 1000000 bytes"),
        (once(b"hello, who is there?\r\n\r\n"), "protocol", "the answer is no HTTP: "),
        (once(os.urandom(16) + b"\0" * 100), "protocol", "the answer is no HTTP: "),
        (
            answering(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain"),
            "protocol",
            "the body cannot be decoded by its content encoding",
        ),
        (
            answering(
                b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 400\r\n\r\n" + gzip.compress(os.urandom(900))[:400]
            ),
            "protocol",
            "the body ends in the middle of its compressed data",
        ),
    ],
)
def test_trouble_has_a_kind(handler, kind, text):
    with raw_serving(handler) as port:
        (answer,), _ = exchanged(port)
    assert (answer.kind, answer.text[: len(text)]) == (kind, text)


def test_a_closed_port_is_refused():
    with closed_port() as port:
        (answer,), _ = exchanged(port)
    assert (answer.kind, answer.text) == ("refused", "connection refused")


@pytest.mark.parametrize("handler", [hanging, answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")])
def test_what_is_not_whole_in_time_is_a_timeout(handler):
    with raw_serving(handler) as port:
        (answer,), _ = exchanged(port, limit=0.2)
    assert answer.kind == "timeout"
    assert answer.text in ("not complete within 0.2 s", "no connection within 0.2 s")  # the machine may be busy


def test_a_request_is_sent_again_where_the_server_closed_the_idle_connection():
    with raw_serving(once(OK)) as port:
        answers, connections = exchanged(port, times=3)
    assert [answer.kind for answer in answers] == [""] * 3
    assert connections == 3


def test_a_post_is_never_sent_twice():
    received = []

    async def handler(reader, writer):
        while True:
            received.append(await read_request(reader))
            if len(received) == 2:
                return
            writer.write(OK)

    with raw_serving(handler) as port:
        answers, _ = exchanged(port, method="POST", times=2)
    assert [answer.kind for answer in answers] == ["", "reset"]
    assert len(received) == 2


def test_unasked_bytes_end_the_connection():
    with raw_serving(answering(OK + OK)) as port:
        answers, _ = exchanged(port, times=2)
    assert [answer.kind for answer in answers] == ["", ""]


def test_tls_that_is_not_trusted_and_none_at_all(tmp_path):
    file = certificate(tmp_path, "localhost", *authority(tmp_path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, file.with_suffix(".key"))
    with raw_serving(answering(OK), tls=context) as port:
        (strange,), _ = exchanged(port, scheme="https")
        (known,), _ = exchanged(port, scheme="https", host="localhost", authority=str(tmp_path / "ca.pem"))
        (unverified,), _ = exchanged(port, scheme="https", verify=False)
    with raw_serving(plain_text) as port:
        (plain,), _ = exchanged(port, scheme="https")
    assert strange.kind == "tls"
    assert strange.text.startswith("the certificate is not trusted: ")
    assert [known.kind, unverified.kind] == ["", ""]
    assert plain.kind == "tls"


async def plain_text(reader, writer):
    """A server that does not know of TLS."""
    await reader.read(10)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()


@pytest.mark.parametrize(("url", "message"), [("ftp://h", "'ftp://h' is no address of a system"), ("x", "'x' is no address")])
def test_an_address_that_is_none(url, message):
    with pytest.raises(UsageError, match=message):
        Address.of(url)


def numbered(*, head=b"", lengths=(2,)):
    """A handler whose answers count; their heads are alike, and their bodies as long as ``lengths`` say in turn."""

    async def handler(reader, writer):
        for number in range(1000):
            await read_request(reader)
            body = str(number).zfill(lengths[number % len(lengths)]).encode()
            writer.write(b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s" % (head, len(body), body))
            await writer.drain()

    return handler


@pytest.mark.parametrize("lengths", [(2,), (2, 3), (2, 2, 400)])
def test_heads_that_came_before_have_the_bodies_that_come_now(lengths):
    with raw_serving(numbered(lengths=lengths)) as port:
        answers, connections = exchanged(port, times=12)
    assert [int(bytes(answer.body)) for answer in answers] == list(range(12))
    assert {(answer.kind, answer.status, answer.cut) for answer in answers} == {("", 200, False)}
    assert connections == 1


@pytest.mark.parametrize(
    ("head", "seen"),
    [
        (b"Set-Cookie: a=1\r\n", lambda answer: answer.cookies == (b"a=1",)),
        (b"Location: /new\r\n", lambda answer: answer.location == b"/new"),
        (b"Connection: close\r\n", lambda answer: not answer.kind),
    ],
)
def test_heads_that_say_more_than_a_length_are_read_each_time(head, seen):
    with raw_serving(numbered(head=head)) as port:
        answers, connections = exchanged(port, times=3)
    assert all(map(seen, answers))
    assert connections == (3 if b"close" in head else 1)


def test_a_known_head_with_half_of_its_body_is_no_answer():
    async def handler(reader, writer):
        for part in (OK, OK, OK[:-4]):
            await read_request(reader)
            writer.write(part)
            await writer.drain()

    with raw_serving(handler) as port:
        answers, _ = exchanged(port, times=3)
    assert [answer.kind for answer in answers] == ["", "", "protocol"]


def test_a_known_head_with_more_than_is_kept_is_cut():
    with raw_serving(answering(OK)) as port:
        exchanged(port, times=2)
        answers, _ = exchanged(port, times=2, keep=5)
    assert [(bytes(answer.body), answer.cut) for answer in answers] == [(b'{"sta', True)] * 2


def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next():
    async def handler(reader, writer):
        await read_request(reader)
        writer.write(OK + OK.replace(b'"ok"', b'"no"'))
        await writer.drain()
        await read_request(reader)
        writer.write(OK)

    with raw_serving(handler) as port:
        answers, connections = exchanged(port, times=3)
    assert [(answer.kind, bytes(answer.body)) for answer in answers] == [("", b'{"status": "ok"}')] * 3
    assert connections == 3


def test_many_heads_that_differ_are_not_kept():
    async def handler(reader, writer):
        for number in range(2 * MOST_KNOWN):
            await read_request(reader)
            writer.write(OK.replace(b"\r\n", b"\r\nX-Request-Id: %d\r\n" % number, 1))
            await writer.drain()

    with raw_serving(handler) as port:
        answers, _ = exchanged(port, times=2 * MOST_KNOWN)
    assert {bytes(answer.body) for answer in answers} == {b'{"status": "ok"}'}
    assert len(HEADS) <= MOST_KNOWN


def test_a_task_that_is_cancelled_waits_no_longer_and_ends_its_connection():
    heard = threading.Event()

    async def silent(reader, _writer):
        await read_request(reader)
        heard.set()
        await reader.read()

    async def run(port):
        session = Session(Address.of(f"http://127.0.0.1:{port}"))
        task = asyncio.create_task(session.exchange(b"GET / HTTP/1.1\r\n\r\n", "GET", LIMIT, 100))
        await asyncio.to_thread(heard.wait, LIMIT)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return session._protocol.usable

    with raw_serving(silent) as port:
        assert asyncio.run(run(port)) is False


class Waited:
    """A connection for which a task waits; it notes when that goes on."""

    def __init__(self, order, number):
        self.go_on = lambda: order.append(number)


def round_of(calls):
    """A round on a loop that keeps what it is to call."""
    return Round(types.SimpleNamespace(call_soon=calls.append))


def test_so_many_answers_are_looked_at_before_the_loop_sends_again():
    calls, order = [], []
    answered = round_of(calls)
    for number in range(2 * TOGETHER + 10):
        answered.add(Waited(order, number))
    counts = []
    while calls:
        calls.pop(0)()
        counts.append(len(order))
    assert counts == [TOGETHER, 2 * TOGETHER, 2 * TOGETHER + 10]


def test_an_answer_that_comes_while_others_wait_is_looked_at_once():
    calls, order = [], []
    answered = round_of(calls)
    for number in range(TOGETHER + 1):
        answered.add(Waited(order, number))
    calls.pop(0)()
    answered.add(Waited(order, TOGETHER + 1))
    while calls:
        calls.pop(0)()
    assert order == list(range(TOGETHER + 2))
