"""What a server can do to a load: each kind of trouble is counted by its kind, the run ends in time, and nothing crashes.

The last one is a Ctrl-C in the middle of a body of 1 GB, whose partial result is kept and marked.
"""

import asyncio
import contextlib
import json
import resource
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from raw_server import answering, closed_port, hanging, OK, once, raw_serving, read_request
from tls import authority, certificate

from theodore_load import engine, scenario

GIGABYTE, PART = 1_000_000_000, bytes(1_000_000)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % GIGABYTE
LONGEST = 20.0
MOST_MEMORY = 150  # MB of a worker


async def gigabyte(reader, writer):
    """Answers with 1 GB that begins with what is expected."""
    while True:
        await read_request(reader)
        writer.write(HEAD + b"ok")
        writer.write(PART[2:])
        for _ in range(GIGABYTE // len(PART) - 1):
            writer.write(PART)
            await writer.drain()


async def endless(reader, writer):
    """Interim answers for ever."""
    await read_request(reader)
    while True:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
        await writer.drain()


async def drop_by_drop(reader, writer):
    """A body of which a byte comes now and then."""
    await read_request(reader)
    writer.write(HEAD)
    while True:
        writer.write(b"o")
        await writer.drain()
        await asyncio.sleep(0.1)


KINDS = {
    "hangs": (hanging, {"timeout": 2}),
    "garbage": (once(bytes(range(256)) * 10), {"protocol": 2}),
    "half a response": (once(OK[:-4]), {"protocol": 2}),
    "closed without an answer": (once(b""), {"reset": 2}),
    "reset in mid-body": (once(OK[:-4], reset=True), {"reset": 2}),
    "100 Continue before the answer": (answering(b"HTTP/1.1 100 Continue\r\n\r\n" + OK), {}),
    "100 Continue for ever": (endless, {"protocol": 2}),
    "a drop now and then": (drop_by_drop, {"timeout": 2}),
}


def declared(url, **entries):
    """A scenario of two requests."""
    step = {"name": "get", "request": "GET /", "expect": {"text": "ok"}}
    return {"url": url, "stages": ["2 users x 1"], "journeys": [{"steps": [step]}], "limits": {"lateness": 60}, "workers": 1, "timeout": "10 s"} | entries


def ran(url, **entries):
    """The errors of a load, and how long it took."""
    began = time.monotonic()
    result = engine.run(scenario.read(declared(url, **entries), Path()))
    return dict(result.total.errors), result.partial, time.monotonic() - began


def printed(name, errors, expected, took, longest=LONGEST):
    held = errors == expected and took < longest
    print(f"{'ok ' if held else 'BAD'} {name}: {errors or 'no errors'} in {took:.1f} s", flush=True)
    return held


def wrong_certificate(folder):
    """The errors of a load on a server whose certificate nobody trusts."""
    file = certificate(folder, "localhost", *authority(folder))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, file.with_suffix(".key"))
    with raw_serving(answering(OK), tls=context) as port:
        return ran(f"https://localhost:{port}")


def interrupted(folder):
    """Ctrl-C in the middle of a body: the result is kept and marked."""
    seen = threading.Event()

    async def heard(reader, writer):
        seen.set()
        with contextlib.suppress(ConnectionError):
            await drop_by_drop(reader, writer)

    with raw_serving(heard) as port:
        (folder / "load.yaml").write_text(yaml.safe_dump(declared(f"http://127.0.0.1:{port}", stages=["2 users for 300 s"], timeout="200 s")))
        command = [sys.executable, "-m", "theodore_load", str(folder / "load.yaml"), "--results", str(folder / "figures")]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        seen.wait(60)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        text, _ = process.communicate(timeout=60)
        took = time.monotonic() - began
    kept = json.loads((folder / "figures" / "result.json").read_text())
    held = process.returncode == 3 and "PARTIAL" in text and bool(kept["stopped"]) and took < LONGEST
    print(f"{'ok ' if held else 'BAD'} Ctrl-C in mid-body: exit code {process.returncode}, {kept['stopped']}, in {took:.1f} s", flush=True)
    return held


def main():
    held = []
    for name, (handler, expected) in KINDS.items():
        with raw_serving(handler) as port:
            errors, partial, took = ran(f"http://127.0.0.1:{port}")
        held.append(printed(name, errors, expected, took) and not partial)
    with raw_serving(gigabyte) as port:
        errors, _, took = ran(f"http://127.0.0.1:{port}", stages=["1 users x 1"], timeout="300 s")
    held.append(printed("a body of 1 GB", errors, {"check": 1}, took, 300))
    with closed_port() as port:
        errors, _, took = ran(f"http://127.0.0.1:{port}")
    held.append(printed("closed port", errors, {"refused": 2}, took))
    with tempfile.TemporaryDirectory() as folder:
        errors, _, took = wrong_certificate(Path(folder))
        held.append(printed("a certificate that nobody trusts", errors, {"tls": 2}, took))
        held.append(interrupted(Path(folder)))
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"most memory of a worker: {memory:.0f} MB (at most {MOST_MEMORY})")
    return int(not all(held) or memory > MOST_MEMORY)


if __name__ == "__main__":
    sys.exit(main())
