"""The fault proxy against a plain pass-through proxy on uvloop: ratios measured in one run, in interleaved rounds.

``proxy_bench.py`` runs it all, ``proxy_bench.py throughput ROUNDS`` what depends on the machine's other work most; the roles
``echo``, ``plain``, ``load`` and ``new`` (connections) are processes of its own.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import uvloop

ROUNDS = 9
CONNECTIONS = 50
SECONDS = 1.5
LATENCIES = (10, 100, 500, 2000)
GIGABYTE = 1 << 30
REQUEST = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 100


class Echo(asyncio.Protocol):
    """Answers each request with a fixed response; ``pour`` sends so many bytes instead."""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        if data.startswith(b"POUR"):
            asyncio.get_running_loop().create_task(self.pour(int(data.split()[1])))
        else:
            self.transport.write(RESPONSE * data.count(b"\r\n\r\n"))

    async def pour(self, size):
        self.room = asyncio.Event()
        self.room.set()
        for _ in range(size >> 18):
            await self.room.wait()
            self.transport.write(b"x" * (1 << 18))
            await asyncio.sleep(0)
        self.transport.close()

    def pause_writing(self):
        self.room.clear()

    def resume_writing(self):
        self.room.set()


class Plain(asyncio.Protocol):
    """The yardstick: passes bytes on, with back-pressure, and does nothing else."""

    def __init__(self, upstream=None, peer=None):
        self.upstream, self.peer, self.held = upstream, peer, []

    def connection_made(self, transport):
        self.transport = transport
        if self.upstream:
            asyncio.get_running_loop().create_task(self.join())

    async def join(self):
        loop = asyncio.get_running_loop()
        _, self.peer = await loop.create_connection(lambda: Plain(peer=self), *self.upstream)
        self.peer.transport.writelines(self.held)

    def data_received(self, data):
        if self.peer is None:
            self.held.append(data)
        else:
            self.peer.transport.write(data)

    def connection_lost(self, error):
        if self.peer and hasattr(self.peer, "transport"):
            self.peer.transport.close()

    def pause_writing(self):
        self.peer.transport.pause_reading()

    def resume_writing(self):
        self.peer.transport.resume_reading()


class Load(asyncio.Protocol):
    """Sends the next request when a response is whole, and keeps how long each took; once, or until a moment."""

    def __init__(self, ends, took, *, once=False):
        self.ends, self.took, self.once, self.got = ends, took, once, 0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport
        self.send()

    def send(self):
        self.sent = time.perf_counter()
        self.transport.write(REQUEST)

    def data_received(self, data):
        self.got += len(data)
        if self.got >= len(RESPONSE):
            now = time.perf_counter()
            self.took.append(now - self.sent)
            self.got = 0
            self.transport.close() if self.once or now > self.ends else self.send()

    def connection_lost(self, error):
        self.done.set_result(None)


async def serve(factory):
    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def load(port, connections, seconds, *, once):
    loop, took = asyncio.get_running_loop(), []
    ends = time.perf_counter() + seconds

    async def user():
        while time.perf_counter() < ends:
            _, protocol = await loop.create_connection(lambda: Load(ends, took, once=once), "127.0.0.1", port)
            await protocol.done

    await asyncio.gather(*(user() for _ in range(connections)))
    took.sort()
    print(json.dumps({"rate": len(took) / seconds, "p50": took[len(took) // 2], "p99": took[int(len(took) * 0.99)]}))


def child(*arguments):
    process = subprocess.Popen(
        [sys.executable, __file__, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    return process, int(process.stdout.readline())


def measured(port, connections=CONNECTIONS, seconds=SECONDS, *, role="load"):
    command = [sys.executable, __file__, role, str(port), str(connections), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def summary(values, form):
    return f"median {form.format(statistics.median(values))}, {form.format(min(values))} to {form.format(max(values))}"


def verdict(holds):
    return "" if holds else "  <- missed"


def processor_time(pid):
    """The seconds, of user and system, that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class FaultProxy:
    def __init__(self, echo):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "theodore_chaos.proxy"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        proxies = [{"name": "bench", "listen": "127.0.0.1:0", "upstream": f"127.0.0.1:{echo}"}]
        self.process.stdin.write(json.dumps({"proxies": proxies}) + "\n")
        self.process.stdin.flush()
        ready = json.loads(self.process.stdout.readline())
        self.url, self.port = ready["url"], int(ready["proxies"]["bench"].rpartition(":")[2])

    def ask(self, method, path, body=None):
        data = json.dumps(body).encode() if body else None
        urllib.request.urlopen(urllib.request.Request(self.url + path, data, method=method)).read()

    def memory(self):
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * 4096


def throughput(proxy, plain, plain_port, role, least, *, rounds=ROUNDS):
    rates, tails, costs = [], [], []
    for number in range(rounds + 1):
        order = [("ours", proxy.process.pid, proxy.port), ("plain", plain.pid, plain_port)]
        got = {}
        for name, pid, port in order if number % 2 else reversed(order):
            before = processor_time(pid)
            got[name] = measured(port, role=role)
            got[name]["cost"] = (processor_time(pid) - before) / got[name]["rate"]
        if number:
            rates.append(got["ours"]["rate"] / got["plain"]["rate"])
            tails.append(got["ours"]["p99"] / got["plain"]["p99"])
            costs.append(got["ours"]["cost"] / got["plain"]["cost"])
    fast, short = statistics.median(rates) >= least, statistics.median(tails) <= 1.2
    name = "proxy throughput" if role == "load" else "proxy throughput, each request on a connection of its own"
    print(f"{name}, of a plain proxy's: {summary(rates, '{:.2f}')} (at least {least}){verdict(fast)}")
    print(f"proxy p99, of a plain proxy's: {summary(tails, '{:.2f}')} (at most 1.2){verdict(short)}")
    print(f"proxy processor time a request, of a plain proxy's: {summary(costs, '{:.2f}')}")
    return (not fast) + (not short)


def latencies(proxy):
    missed = 0
    for latency in LATENCIES:
        proxy.ask("POST", "/proxies/bench/toxics", {"name": "slow", "type": "latency", "attributes": {"latency": latency}})
        got = measured(proxy.port, 4, max(1.0, latency / 1000 * 5))
        proxy.ask("DELETE", "/proxies/bench/toxics/slow")
        off = got["p50"] * 1000 - latency
        missed += abs(off) > 2
        print(f"latency of {latency} ms: median {got['p50'] * 1000:.1f} ms, {off:+.1f} ms (within 2 ms){verdict(abs(off) <= 2)}")
    return missed


async def drain(port, proxy, rate=None):
    """Read a gigabyte, at most ``rate`` bytes a second; returns bytes, seconds, and by how many MB the proxy grew."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    begun = time.perf_counter()
    writer.write(f"POUR {GIGABYTE} ".encode())
    before, highest, got = proxy.memory(), 0, 0
    while data := await reader.read(1 << 20):
        got += len(data)
        highest = max(highest, proxy.memory())
        if rate and (early := got / rate - (time.perf_counter() - begun)) > 0:
            await asyncio.sleep(early)
    writer.close()
    return got, time.perf_counter() - begun, (highest - before) / (1 << 20)


def memory(proxy):
    got, _, grown = asyncio.run(drain(proxy.port, proxy))
    held = got == GIGABYTE and grown < 64
    print(f"memory over {got / GIGABYTE:.0f} GB: grew by {grown:.1f} MB (at most 64){verdict(held)}")
    return not held


def bulk(proxy):
    """A gigabyte to a reader of 64 MB a second, all of it 500 ms late: 16 s and a half by arithmetic."""
    rate = 64 << 20
    proxy.ask("POST", "/proxies/bench/toxics", {"name": "slow", "type": "latency", "attributes": {"latency": 500}})
    got, took, grown = asyncio.run(drain(proxy.port, proxy, rate))
    proxy.ask("DELETE", "/proxies/bench/toxics/slow")
    arithmetic = GIGABYTE / rate + 0.5
    held = got == GIGABYTE and took <= 1.3 * arithmetic
    print(f"1 GB, 500 ms late, to a slow reader: {took:.1f} s, {took / arithmetic:.2f} of the arithmetic (at most 1.3),", end=" ")
    print(f"grew by {grown:.1f} MB{verdict(held)}")
    return not held


def main(rounds=None):
    echo, echo_port = child("echo")
    plain, plain_port = child("plain", echo_port)
    proxy = FaultProxy(echo_port)
    try:
        missed = throughput(proxy, plain, plain_port, "load", 0.95, rounds=rounds or ROUNDS)
        missed += throughput(proxy, plain, plain_port, "new", 0.9, rounds=rounds or ROUNDS)
        return missed if rounds else missed + latencies(proxy) + memory(proxy) + bulk(proxy)
    finally:
        for process in (proxy.process, plain, echo):
            process.stdin.close()
            process.wait(5)


if __name__ == "__main__":
    role, *rest = sys.argv[1:] or ["main"]
    if role in ("main", "throughput"):
        sys.exit(bool(main(*map(int, rest))))
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    if role in ("load", "new"):
        asyncio.run(load(int(rest[0]), int(rest[1]), float(rest[2]), once=role == "new"))
    else:
        asyncio.run(serve(Echo if role == "echo" else lambda: Plain(upstream=("127.0.0.1", int(rest[0])))))
