"""What the services of the hold-out set share: options, the confinement to one folder, passwords, limits and headers."""

import argparse
import hashlib
import hmac
import importlib
import json
import os
import posixpath
import resource
import secrets
import socket
import sys
import threading
import time
from pathlib import Path

# What is imported when it is first used: as nobody, the process may not be able to read it.
for module in ("concurrent.futures.thread", "encodings.idna", "encodings.latin_1", "encodings.utf_16", "encodings.punycode", "http.client",
               "http.cookies", "stringprep", "linecache", "tempfile", "zlib", "email.parser", "email.policy", "html.entities", "traceback", "unicodedata"):  # fmt: skip
    importlib.import_module(module)

NOBODY = 65534
ACCOUNTS = {
    "ann": {"password": "maple-Harbour-41", "email": "ann@north.example", "role": "user"},
    "ben": {"password": "cedar-Lantern-72", "email": "ben@south.example", "role": "user"},
    "carol": {"password": "birch-Compass-93", "email": "carol@east.example", "role": "user"},
    "olga": {"password": "hazel-Anchor-58", "email": "olga@office.example", "role": "admin"},
}
KEYS = {
    "ann": "mk_north_5Tq8vYz2LhWc91RbXsKd",
    "ben": "mk_south_Jw4Npe7GuAf30MxQyVkZ",
    "carol": "mk_north_b8HsRt6CiDm52OzLgUfE",
    "olga": "mk_north_Xv1KqWj9SaPy74NhBcTd",
}
SIGNING_KEY = "q7Zt2NfXc9LmRw4KsVb8YhJd3PgTx6Ua"
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
COMMON_PASSWORDS = {"password", "passw0rd", "password123", "password1234", "qwertyuiop", "qwerty123456", "1234567890", "letmein12345"}
BODY_LIMIT = 64 * 1024


class Premises:
    """The folder of a service, and which of its weaknesses are switched on."""

    def __init__(self, folder, weaknesses):
        self.folder = folder
        self.weaknesses = weaknesses
        self.instance = secrets.token_hex(6)

    def weak(self, weakness):
        return weakness in self.weaknesses

    def place(self, virtual):
        """The file that a path names, as for a process whose root directory is the folder: nothing leads out of it."""
        clean = posixpath.normpath("/" + virtual.replace("\0", "")).lstrip("/")
        path = (self.folder / clean).resolve()
        if not path.is_relative_to(self.folder):
            raise PermissionError(f"{virtual} is outside")
        return path


def premises(weaknesses):
    """Read the options, confine the process to its folder and return both."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True, help="the folder that the service keeps to; it is made")
    parser.add_argument("--weak", nargs="*", metavar="WEAKNESS", help=f"all, or some of: {', '.join(weaknesses)}")
    options = parser.parse_args()
    chosen = set(weaknesses) if options.weak == [] else set(options.weak or ())
    if unknown := chosen - set(weaknesses):
        parser.error(f"no such weakness: {', '.join(sorted(unknown))}")
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return Premises(folder, chosen)


def confine(folder):
    """Give up all rights, and refuse files outside the folder, programs, and traffic that leaves this machine.

    What was refused is written to ``refused.log`` in the folder, a line for each.
    """
    log = os.open(folder / "refused.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o644)
    if os.geteuid() == 0:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, NOBODY, NOBODY)
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    os.chdir(folder)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (32 << 20, 32 << 20))
    resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
    source = Path(__file__).resolve().parent
    libraries = [entry for entry in sys.path if entry]
    readable = [str(folder), str(source), *libraries, sys.prefix, sys.base_prefix, "/dev/null", "/dev/urandom", "/usr/share/zoneinfo", "/usr/lib"]

    def refuse(event, subject):
        os.write(log, f"{event} {subject!r}\n".encode("utf-8", "replace"))
        raise PermissionError(f"{event} is refused")

    def inside(path, roots):
        if isinstance(path, int) or path is None:
            return True
        text = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - a Path would open more files here
        return any(text == root or text.startswith(root + "/") for root in roots)

    changes = {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown", "os.utime"}
    programs = ("subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "pty.", "ctypes.")

    def watch(event, arguments):
        if event == "open":
            path, _, flags = arguments
            writes = bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND))
            if not inside(path, [str(folder), "/dev/null"] if writes else readable):
                refuse("write" if writes else "read", path)
        elif event == "sqlite3.connect":
            if not inside(arguments[0], [str(folder)]) and arguments[0] != ":memory:":
                refuse(event, arguments[0])
        elif event in changes:
            if not all(inside(path, [str(folder)]) for path in arguments[:2] if isinstance(path, str | bytes | os.PathLike)):
                refuse(event, arguments[:2])
        elif event in {"socket.connect", "socket.sendto"}:
            address = arguments[1]
            if isinstance(address, tuple) and not str(address[0]).startswith("127.") and address[0] not in {"::1", "localhost"}:
                refuse(event, address)
        elif event == "socket.getaddrinfo":
            if arguments[0] not in {None, "localhost", b"localhost"} and not str(arguments[0]).startswith("127."):
                refuse(event, arguments[0])
        elif event.startswith(programs):
            refuse(event, arguments)

    sys.addaudithook(watch)


def listening():
    """A socket on a port that the kernel gives."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    listener.setblocking(False)
    return listener


def announce(port, place):
    """Print where the service is, and by what it proves to be this instance."""
    print(json.dumps({"port": port, "instance": place.instance}), flush=True)


def hashed(password, salt=None):
    """A salted hash of a password."""
    salt = salt or secrets.token_bytes(12)
    return salt.hex() + "$" + hashlib.scrypt(password.encode(), salt=salt, n=1 << 10, r=8, p=1).hex()


def matches(password, stored):
    """Whether a password is the one that was hashed; takes as long for nobody's."""
    stored = stored or hashed("")
    salt = bytes.fromhex(stored.partition("$")[0])
    return hmac.compare_digest(hashed(password, salt), stored)


def poor(password):
    """Why a password is not taken, or nothing."""
    if not isinstance(password, str) or not 10 <= len(password) <= 128:
        return "a password has 10 to 128 characters"
    if password.lower() in COMMON_PASSWORDS or len(set(password)) < 5:
        return "this password is easily guessed"
    return ""


class Attempts:
    """Wrong passwords: five for a name, or thirty from an address, end the attempts for a while."""

    def __init__(self, names=5, addresses=30, window=60):
        self.limits = {"name": names, "address": addresses}
        self.window = window
        self.wrong = {}
        self.lock = threading.Lock()

    def pause(self, name, address):
        """For how many seconds no attempt is looked at."""
        now = time.monotonic()
        with self.lock:
            waits = [0]
            for key in (("name", name), ("address", address)):
                recent = [moment for moment in self.wrong.get(key, ()) if now - moment < self.window]
                self.wrong[key] = recent
                if len(recent) >= self.limits[key[0]]:
                    waits.append(int(self.window - (now - recent[0])) + 1)
        return max(waits)

    def note(self, name, address):
        """Count a wrong password."""
        with self.lock:
            for key in (("name", name), ("address", address)):
                self.wrong.setdefault(key, []).append(time.monotonic())

    def forget(self, name):
        """Start anew after a right one."""
        with self.lock:
            self.wrong.pop(("name", name), None)


class Bucket:
    """How many requests an address may send: a burst, then so many a second."""

    def __init__(self, burst=80, rate=40):
        self.burst, self.rate = burst, rate
        self.levels = {}
        self.lock = threading.Lock()

    def admits(self, address):
        now = time.monotonic()
        with self.lock:
            level, moment = self.levels.get(address, (self.burst, now))
            level = min(self.burst, level + (now - moment) * self.rate)
            self.levels[address] = (level - 1 if level >= 1 else level, now)
        return level >= 1


class Guard:
    """ASGI middleware: headers of all answers, the limit of bodies, and the limit of requests."""

    def __init__(self, app, headers, body_limit=BODY_LIMIT):
        self.app = app
        self.headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self.body_limit = body_limit
        self.bucket = Bucket()

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def answer(message):
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in self.headers if pair[0] not in present)]
            await send(message)

        async def refuse(status, text, *more):
            body = json.dumps({"error": text}).encode()
            headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *more]
            await answer({"type": "http.response.start", "status": status, "headers": headers})
            await answer({"type": "http.response.body", "body": body})

        if not self.bucket.admits(scope["client"][0]):
            await refuse(429, "too many requests", (b"retry-after", b"1"))
            return
        parts, size, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            more = message.get("more_body", False)
            if self.body_limit and size > self.body_limit:
                await refuse(413, "the body is too large", (b"connection", b"close"))
                return
        body = b"".join(parts)
        done = False

        async def whole():
            nonlocal done
            if done:
                return await receive()
            done = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, whole, answer)


def warm(app, requests):
    """Send an ASGI application requests, so that what it imports late is there before it is confined."""
    import asyncio

    import httpx

    async def send():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://127.0.0.1") as client:
            for method, path, options in requests:
                await client.request(method, path, **options)

    asyncio.run(send())


def serve_asgi(app, place, requests=()):
    """Serve an ASGI application until the process is stopped."""
    import uvicorn

    warm(app, requests)
    listener = listening()
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", server_header=False, lifespan="off", http="h11", ws="none", loop="asyncio", proxy_headers=False))
    server.config.load()
    confine(place.folder)
    announce(listener.getsockname()[1], place)
    server.run(sockets=[listener])
