"""The client of systems: deadlines and caps hold for the whole answer, and what went wrong is said as a phrase."""

import http.server
import resource
import threading
import time
from email.utils import formatdate

import pytest
from odd_server import OddServer

from theodore_qa.errors import UsageError
from theodore_qa.systems import transport
from theodore_qa.systems.client import Client, proxy_for
from theodore_qa.systems.declared import Tls
from theodore_qa.systems.exchange import retry_after

LIMIT = 0.5


@pytest.fixture(scope="module")
def server():
    with OddServer() as server:
        yield server


@pytest.fixture
def client(server):
    client = Client(server.url, ("127.0.0.1",), timeout=LIMIT)
    yield client
    client.close()


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/drip-head", "not complete within 500 ms"),
        ("/drip-body", "not complete within 500 ms"),
        ("/short", "the body was cut after 11 of 100 bytes"),
        ("/bad-chunk", "the body was cut in the middle of a chunk"),
        ("/cut-chunk", "the body was cut in the middle of a chunk"),
        ("/no-gzip", "the body cannot be decoded as gzip"),
        ("/half-gzip", "the body ends in the middle of its gzip data"),
        ("/brotli", "the body has the content encoding 'br', which was not asked for"),
        ("/latin", "the body is JSON and no text in UTF-8"),
        ("/silent", "the connection was closed without an answer"),
        ("/garbage", "no HTTP: illegal status line"),
        ("/huge-head", "no HTTP: receive buffer too long"),
        ("/two-lengths", "no HTTP: conflicting content-length headers"),
        ("/reset", "the connection was reset"),
    ],
)
def test_what_does_not_come_whole_is_no_answer_to_rely_on(client, path, problem):
    exchange = client.send("GET", path)
    assert exchange.problem.startswith(problem), exchange.problem
    assert not exchange.ok


def test_a_location_that_is_no_url_is_a_header_like_any_other(client):
    exchange = client.send("GET", "/odd-location")
    assert (exchange.status, exchange.location, exchange.problem) == (302, "/\t/elsewhere", "")


def test_headers_that_come_twice_are_reported(client):
    assert client.send("GET", "/twice").doubled == {"x-frame-options": ("DENY", "SAMEORIGIN")}
    assert client.send("GET", "/ok").doubled == {}


@pytest.mark.parametrize("path", ["/ok", "/gzip", "/deflate", "/raw-deflate", "/bom", "/charset"])
def test_what_comes_whole_is_read(client, path):
    exchange = client.send("GET", path)
    assert (exchange.ok, exchange.body, exchange.problem) == (True, {"ok": True}, "")


@pytest.mark.parametrize("path", ["/nan", "/deep", "/image", "/empty"])
def test_what_is_no_json_is_no_error_of_ours(client, path):
    exchange = client.send("GET", path)
    assert (exchange.ok, exchange.body) == (True, None)


def test_named_encodings_and_early_hints(client):
    assert client.send("GET", "/latin-named").body == {"n": "Müller"}
    assert client.send("GET", "/early").body == {}


def test_a_stream_without_end_is_read_until_the_deadline(client):
    exchange = client.send("GET", "/events")
    assert (exchange.status, exchange.problem) == (200, "")
    assert exchange.text.startswith("data: 1")


@pytest.mark.parametrize("path", ["/big", "/bomb"])
def test_large_answers_are_cut_or_refused_in_bounded_memory(server, path):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    strict = Client(server.url, ("127.0.0.1",), timeout=20, most=5_000_000)
    assert strict.send("GET", path).problem == "the body has more than 5 MB"
    lenient = Client(server.url, ("127.0.0.1",), timeout=20, most=2_000_000, cut=True)
    exchange = lenient.send("GET", path)
    assert (exchange.status, len(exchange.text), exchange.problem) == (200, 2_000_000, "")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 120_000  # kilobytes
    strict.close()
    lenient.close()


def test_a_body_that_is_too_large_is_not_sent(client, server):
    before = len(server.paths)
    with pytest.raises(UsageError, match="The body of POST /ok has 100000001 bytes, at most 100000000 are sent"):
        client.send("POST", "/ok", body=b"x" * 100_000_001)
    assert len(server.paths) == before


def test_no_redirect_is_followed_and_no_cookie_kept(client, server):
    exchange = client.send("GET", "/redirect")
    assert (exchange.status, exchange.location) == (302, "http://elsewhere.example/x")
    assert client.send("GET", "/cookies").cookies == ("a=1; Path=/", "b=2")
    assert "Cookie" not in client.send("GET", "/ok").sent_headers


def test_a_connection_that_the_server_has_closed_is_opened_anew(client):
    for _ in range(3):
        assert client.send("GET", "/ok").ok
        assert client.send("GET", "/short").status == 200


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://127.0.0.1:1", "connection refused"),
        ("http://no-such-host.invalid", "the host name no-such-host.invalid is not known: no DNS server has an address for it"),
    ],
)
def test_nobody_there(url, problem):
    exchange = Client(url, (url.split("/")[2].split(":")[0],), timeout=2).send("GET", "/")
    assert (exchange.status, exchange.problem) == (0, problem)


def test_the_deadline_of_one_request_is_not_that_of_the_next(client):
    client.send("GET", "/drip-head")
    time.sleep(0)
    assert client.send("GET", "/ok").ok


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5", 5), ("1.5", 1.5), ("-1", 0), ("nonsense", None), ("", None), ("inf", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)],
)
def test_retry_after(text, seconds):
    assert retry_after({"retry-after": text}) == seconds


def test_retry_after_as_a_date():
    assert 25 < retry_after({"retry-after": formatdate(time.time() + 30, usegmt=True)}) <= 30


def test_the_proxy_is_the_declared_one_or_that_of_the_usual_variables(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "inside.example")
    assert proxy_for("http://shop.example", "") == ""
    assert proxy_for("http://shop.example", "http://own:1") == "http://own:1"
    assert proxy_for("http://shop.example", "environment") == "http://proxy.example:3128"
    assert proxy_for("http://inside.example", "environment") == ""


def test_certificates_that_cannot_be_used_are_named(tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(UsageError, match=r"The certificates in .*ca.pem cannot be used"):
        Client("https://127.0.0.1:1", ("127.0.0.1",), tls=Tls(ca=str(tmp_path / "ca.pem"))).send("GET", "/")


class Ports(http.server.BaseHTTPRequestHandler):
    """Answers with the port of the connection, and keeps it open."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        text = str(self.client_address[1]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        """Say nothing."""


@pytest.mark.parametrize(("idle", "connections"), [(60.0, 1), (0.0, 2)])
def test_a_connection_that_was_idle_is_not_used_again(monkeypatch, idle, connections):
    monkeypatch.setattr(transport, "IDLE", idle)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ports) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = Client(f"http://127.0.0.1:{server.server_port}", ("127.0.0.1",), timeout=5)
        try:
            assert len({client.send("GET", "/").text for _ in range(2)}) == connections
        finally:
            client.close()
            server.shutdown()
