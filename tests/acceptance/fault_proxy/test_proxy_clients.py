"""TLS, back-pressure, the end of the process, and the published clients of Toxiproxy."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from fault_proxy import Server, tcp_service


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

    service = tcp_service(handle)
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

    service = tcp_service(pour)
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
            cwd=folder, check=True, capture_output=True, timeout=900,
        )  # fmt: skip
    (folder / "trial.js").write_text(NODE)
    done = subprocess.run(
        ["node", "trial.js", server.url, web], cwd=folder, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["took"] >= 75
    assert report["left"] == 0
    assert "node" not in report["all"]
