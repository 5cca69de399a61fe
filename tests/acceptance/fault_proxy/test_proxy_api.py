"""The answers of our proxy's HTTP API are those of a Toxiproxy server 2.12, as tests/support/toxiproxy_answers.tsv has them."""

import csv
import http.client
import json
import socket
from pathlib import Path

import pytest
from fault_proxy import echo, exactly, Server, tcp_service

ROWS = Path(__file__).parents[2] / "support" / "toxiproxy_answers.tsv"


def test_each_row_is_answered_as_by_the_server():
    own, taken = Server(), socket.create_server(("127.0.0.1", 0))
    address = f"127.0.0.1:{taken.getsockname()[1]}"
    differing = []
    with ROWS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(rows) > 100
    for row in rows:
        status, body, headers = raw(own.url, row["method"], row["path"], row["body"].replace("{taken}", address))
        try:
            found = json.loads(body)
        except ValueError:
            found = None
        keys = ",".join(sorted(found)) if isinstance(found, dict) else ""
        if (str(status), keys) != (row["status"], row["keys"]):
            differing.append(f"{row['what']}: {status} {keys or body[:80]}, expected {row['status']} {row['keys']}")
        if status not in (404, 405):
            assert headers["X-Toxiproxy-Request-Id"], row["what"]
    taken.close()
    own.close()
    assert differing == []


def raw(url, method, path, body=None, **headers):
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    connection.request(method, path, body.encode() if body else None, headers)
    reply = connection.getresponse()
    text = reply.read().decode()
    connection.close()
    return reply.status, text, reply.headers


@pytest.mark.parametrize(
    ("agent", "status"), [("Mozilla/5.0 (X11)", 403), ("", 200), ("Not Mozilla/5.0", 200), ("toxiproxy-cli/2.12", 200)]
)
def test_browsers_are_refused(server, agent, status):
    assert raw(server.url, "GET", "/proxies", **{"User-Agent": agent})[0] == status


def test_what_was_refused_is_not_kept(server, line):
    _, name, _ = line
    for attributes in ('{"latency":NaN}', '{"latency":Infinity}', "[1]", '"x"'):
        body = f'{{"type":"latency","name":"n","attributes":{attributes}}}'.encode()
        assert server.ask("POST", f"/proxies/{name}/toxics", raw=body)[0] == 400
    assert server.ask("GET", f"/proxies/{name}/toxics") == (200, [])
    server.toxic(name, "latency", {"latency": 3})
    for change in (
        b'{"attributes":{"latency":-Infinity}}',
        b'{"attributes":{"latency":7},"toxicity":NaN}',
        b'{"attributes":[1]}',
    ):
        assert server.ask("PATCH", f"/proxies/{name}/toxics/t", raw=change)[0] == 400
    assert server.ask("GET", f"/proxies/{name}/toxics/t")[1]["attributes"]["latency"] == 3


def test_a_toxicity_above_one_can_be_changed_again(server, line):
    _, name, _ = line
    server.toxic(name, "latency", {})
    assert server.ask("PATCH", f"/proxies/{name}/toxics/t", {"toxicity": 5})[1]["toxicity"] == 5
    assert server.ask("PATCH", f"/proxies/{name}/toxics/t", {"attributes": {"latency": 5}})[0] == 200


def test_a_proxy_that_is_off_stays_off(server, line):
    client, name, (host, port) = line
    server.ask("POST", f"/proxies/{name}", {"enabled": False})
    assert client.recv(10) == b""
    assert server.ask("POST", f"/proxies/{name}", {"upstream": "127.0.0.1:2"})[1]["enabled"] is False
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, port), timeout=5)


@pytest.mark.parametrize("again", ["populate", "update"])
def test_the_same_address_by_another_name_keeps_toxics_and_connections(server, line, again):
    client, name, (_, port) = line
    server.toxic(name, "latency", {"latency": 1})
    upstream = server.ask("GET", f"/proxies/{name}")[1]["upstream"]
    entry = {"name": name, "listen": f"localhost:{port}", "upstream": upstream}
    if again == "populate":
        status, body = server.ask("POST", "/populate", [entry])
        assert (status, len(body["proxies"][0]["toxics"])) == (201, 1)
    else:
        assert len(server.ask("PATCH", f"/proxies/{name}", entry)[1]["toxics"]) == 1
    client.sendall(b"still here")
    assert exactly(client, 10) == b"still here"


@pytest.mark.parametrize("again", ["populate", "update"])
def test_a_taken_port_loses_nothing(server, line, again):
    client, name, (host, port) = line
    server.toxic(name, "latency", {"latency": 1})
    upstream = server.ask("GET", f"/proxies/{name}")[1]["upstream"]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        entry = {"name": name, "listen": f"127.0.0.1:{taken.getsockname()[1]}", "upstream": upstream}
        if again == "populate":
            status, body = server.ask("POST", "/populate", [entry])
            assert body["proxies"] == []
        else:
            status, body = server.ask("PATCH", f"/proxies/{name}", entry)
        assert (status, body["status"]) == (500, 500)
    found = server.ask("GET", f"/proxies/{name}")[1]
    assert (found["listen"], found["enabled"], len(found["toxics"])) == (f"{host}:{port}", True, 1)
    client.sendall(b"kept")
    assert exactly(client, 4) == b"kept"
    with socket.create_connection((host, port), timeout=5) as new:
        new.sendall(b"new")
        assert exactly(new, 3) == b"new"


def test_a_listening_address_is_widened_at_its_own_port(server, line):
    _, name, (_, port) = line
    found = server.ask("PATCH", f"/proxies/{name}", {"listen": f"0.0.0.0:{port}"})
    assert (found[0], found[1]["listen"], found[1]["enabled"]) == (200, f"0.0.0.0:{port}", True)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(b"wide")
        assert exactly(client, 4) == b"wide"


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_ipv6_is_listened_to_and_reached(server):
    service = tcp_service(echo, socket.AF_INET6, "::1")
    listen = server.ask(
        "POST", "/proxies", {"name": "six", "listen": "[::1]:0", "upstream": f"[::1]:{service.getsockname()[1]}"}
    )[1]["listen"]
    host, _, port = listen.rpartition(":")
    assert host == "[::1]"
    with socket.create_connection(("::1", int(port)), timeout=5) as client:
        client.sendall(b"six")
        assert exactly(client, 3) == b"six"
    service.close()


def test_metrics_count_what_passes(server, line):
    client, name, _ = line
    client.sendall(b"x" * 1000)
    exactly(client, 1000)
    text = raw(server.url, "GET", "/metrics")[1]
    for what in ("received", "sent"):
        for direction in ("upstream", "downstream"):
            begin = f'toxiproxy_proxy_{what}_bytes_total{{direction="{direction}",'
            (counted,) = [row for row in text.splitlines() if row.startswith(begin) and f'proxy="{name}"' in row]
            assert counted.endswith(" 1005"), counted
