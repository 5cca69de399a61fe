"""A fault proxy server, a web service and an echo service behind it."""

import socket
import threading
from http.server import ThreadingHTTPServer

import httpx
import pytest
from fault_proxy import echo, Server, tcp_service, Web


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
    service = tcp_service(echo)
    host, port = server.proxy(name, f"127.0.0.1:{service.getsockname()[1]}").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as client:
        client.sendall(b"hello")
        assert client.recv(100) == b"hello"
        yield client, name, (host, int(port))
    service.close()
    server.ask("DELETE", f"/proxies/{name}")
