"""A small shop, with a backend behind it and processes of its own: a system for the kills that has nothing of Theodore.

``shop.py shop ADDRESS...`` serves ``GET /version`` and asks each ADDRESS again and again; ``shop.py backend`` is what it asks.
``shop.py idle|starved|handles|memory`` use little, many file handles, or much memory.
"""

import contextlib
import http.client
import http.server
import json
import sys
import threading
import time
import urllib.request
from pathlib import Path

CHUNK = 4 << 20


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    body = b""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        pass


def serve(body):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Answer", (Handler,), {"body": json.dumps(body).encode()}))
    print(server.server_address[1], flush=True)
    server.serve_forever()


def poll(address):
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            urllib.request.urlopen(f"http://{address}/", timeout=2).read()
        time.sleep(0.05)


def shop(*addresses):
    for address in addresses:
        threading.Thread(target=poll, args=(address,), daemon=True).start()
    serve({"build": "shop-test-1"})


def handles():
    while True:
        with contextlib.suppress(OSError), contextlib.ExitStack() as held:
            for _ in range(40):
                held.enter_context(Path("/dev/null").open())
        time.sleep(0.05)


def memory():
    """Ask for ever more, which is never written to: it uses up any headroom, and no memory of the machine."""
    held = []
    while True:
        with contextlib.suppress(MemoryError):
            held.append(bytearray(CHUNK))
        time.sleep(0.1)


def idle():
    while True:
        time.sleep(60)


if __name__ == "__main__":
    role, *rest = sys.argv[1:]
    roles = {
        "shop": shop,
        "backend": lambda: serve(["x" * 60] * 1000),
        "handles": handles,
        "memory": memory,
        "idle": idle,
        "starved": idle,
    }
    roles[role](*rest)
