"""HTTP faults on a living connection, and what passes unchanged."""

import json
import time

import httpx
import pytest
from fault_proxy import exactly


@pytest.mark.parametrize("path", ["/a", "/chunked"])
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
