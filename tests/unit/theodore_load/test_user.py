"""What a user does with answers: redirects that are followed, and errors by their kinds, side by side in one load."""

import socket
import ssl
import struct
import threading

import pytest
from raw_server import OK, raw_serving, read_request
from theodore_load_driving import driven
from tls import authority, certificate

from theodore_load import engine, scenario

EXPECT = {"expect": {"fields": {"status": "ok"}}}


def redirecting(routes, received):
    """A handler that answers by routes: a location with its status, or None for success."""

    async def handler(reader, writer):
        while True:
            head, body = await read_request(reader)
            method, path, _ = head.decode().split("\r\n")[0].split(" ")
            received.append((method, path, body.decode(), "Cookie: a=1" in head.decode()))
            status, location = routes.get(path, (200, None))
            if location is None:
                writer.write(OK)
            else:
                top = f"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n"
                writer.write(top.encode())

    return handler


@pytest.mark.parametrize(
    ("status", "method", "followed"),
    [
        (301, "GET", ("GET", "/new?x=1", "", True)),
        (302, "POST", ("GET", "/new?x=1", "", True)),
        (303, "PUT", ("GET", "/new?x=1", "", True)),
        (307, "POST", ("POST", "/new?x=1", '{"a":1}', True)),
        (308, "PUT", ("PUT", "/new?x=1", '{"a":1}', True)),
    ],
)
def test_redirects_are_followed_with_the_right_method(status, method, followed):
    received = []
    step = {"request": f"{method} /old", "redirects": 1, **EXPECT} | ({"json": {"a": 1}} if method != "GET" else {})
    with raw_serving(redirecting({"/old": (status, "/new?x=1#part")}, received)) as port:
        figures = driven(port, step)
    assert (figures.ok, figures.examples, received[1:]) == (1, {}, [followed])


@pytest.mark.parametrize(
    ("redirects", "location", "kind", "text"),
    [
        (0, "/old", "status", "expected 200, observed 302"),
        (3, "/old", "redirect", "it leads on after 3 redirects"),
        (3, "http://elsewhere.example.test/", "redirect", "it leads to another host: http://elsewhere.example.test/"),
        (3, "//elsewhere.example.test/a", "redirect", "it leads to another host: http://elsewhere.example.test/a"),
    ],
)
def test_redirects_that_lead_nowhere(redirects, location, kind, text):
    received = []
    with raw_serving(redirecting({"/old": (302, location)}, received)) as port:
        figures = driven(port, {"request": "GET /old", "redirects": redirects, **EXPECT})
    assert figures.examples == {kind: text}
    assert len(received) <= 1 + redirects


def test_redirects_count_in_the_limit_of_requests():
    received = []
    step = {"request": "GET /old", "redirects": 5, **EXPECT}
    with raw_serving(redirecting({"/old": (302, "/old")}, received)) as port:
        driven(port, step, iterations=4, limits={"requests": 3})
    assert len(received) == 3


def test_a_redirect_may_be_what_is_expected():
    step = {"request": "GET /old", "expect": {"status": 302}, "unchecked": True}
    with raw_serving(redirecting({"/old": (302, "/new")}, [])) as port:
        assert driven(port, step).ok == 1


async def broken(reader, writer):
    """A server with a kind of trouble for each path."""
    while True:
        head, _ = await read_request(reader)
        path = head.split(b" ")[1]
        if path == b"/hangs":
            await reader.read()
        elif path == b"/garbage":
            writer.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
        elif path == b"/half":
            writer.write(OK[:-5])
            return
        elif path == b"/reset":
            writer.write(OK[:-5])
            await writer.drain()
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return
        elif path == b"/continue":
            assert b"Expect: 100-continue" in head
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" + OK)
        else:
            writer.write(OK)


def test_each_kind_of_trouble_has_its_name_in_one_load_that_ends(tmp_path):
    paths = ["hangs", "garbage", "half", "reset", "continue", "good"]
    steps = [{"request": f"GET /{path}", "name": path, "timeout": "1 s", **EXPECT} for path in paths]
    steps[4] |= {"request": "POST /continue", "body": "data", "headers": {"Expect": "100-continue"}, "timeout": "60 s"}
    with raw_serving(broken) as port:
        declared = {
            "url": f"http://127.0.0.1:{port}",
            "stages": ["6 users x 6"],
            "journeys": [{"steps": [step]} for step in steps],
            "limits": {"lateness": 60},
        }
        result = engine.run(scenario.read(declared, tmp_path))
    kinds = {"hangs": {"timeout"}, "garbage": {"protocol"}, "half": {"protocol"}, "reset": {"reset"}, "continue": set(), "good": set()}
    assert {figures.name: set(figures.errors) for figures in result.steps} == kinds
    assert [figures.count for figures in result.steps] == [6] * 6
    assert (result.partial, result.of("good").ok, result.of("continue").ok) == ("", 6, 6)


def test_a_certificate_of_another_host_is_refused(tmp_path):
    file = certificate(tmp_path, "elsewhere.example.test", *authority(tmp_path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, file.with_suffix(".key"))

    async def handler(reader, writer):
        while True:
            await read_request(reader)
            writer.write(OK)

    with raw_serving(handler, tls=context) as port:
        tls = {"url": f"https://localhost:{port}", "tls": {"ca": str(tmp_path / "ca.pem")}}
        figures = driven(port, {"request": "GET /", **EXPECT}, **tls)
    assert list(figures.errors) == ["tls"]
    assert figures.examples["tls"].startswith("the certificate is not trusted: ")


def test_a_body_of_a_gigabyte_is_counted_and_not_kept():
    size, part = 1_000_000_000, bytes(10_000_000)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listener.accept()
        with connection:
            connection.recv(10_000)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            for _ in range(size // len(part)):
                connection.sendall(part)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    figures = driven(listener.getsockname()[1], {"request": "GET /", **EXPECT})
    thread.join(60)
    listener.close()
    assert figures.examples == {"check": "the body has more than the 1000000 bytes that are looked at"}
    assert figures.received > size

