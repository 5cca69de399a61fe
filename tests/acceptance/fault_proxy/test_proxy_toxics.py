"""Toxiproxy's API, each toxic, and the exposure that the proxy reports."""

import socket
import struct
import time

import pytest
from fault_proxy import exactly, tcp_service
from waiting import until


def test_the_api_answers_as_toxiproxy_does(server, web):
    assert server.ask("GET", "/version")[0] == 200
    status, made = server.ask("POST", "/proxies", {"name": "api", "listen": "127.0.0.1:0", "upstream": web})
    assert (status, made["enabled"], made["toxics"]) == (201, True, [])
    assert not made["listen"].endswith(":0")
    assert server.ask("POST", "/proxies", {"name": "api", "upstream": web})[0] == 409
    assert server.ask("POST", "/proxies", {"name": "other"}) == (
        400, {"error": "missing required field: upstream", "status": 400},
    )  # fmt: skip
    assert server.ask("GET", "/proxies/nobody")[1]["error"] == "proxy not found"
    status, toxic = server.ask("POST", "/proxies/api/toxics", {"type": "latency", "attributes": {"latency": 5}})
    assert (status, toxic) == (
        200,
        {
            "name": "latency_downstream",
            "type": "latency",
            "stream": "downstream",
            "toxicity": 1.0,
            "attributes": {"latency": 5, "jitter": 0},
        },
    )
    assert server.ask("POST", "/proxies/api/toxics", {"type": "latency"})[0] == 409
    assert server.ask("POST", "/proxies/api/toxics", {"type": "lateness"})[1]["error"] == "invalid toxic type"
    assert server.ask("POST", "/proxies/api/toxics", {"type": "latency", "stream": "up"})[0] == 400
    wrong = {"name": "x", "type": "corrupt", "attributes": {"byte": 5}}
    assert (
        server.ask("POST", "/proxies/api/toxics", wrong)[1]["error"]
        == "a toxic corrupt has no attribute 'byte': it has probability, bytes, seed"
    )
    assert (
        server.ask("POST", "/proxies/api/toxics/latency_downstream", {"attributes": {"latency": 9}})[1]["attributes"]["latency"]
        == 9
    )
    assert [toxic["name"] for toxic in server.ask("GET", "/proxies/api/toxics")[1]] == ["latency_downstream"]
    assert server.ask("DELETE", "/proxies/api/toxics/latency_downstream") == (204, None)
    assert server.ask("DELETE", "/proxies/api/toxics/latency_downstream")[1]["error"] == "toxic not found"
    assert server.ask("POST", "/proxies", raw=b'{"name": "half')[0] == 400
    assert server.ask("POST", "/proxies", raw=b"[]")[0] == 400
    assert server.ask("GET", "/proxies", agent="Mozilla/5.0")[0] == 403
    status, made = server.ask("POST", "/populate", [{"name": "api", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:9"}])
    assert (status, made["proxies"][0]["upstream"]) == (201, "127.0.0.1:9")
    server.ask("POST", "/proxies/api", {"enabled": False})
    assert server.ask("POST", "/reset") == (204, None)
    assert server.ask("GET", "/proxies/api")[1]["enabled"] is True
    assert server.ask("DELETE", "/proxies/api") == (204, None)
    assert "api" not in server.ask("GET", "/proxies")[1]


@pytest.mark.parametrize("stream", ["downstream", "upstream"])
def test_latency_delays_a_living_connection(server, line, stream):
    client, name, _ = line
    server.toxic(name, "latency", {"latency": 120}, stream=stream)
    began = time.monotonic()
    client.sendall(b"slow")
    assert exactly(client, 4) == b"slow"
    assert time.monotonic() - began >= 0.115
    assert server.touched(name)["bytes"] == 4


def test_what_a_removed_toxic_held_is_delivered_in_order(server, line):
    client, name, _ = line
    server.toxic(name, "latency", {"latency": 60_000})
    for piece in (b"one,", b"two,", b"three"):
        client.sendall(piece)
    deadline = time.monotonic() + 5
    while server.touched(name)["bytes"] < 13 and time.monotonic() < deadline:
        time.sleep(0.01)
    server.ask("DELETE", f"/proxies/{name}/toxics/t")
    assert exactly(client, 13) == b"one,two,three"


@pytest.mark.parametrize("stays", ["latency", "bandwidth"])
def test_the_toxic_that_stays_goes_on_holding_back(server, line, stays):
    client, name, _ = line
    both = {"latency": {"latency": 400}, "bandwidth": {"rate": 5}}
    for kind, attributes in both.items():
        server.toxic(name, kind, attributes, name=kind)
    began = time.monotonic()
    client.sendall(b"x" * 2000)
    wait_for(server, name, stays, 2000)
    (gone,) = set(both) - {stays}
    server.ask("DELETE", f"/proxies/{name}/toxics/{gone}")
    exactly(client, 2000)
    assert time.monotonic() - began >= 0.39
    client.sendall(b"y")
    assert exactly(client, 1) == b"y"


def test_two_latencies_one_removed_leave_one(server, line):
    client, name, _ = line
    for number in "ab":
        server.toxic(name, "latency", {"latency": 500}, name=number)
    began = time.monotonic()
    client.sendall(b"hi")
    wait_for(server, name, "b", 2)
    server.ask("DELETE", f"/proxies/{name}/toxics/a")
    exactly(client, 2)
    assert time.monotonic() - began >= 0.49


def wait_for(server, name, toxic, size):
    until(lambda: server.touched(name, toxic)["bytes"] >= size, f"{size} bytes at {toxic}")


def test_a_changed_toxic_holds_back_by_its_new_attributes(server, line):
    client, name, _ = line
    server.toxic(name, "latency", {"latency": 600_000})
    client.sendall(b"held")
    wait_for(server, name, "t", 4)
    server.ask("PATCH", f"/proxies/{name}/toxics/t", {"attributes": {"latency": 1}})
    assert exactly(client, 4) == b"held"


def test_the_count_of_limited_data_goes_on_when_the_limit_changes(server, line):
    client, name, _ = line
    server.toxic(name, "limit_data", {"bytes": 100})
    client.sendall(b"0123456789")
    exactly(client, 10)
    server.ask("PATCH", f"/proxies/{name}/toxics/t", {"attributes": {"bytes": 15}})
    client.sendall(b"0123456789")
    assert exactly(client, 5) == b"01234"
    assert client.recv(10) == b""


def test_an_idle_black_hole_closes_its_connections_when_it_is_removed(server, line):
    client, name, _ = line
    server.toxic(name, "timeout", {"timeout": 0})
    server.ask("PATCH", f"/proxies/{name}/toxics/t", {"attributes": {"timeout": 0}})
    server.ask("DELETE", f"/proxies/{name}/toxics/t")
    assert client.recv(10) == b""


def test_noop_does_nothing(server, line):
    client, name, _ = line
    server.toxic(name, "noop")
    client.sendall(b"as ever")
    assert exactly(client, 7) == b"as ever"
    assert server.touched(name)["connections"] == 0


IDLE = {
    "latency": {"latency": 0},
    "slicer": {"average_size": 10_000_000},
    "bandwidth": {"rate": 10_000_000},
    "corrupt": {"bytes": 0},
    "slow_close": {"delay": 0},
    "limit_data": {"bytes": 10_000_000},
    "http": {"fault": "status", "rate": 0.0},
}


@pytest.mark.parametrize("kind", IDLE)
def test_a_toxic_that_cannot_disturb_counts_nothing(server, line, kind):
    client, name, _ = line
    server.toxic(name, kind, IDLE[kind])
    client.sendall(b"GET / HTTP/1.1\r\n\r\n")
    exactly(client, 18)
    client.shutdown(socket.SHUT_WR)
    assert client.recv(10) == b""
    touched = server.touched(name)
    assert (touched["connections"], touched["bytes"], touched["requests"], touched["delay_ms"]) == (0, 0, 0, 0)


def test_bandwidth_is_kept(server, line):
    client, name, _ = line
    server.toxic(name, "bandwidth", {"rate": 100})
    began = time.monotonic()
    client.sendall(b"x" * 30_000)
    exactly(client, 30_000)
    assert time.monotonic() - began >= 0.27


def test_slicer_slices(server, line):
    client, name, _ = line
    server.toxic(name, "slicer", {"average_size": 4, "delay": 20_000})
    client.sendall(b"abcdefghij")
    assert client.recv(100) == b"abcd"
    assert exactly(client, 6) == b"efghij"


def test_timeout_swallows_and_closes(server, line):
    client, name, _ = line
    server.toxic(name, "timeout", {"timeout": 150})
    client.sendall(b"lost")
    assert client.recv(100) == b""
    assert server.touched(name)["connections"] == 1


def test_timeout_without_end_ends_when_it_is_removed(server, line):
    client, name, _ = line
    server.toxic(name, "timeout", {"timeout": 0})
    client.sendall(b"lost")
    client.settimeout(0.3)
    with pytest.raises(TimeoutError):
        client.recv(100)
    server.ask("DELETE", f"/proxies/{name}/toxics/t")
    client.settimeout(5)
    assert client.recv(100) == b""


def test_reset_is_a_reset(server, line):
    client, name, address = line
    server.toxic(name, "reset_peer", {"timeout": 0})
    with pytest.raises(ConnectionResetError):
        client.recv(100)
    with pytest.raises(ConnectionResetError), socket.create_connection(address, timeout=5) as new:
        new.recv(100)


def test_limited_data_end_the_connection(server, line):
    client, name, _ = line
    server.toxic(name, "limit_data", {"bytes": 6})
    client.sendall(b"0123456789")
    assert exactly(client, 6) == b"012345"
    assert client.recv(100) == b""


def test_closing_is_delayed(server, line):
    client, name, _ = line
    server.toxic(name, "slow_close", {"delay": 150})
    began = time.monotonic()
    client.shutdown(socket.SHUT_WR)
    assert client.recv(100) == b""
    assert time.monotonic() - began >= 0.14
    assert server.touched(name)["connections"] == 1


def test_bytes_are_corrupted_repeatably(server, line):
    client, name, _ = line
    server.toxic(name, "corrupt", {"bytes": 3, "seed": 7})
    client.sendall(b"a" * 50)
    changed = exactly(client, 50)
    assert sum(byte != ord("a") for byte in changed) == 3
    assert server.touched(name)["bytes"] == 3


def test_a_share_of_the_connections_is_kept(server, line):
    _, name, address = line
    server.toxic(name, "latency", {"latency": 1}, toxicity=0.25)
    for _ in range(7):
        with socket.create_connection(address, timeout=5) as client:
            client.sendall(b"x")
            exactly(client, 1)
    assert server.touched(name)["connections"] == 1  # the first has it, which said nothing, and the fifth


def test_a_proxy_that_is_off_cuts_and_comes_back_at_its_port(server, line):
    client, name, address = line
    server.ask("POST", f"/proxies/{name}", {"enabled": False})
    assert client.recv(100) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)
    assert server.ask("GET", f"/proxies/{name}/exposure")[1]["refused"] == 1
    server.ask("POST", f"/proxies/{name}", {"enabled": True})
    with socket.create_connection(address, timeout=5) as client:
        client.sendall(b"again")
        assert exactly(client, 5) == b"again"


def test_a_toxic_that_nothing_meets_touches_nothing(server, line):
    _, name, _ = line
    server.toxic(name, "latency", {"latency": 10})
    touched = server.touched(name)
    assert (touched["connections"], touched["bytes"], touched["requests"], touched["first"]) == (0, 0, 0, None)


def test_a_reset_of_the_upstream_is_passed_on(server):
    def cut(connection):
        connection.recv(10)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    service = tcp_service(cut)
    host, port = server.proxy("cut", f"127.0.0.1:{service.getsockname()[1]}").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as client:
        client.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            client.recv(10)
    service.close()
