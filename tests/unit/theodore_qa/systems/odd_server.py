"""A server whose answers are odd in the ways that networks and careless programs make them, one for each path."""

import contextlib
import gzip
import socket
import struct
import threading
import zlib

JSON = "content-type: application/json"


def head(status, *lines, body=b""):
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body


def sized(body, *lines, status="200 OK"):
    return head(status, f"content-length: {len(body)}", *(lines or (JSON,)), body=body)


def bomb(megabytes):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b" " * (1 << 20)
    return b"".join([packer.compress(block) for _ in range(megabytes)] + [packer.flush()])


ANSWERS = {
    "/ok": sized(b'{"ok": true}'),
    "/gzip": sized(gzip.compress(b'{"ok": true}'), JSON, "content-encoding: gzip"),
    "/deflate": sized(zlib.compress(b'{"ok": true}'), JSON, "content-encoding: deflate"),
    "/raw-deflate": sized(zlib.compress(b'{"ok": true}')[2:-4], JSON, "content-encoding: deflate"),
    "/no-gzip": sized(b"not gzip", JSON, "content-encoding: gzip"),
    "/half-gzip": sized(gzip.compress(b'{"ok": true, "more": "than a block"}')[:-12], JSON, "content-encoding: gzip"),
    "/brotli": sized(b"\x0b\x02\x80", JSON, "content-encoding: br"),
    "/bomb": sized(bomb(200), JSON, "content-encoding: gzip"),
    "/latin": sized('{"n": "Müller"}'.encode("latin-1")),
    "/latin-named": sized('{"n": "Müller"}'.encode("latin-1"), "content-type: application/json; charset=latin-1"),
    "/bom": sized(b'\xef\xbb\xbf{"ok": true}'),
    "/nan": sized(b'{"score": NaN}'),
    "/deep": sized(b"[" * 100_000 + b"]" * 100_000),
    "/charset": sized(b'{"ok": true}', "content-type: application/json; charset=utf-99"),
    "/image": sized(b"\x89PNG\xff\xfe", "content-type: image/png"),
    "/redirect": head("302 Found", "location: http://elsewhere.example/x", "content-length: 0"),
    "/odd-location": head("302 Found", "location: /\t/elsewhere", "content-length: 0"),
    "/twice": sized(b"{}", JSON, "x-frame-options: DENY", "X-Frame-Options: SAMEORIGIN"),
    "/two-lengths": head("200 OK", "content-length: 2", "content-length: 3", body=b"{}x"),
    "/garbage": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "/huge-head": head("200 OK", "x: " + "a" * 200_000, "content-length: 2", body=b"{}"),
    "/early": head("103 Early Hints", "link: </x>") + sized(b"{}"),
    "/empty": head("204 No Content"),
    "/cookies": head("200 OK", "set-cookie: a=1; Path=/", "set-cookie: b=2", "content-length: 0"),
}
CLOSING = {
    "/short": head("200 OK", JSON, "content-length: 100", body=b'{"ok": true'),
    "/bad-chunk": head("200 OK", JSON, "transfer-encoding: chunked", body=b'c\r\n{"ok": true}\r\nzz\r\n'),
    "/cut-chunk": head("200 OK", JSON, "transfer-encoding: chunked", body=b'c\r\n{"ok": true}\r\n'),
    "/silent": b"",
}
DRIPPING = {
    "/drip-head": (b"", b"HTTP/1.1 200 OK\r\nx: " + b"a" * 1000),
    "/drip-body": (head("200 OK", JSON, "content-length: 1000"), b" " * 1000),
    "/events": (head("200 OK", "content-type: text/event-stream"), b"data: 1\n\n" * 100),
}


class OddServer:
    """Serves on loopback while its context lasts."""

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.paths = []
        self._stopped = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError), connection:
            buffer = b""
            while True:
                while b"\r\n\r\n" not in buffer:
                    data = connection.recv(65536)
                    if not data:
                        return
                    buffer += data
                request, _, buffer = buffer.partition(b"\r\n\r\n")
                path = request.split()[1].decode()
                self.paths.append(path)
                if not self._answer(connection, path):
                    return

    def _answer(self, connection, path):
        """Whether the connection goes on."""
        if path in DRIPPING:
            whole, slow = DRIPPING[path]
            connection.sendall(whole)
            for byte in slow:
                connection.sendall(bytes([byte]))
                if self._stopped.wait(0.02):
                    return False
            return False
        if path == "/big":
            connection.sendall(head("200 OK", JSON, f"content-length: {300 * 10**6}"))
            for _ in range(300):
                connection.sendall(b"x" * 10**6)
            return True
        if path == "/reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if path in CLOSING:
            connection.sendall(CLOSING[path])
            return False
        connection.sendall(ANSWERS.get(path, head("404 Not Found", "content-length: 0")))
        return path != "/ok?then-close"
