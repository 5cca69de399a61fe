"""CPU time that the client of all libraries takes for a request of a scan, against httpx alone in the same run."""

import multiprocessing
import os
import statistics
import sys
import time
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scans"))

import services

ROUNDS = 15
REQUESTS = 400
MOST = 1.6
BODY = b'{"items": [' + b", ".join(b'{"id": %d, "name": "pen"}' % number for number in range(10)) + b"]}"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: no-store\r\ncontent-length: %d\r\n\r\n" % len(BODY)
HEADERS = {"Authorization": "Bearer alice-token-1234567"}


def serve(pipe):
    """Answer every request alike, in a process of its own, so that its time is not counted."""
    import asyncio

    async def answer(reader, writer):
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(HEAD + BODY)
        except asyncio.IncompleteReadError:
            writer.close()

    async def main():
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


def cpu(send):
    began = time.process_time()
    for number in range(REQUESTS):
        send(number)
    return (time.process_time() - began) / REQUESTS * 1e6


def main():
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    url = f"http://127.0.0.1:{ours.recv()}"
    os.environ["TOKEN_ALICE"] = services.SECRETS["alice"]
    target = services.target(url, [{"operation": "GET /orders"}], services.by_token("alice"))
    with httpx.Client(base_url=url, trust_env=False) as bare:
        client = target.client()
        figures = {"scan": [], "httpx": []}
        for number in range(ROUNDS + 1):
            scan = cpu(lambda count: client.send("GET", f"/orders?q={count}", HEADERS))
            alone = cpu(lambda count: bare.get(f"/orders?q={count}", headers=HEADERS))
            if number:  # the first round warms up
                figures["scan"].append(scan)
                figures["httpx"].append(alone)
        client.close()
    process.terminate()
    ratios = [scan / alone for scan, alone in zip(figures["scan"], figures["httpx"], strict=True)]
    for name, values in figures.items():
        print(f"{name}: {statistics.median(values):.0f} µs of CPU for a request")
    print(f"ratio: median {statistics.median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f} (at most {MOST})")
    return statistics.median(ratios) > MOST


if __name__ == "__main__":
    sys.exit(main())
