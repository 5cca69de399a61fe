"""HTTP faults on a living connection, and what passes unchanged."""

import json
import socket
import threading
import time

import httpx
import pytest
from fault_proxy import exactly


@pytest.mark.parametrize("path", ["/a", "/chunked", "/gzip", "/until-the-end"])
@pytest.mark.parametrize("fault", ["malformed_json", "truncated_json", "wrong_schema", "empty"])
def test_json_is_broken_on_a_living_connection(server, site, fault, path):
    client, name = site
    server.toxic(name, "http", {"fault": fault})
    for _ in range(2):
        answer = client.get(path)
        assert answer.status_code == 200
        if fault == "wrong_schema":
            assert answer.json()["unexpected_name"] == "Zoom"
        else:
            with pytest.raises(json.JSONDecodeError):
                answer.json()
    assert server.touched(name)["requests"] == 2
    server.ask("DELETE", f"/proxies/{name}/toxics/t")
    assert client.get("/after").json()["path"] == "/after"


def test_errors_come_with_their_rate_and_headers(server, site):
    client, name = site
    server.toxic(name, "http", {"fault": "status", "status": 503, "rate": 0.5, "seed": 1})
    assert [client.get("/x").status_code for _ in range(6)] == [503, 200, 200, 503, 503, 503]
    server.ask("DELETE", f"/proxies/{name}/toxics/t")
    server.toxic(name, "http", {"fault": "rate_limit", "retry_after": 7, "path": "/busy"})
    busy = client.post("/busy", json={"a": 1})
    assert (busy.status_code, busy.headers["Retry-After"]) == (429, "7")
    assert client.get("/free").status_code == 200


def test_a_request_that_hangs_is_never_answered(server, site):
    client, name = site
    server.toxic(name, "http", {"fault": "hang", "rate": 0.5, "seed": 1})
    with pytest.raises(httpx.ReadTimeout):
        client.get("/x", timeout=0.3)
    assert client.get("/x").status_code == 200
    assert server.touched(name)["requests"] == 1


def test_bodies_drip(server, site):
    client, name = site
    server.toxic(name, "http", {"fault": "slow_body", "delay": 20})
    began = time.monotonic()
    assert client.get("/slow").json()["path"] == "/slow"
    assert time.monotonic() - began >= 0.15


def test_stale_answers_are_those_of_before(server, site):
    client, name = site
    server.toxic(name, "http", {"fault": "stale"})
    first = client.get("/s").json()
    assert client.get("/s").json() == first
    assert server.touched(name)["requests"] == 1


def test_streams_pass(server, site):
    client, name = site
    server.toxic(name, "http", {"fault": "malformed_json"})
    assert client.get("/events").text == "data: 1\n\n"


def test_what_is_not_http_passes(server, line):
    client, name, _ = line
    server.toxic(name, "http", {"fault": "status"})
    client.sendall(b"\x00\x01binary")
    assert exactly(client, 8) == b"\x00\x01binary"


def pieces():
    yield b'{"a":'
    yield b"1}"


@pytest.mark.parametrize(
    ("attributes", "status"), [({"fault": "status", "status": 503}, 503), ({"fault": "malformed_json"}, 200)]
)
def test_a_request_in_chunks_is_answered_once(server, site, attributes, status):
    client, name = site
    server.toxic(name, "http", attributes)
    answer = client.post("/x", content=pieces())
    assert answer.status_code == status
    assert status == 503 or '"{' in answer.text
    assert server.touched(name)["requests"] == 1
    server.ask("DELETE", f"/proxies/{name}/toxics/t")
    assert client.post("/x", content=pieces()).json()["path"] == "/x"


@pytest.mark.parametrize(("fault", "status"), [("status", b"503"), ("malformed_json", b"200"), ("stale", b"200")])
def test_a_body_is_asked_for_by_100_continue(server, web, fault, status):
    host, port = server.proxy(f"continue-{fault}", web).split(":")
    server.toxic(f"continue-{fault}", "http", {"fault": fault, "status": 503})
    with socket.create_connection((host, int(port)), timeout=30) as client:
        client.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 7\r\n\r\n")
        lines = client.makefile("rb")
        assert lines.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert lines.readline() == b"\r\n"
        client.sendall(b'{"a":1}')
        while (line := lines.readline()).startswith(b"HTTP/1.1 100"):
            assert lines.readline() == b"\r\n"
        assert line.split()[1] == status
        headers = {}
        while line := lines.readline().strip():
            key, _, value = line.partition(b": ")
            headers[key.lower()] = value
        body = lines.read(int(headers[b"content-length"]))
        if fault == "malformed_json":
            with pytest.raises(json.JSONDecodeError):
                json.loads(body)
        else:
            json.loads(body)


def test_after_a_request_for_a_head_alone_the_next_is_still_hit(server, site):
    client, name = site
    server.toxic(name, "http", {"fault": "malformed_json"})
    assert client.head("/x").status_code == 200
    with pytest.raises(json.JSONDecodeError):
        client.get("/x").json()
    server.ask("DELETE", f"/proxies/{name}/toxics/t")
    server.toxic(name, "http", {"fault": "status", "status": 503})
    assert client.head("/x").status_code == 503
    assert client.get("/x").status_code == 503


@pytest.fixture
def line_by_websocket(server, request):
    from websockets.sync.server import serve

    def answer(connection):
        for message in connection:
            connection.send(message)

    name = f"websocket-{abs(hash(request.node.name))}"
    with serve(answer, "127.0.0.1", 0) as service:
        thread = threading.Thread(target=service.serve_forever, daemon=True)
        thread.start()
        yield server.proxy(name, f"127.0.0.1:{service.socket.getsockname()[1]}"), name
        service.shutdown()
        thread.join()


def test_messages_of_a_websocket_pass(server, line_by_websocket):
    from websockets.sync.client import connect

    listen, name = line_by_websocket
    server.toxic(name, "http", {"fault": "malformed_json"})
    with connect(f"ws://{listen}/") as client:
        for size in (1, 70_000):
            client.send("x" * size)
            assert client.recv(timeout=30) == "x" * size
    assert server.touched(name)["requests"] == 0


def test_the_handshake_of_a_websocket_is_a_request_too(server, line_by_websocket):
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect

    listen, name = line_by_websocket
    server.toxic(name, "http", {"fault": "status", "status": 503})
    with pytest.raises(InvalidStatus, match="503"):
        connect(f"ws://{listen}/")
    assert server.touched(name)["requests"] == 1
