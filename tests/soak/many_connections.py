"""10,000 open connections are held by one worker: each user has a connection of its own, over which the second request goes too.

Needs nginx on the PATH, and more open files than connections. Printed are the most connections that were open at once by the
kernel's table, what came of the requests, and the memory of the worker.
"""

import argparse
import resource
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))

from load_bench import served

from theodore_load import engine, scenario
from theodore_load.results import percentile, value_at

ESTABLISHED, MOST_MEMORY = "01", 0.15  # MB of a connection: 150 for a thousand


def established(port):
    """How many connections to a port are open on the server's side, by the kernel's table."""
    local = f":{port:04X}"
    with Path("/proc/net/tcp").open() as table:
        rows = (line.split() for line in table)
        return len({row[2] for row in rows if row[1].endswith(local) and row[3] == ESTABLISHED})  # it lists some twice while it changes


def driven(port, count, ramp, think):
    """The result of a load of so many users with two requests each, and the most connections that were open at once."""
    step = {"request": "GET /", "name": "get", "expect": {"fields": {"status": "ok"}}}
    declared = {
        "url": f"http://127.0.0.1:{port}",
        "stages": [f"{count} users x 2"],
        "journeys": [{"steps": [step]}],
        "ramp": ramp,
        "think": think,
        "timeout": 60,
        "limits": {"lateness": 60},
        "workers": 1,
    }
    most, ended = [0], threading.Event()

    def watch():
        while not ended.wait(1):
            most.append(established(port))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        result = engine.run(scenario.read(declared, Path()))
    finally:
        ended.set()
        watcher.join()
    return result, max(most)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--ramp", type=float, default=30.0, help="seconds within which they are opened")
    given = parser.parse_args()
    count, think = given.connections, 2 * given.ramp
    with served(2 * count + 100) as (port, _):
        began = time.monotonic()
        result, most = driven(port, count, given.ramp, think)
        took = time.monotonic() - began
    total = result.total
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"most connections open at once: {most} of {count}; {total.ok} of {2 * count} requests answered as expected in {took:.0f} s")
    print(f"errors: {dict(total.errors) or 'none'}; not sent: {dict(result.unsent) or 'none'}")
    print(f"99 % of the client's own appointments were at most {value_at(result.lateness, 99)} s late")
    print(f"p50 {percentile(total, 50)} s, p99 {percentile(total, 99)} s; CPU of the worker {result.cpu[0]:.0%} of a core")
    print(f"memory of the worker: {memory:.0f} MB (at most {MOST_MEMORY * count:.0f})")
    return int(most < count or total.ok < 2 * count or bool(result.unsent) or memory > MOST_MEMORY * count)


if __name__ == "__main__":
    sys.exit(main())
