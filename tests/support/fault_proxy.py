"""A fault proxy in a process of its own, and the services behind it."""

import gzip
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler


class Web(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        body = json.dumps({"path": self.path, "name": "Zoom", "moment": time.time_ns()}).encode()
        self.send_response(200)
        if self.path == "/until-the-end":
            self.send_header("Content-Type", "application/json")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True
            return
        if self.path == "/gzip":
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
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

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Length", "60")
        self.end_headers()

    def do_POST(self):
        if self.headers["Transfer-Encoding"] == "chunked":
            while size := int(self.rfile.readline(), 16):
                self.rfile.read(size + 2)
            self.rfile.readline()
        else:
            self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_):
        pass


def tcp_service(handle, family=socket.AF_INET, host="127.0.0.1"):
    """A TCP server that calls ``handle`` with each connection, in a thread."""
    listener = socket.create_server((host, 0), family=family)

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


def exactly(client, size):
    data = b""
    while len(data) < size:
        piece = client.recv(65536)
        assert piece, f"ended after {len(data)} of {size} bytes"
        data += piece
    return data
