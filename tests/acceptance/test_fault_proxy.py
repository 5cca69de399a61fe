"""The fault proxy as its clients see it: Toxiproxy's API, each toxic, HTTP faults, and what it says it touched.

One file, although it is long: all tests share its servers and clients, and stand in the order of the API.
"""

import json
import os
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest


class Web(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        body = json.dumps({"path": self.path, "name": "Zoom", "moment": time.time_ns()}).encode()
        self.send_response(200)
        if self.path == "/events":
            body = b"data: 1\n\n"
            self.send_header("Content-Type", "text/event-stream")
        elif self.path == "/chunked":
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            half = len(body) // 2
            for piece in (body[:half], body[half:], b""):
                self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            return
        else:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_):
        pass


def serving(handle):
    """A TCP server that calls ``handle`` with each connection, in a thread."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=handle, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener


def echo(connection):
    with connection:
        try:
            while data := connection.recv(65536):
                connection.sendall(data)
        except OSError:
            return


class Server:
    def __init__(self, options=None):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "theodore_chaos.proxy"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.process.stdin.write(json.dumps(options or {}) + "\n")
        self.process.stdin.flush()
        self.ready = json.loads(self.process.stdout.readline())
        self.url = self.ready["url"]

    def ask(self, method, path, body=None, raw=None, agent="test"):
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"User-Agent": agent}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            text = error.read()
            try:
                return error.code, json.loads(text)
            except ValueError:
                return error.code, text

    def proxy(self, name, upstream):
        status, body = self.ask("POST", "/proxies", {"name": name, "listen": "127.0.0.1:0", "upstream": upstream})
        assert status == 201
        return body["listen"]

    def toxic(self, proxy, kind, attributes=None, **more):
        status, body = self.ask(
            "POST", f"/proxies/{proxy}/toxics", {"name": "t", "type": kind, "attributes": attributes or {}, **more}
        )
        assert status == 200, body

    def touched(self, proxy, name="t"):
        return self.ask("GET", f"/proxies/{proxy}/exposure")[1]["toxics"][name]

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(5) == 0


@pytest.fixture(scope="module")
def server():
    running = Server()
    yield running
    running.close()


@pytest.fixture(scope="module")
def web():
    service = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{service.server_port}"
    service.shutdown()


@pytest.fixture
def site(server, web, request):
    """A client of the web service behind a proxy of its own, and the proxy's name."""
    name = f"web-{abs(hash(request.node.name))}"
    listen = server.proxy(name, web)
    with httpx.Client(base_url=f"http://{listen}", timeout=3) as client:
        assert client.get("/before").json()["path"] == "/before"  # a connection that is there before any toxic
        yield client, name
    server.ask("DELETE", f"/proxies/{name}")


@pytest.fixture
def line(server, request):
    """A connected socket to an echo service behind a proxy, and the proxy's name."""
    name = f"echo-{abs(hash(request.node.name))}"
    service = serving(echo)
    host, port = server.proxy(name, f"127.0.0.1:{service.getsockname()[1]}").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as client:
        client.sendall(b"hello")
        assert client.recv(100) == b"hello"
        yield client, name, (host, int(port))
    service.close()
    server.ask("DELETE", f"/proxies/{name}")


def exactly(client, size):
    data = b""
    while len(data) < size:
        piece = client.recv(65536)
        assert piece, f"ended after {len(data)} of {size} bytes"
        data += piece
    return data


def test_the_api_answers_as_toxiproxy_does(server, web):
    assert server.ask("GET", "/version")[0] == 200
    status, made = server.ask("POST", "/proxies", {"name": "api", "listen": "127.0.0.1:0", "upstream": web})
    assert (status, made["enabled"], made["toxics"]) == (201, True, [])
    assert not made["listen"].endswith(":0")
    assert server.ask("POST", "/proxies", {"name": "api", "upstream": web})[0] == 409
    assert server.ask("POST", "/proxies", {"name": "other"}) == (
        400, {"error": "missing required field: upstream", "title": "missing required field: upstream", "status": 400},
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
    wrong = {"name": "x", "type": "latency", "attributes": {"latencie": 5}}
    assert (
        server.ask("POST", "/proxies/api/toxics", wrong)[1]["error"]
        == "a toxic latency has no attribute 'latencie': it has latency, jitter"
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


def test_tls_passes_through(server, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    inside.load_cert_chain(certificate, key)

    def handle(connection):
        with inside.wrap_socket(connection, server_side=True) as wrapped:
            wrapped.sendall(wrapped.recv(100))

    service = serving(handle)
    host, port = server.proxy("tls", f"127.0.0.1:{service.getsockname()[1]}").split(":")
    server.toxic("tls", "latency", {"latency": 5})
    outside = ssl.create_default_context(cafile=certificate)
    with (
        socket.create_connection((host, int(port)), timeout=5) as plain,
        outside.wrap_socket(plain, server_hostname="localhost") as client,
    ):
        client.sendall(b"secret")
        assert client.recv(100) == b"secret"
    service.close()


def rss(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_slow_reader_does_not_fill_the_memory(server):
    size = 200 << 20

    def pour(connection):
        with connection:
            try:
                for _ in range(size >> 20):
                    connection.sendall(b"x" * (1 << 20))
            except OSError:
                return

    service = serving(pour)
    host, port = server.proxy("pour", f"127.0.0.1:{service.getsockname()[1]}").split(":")
    server.toxic("pour", "latency", {"latency": 20})
    before = rss(server.process.pid)
    with socket.create_connection((host, int(port)), timeout=10) as client:
        got, highest = 0, before
        while got < size:
            piece = client.recv(1 << 16)
            assert piece
            got += len(piece)
            highest = max(highest, rss(server.process.pid)) if got % (1 << 22) < (1 << 16) else highest
    service.close()
    assert highest - before < 64 << 20


@pytest.mark.parametrize("how", ["stdin", "sigterm"])
def test_it_ends_and_frees_its_ports(how, web):
    own = Server({"proxies": [{"name": "a", "listen": "127.0.0.1:0", "upstream": web}]})
    host, port = own.ready["proxies"]["a"].split(":")
    with socket.create_connection((host, int(port)), timeout=5):
        if how == "stdin":
            own.process.stdin.close()
        else:
            own.process.send_signal(signal.SIGTERM)
        own.process.wait(5)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=5)


def test_the_python_client_works_unchanged(server, web):
    import toxiproxy
    from toxiproxy.api import APIConsumer

    host, _, port = server.url.removeprefix("http://").partition(":")
    APIConsumer.host, APIConsumer.port = host, int(port)
    APIConsumer.base_url = server.url
    client = toxiproxy.Toxiproxy()
    assert client.running()
    client.populate([{"name": "py", "listen": "127.0.0.1:0", "upstream": web}])
    proxy = client.get_proxy("py")
    proxy.add_toxic(type="latency", attributes={"latency": 60})
    assert list(proxy.toxics()) == ["latency_downstream"]
    began = time.monotonic()
    assert httpx.get(f"http://{proxy.listen}/py").status_code == 200
    assert time.monotonic() - began >= 0.055
    with proxy.down(), pytest.raises(httpx.ConnectError):
        httpx.get(f"http://{proxy.listen}/py")
    proxy.destroy_toxic("latency_downstream")
    client.destroy(proxy)
    assert "py" not in client.proxies()


NODE = """
const { Toxiproxy, Latency } = require('toxiproxy-node-client');
(async () => {
  const client = new Toxiproxy(process.argv[2]);
  const proxy = await client.createProxy({ name: 'node', listen: '127.0.0.1:0', upstream: process.argv[3] });
  const toxic = await proxy.addToxic({ name: 'slow', type: 'latency', stream: 'downstream', toxicity: 1, attributes: { latency: 80, jitter: 0 } });
  const began = Date.now();
  const answer = await fetch('http://' + proxy.listen + '/node');
  await answer.json();
  const took = Date.now() - began;
  await toxic.remove();
  const left = (await fetch(process.argv[2] + '/proxies/node/toxics').then((one) => one.json())).length;
  await client.reset();
  await proxy.remove();
  console.log(JSON.stringify({ took, left, all: Object.keys((await client.getAll())) }));
})().catch((error) => { console.error(error); process.exit(1); });
"""


@pytest.mark.needs("npm")
def test_the_node_client_works_unchanged(server, web):
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "theodore-tests" / "toxiproxy-node"
    if not (folder / "node_modules" / "toxiproxy-node-client").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [shutil.which("npm"), "install", "--silent", "--no-audit", "--no-fund", "toxiproxy-node-client@4.1.0"],
            cwd=folder, check=True, capture_output=True, timeout=120,
        )  # fmt: skip
    (folder / "trial.js").write_text(NODE)
    done = subprocess.run(
        ["node", "trial.js", server.url, web], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["took"] >= 75
    assert report["left"] == 0
    assert "node" not in report["all"]


def test_a_reset_of_the_upstream_is_passed_on(server):
    def cut(connection):
        connection.recv(10)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    service = serving(cut)
    host, port = server.proxy("cut", f"127.0.0.1:{service.getsockname()[1]}").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as client:
        client.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            client.recv(10)
    service.close()
