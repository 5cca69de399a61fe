"""Percentiles of 1,000 users with 10 requests each against a service that takes 500 ms and does not saturate, against wrk's.

Needs wrk and nginx with its module echo. The two take turns, in the order of even and odd rounds, and wrk has as many connections for
as long as our users take. Both begin their users one after another within the 500 ms, ours by a ramp and wrk's by a first delay, so that
2,000 requests a second reach nginx at an even pace. Users who begin together stay together: nginx answers them in bursts of a thousand,
for which it takes some milliseconds, and the client that sends its burst faster measures the longer queue. `--spread 0` shows that.

Both measure alike: from the moment at which a request is written over a connection that is there to the last byte of its answer. So
connecting counts for neither, there is nothing to warm up, and our service time is compared, not the time from the intended start.
Percentiles may differ by no more than their share to either side, in the median of the rounds. Printed are by how much they are apart in
each round, and how much of a core nginx took, which has to be far from one.
"""

import argparse
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from load_bench import served, server_time

from theodore_load import engine, scenario
from theodore_load.results import value_at

USERS, ITERATIONS, DELAY = 1000, 10, 0.5
ROUNDS = 7
MOST_MEMORY = 150  # MB of a worker
MOST_APART = {50: 0.01, 90: 0.01, 99: 0.02}
SATURATED = 0.5  # of a core of the server
MODULE = Path("/usr/lib/nginx/modules/ngx_http_echo_module.so")
ANSWER = f"""echo_sleep {DELAY}; echo -n '{{"status": "ok"}}';"""
BEGIN_APART = """
local begun = 0
function delay()
  begun = begun + 1
  return begun <= {users} and {milliseconds} * (begun - 1) / {users} or 0
end
"""
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


def ours(port, spread):
    """Percentiles of service times in seconds, and the share of a core that the worker took."""
    step = {"request": "GET /", "name": "get", "expect": {"status": 200, "fields": {"status": "ok"}}}
    declared = {
        "url": f"http://127.0.0.1:{port}",
        "stages": [f"{USERS} users x {ITERATIONS}"],
        "ramp": spread,
        "journeys": [{"steps": [step]}],
        "limits": {"lateness": 60},
        "workers": 1,
    }
    result = engine.run(scenario.read(declared, Path()))
    total = result.total
    assert total.ok == total.checked == USERS * ITERATIONS, total.errors
    return {percent: value_at(total.service, percent) for percent in MOST_APART}, result.cpu[0]


def wrk(port, spread):
    """Percentiles of wrk in seconds, and the share of a core that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = DELAY * ITERATIONS + spread
    command = ["wrk", "-t1", f"-c{USERS}", f"-d{round(seconds + 0.49)}s", "--latency"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        if spread:
            script.write(BEGIN_APART.format(users=USERS, milliseconds=1000 * spread))
            script.flush()
            command += ["-s", script.name]
        printed = subprocess.run([*command, f"http://127.0.0.1:{port}/"], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in printed or "Socket errors" in printed:
        sys.exit(f"NOT EVALUATED: wrk was not answered in time, or not as it should be; on a busy machine try again.\n{printed}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / seconds
    found = re.findall(r"^\s+(50|90|99)%\s+([\d.]+)(us|ms|s)\s*$", printed, re.MULTILINE)
    return {int(percent): float(number) * UNITS[unit] for percent, number, unit in found}, cpu


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true", help="a single round")
    parser.add_argument("--spread", type=float, default=DELAY, help="seconds within which users begin")
    given = parser.parse_args()
    if not (shutil.which("wrk") and shutil.which("nginx") and MODULE.exists()):
        print("NOT EVALUATED: needs wrk, nginx and its module echo (libnginx-mod-http-echo)")
        return 1
    rounds, busiest = [], 0.0
    with served(4 * USERS, f"load_module {MODULE};", ANSWER) as (port, _):
        for number in range(1 if given.short else ROUNDS):
            before = server_time(port)
            found = {client: client(port, given.spread) for client in ((ours, wrk) if number % 2 else (wrk, ours))}
            busiest = max(busiest, (server_time(port) - before) / (2 * DELAY * ITERATIONS))
            rounds.append((found[ours], found[wrk]))
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    held = busiest < SATURATED and memory <= MOST_MEMORY
    print(f"CPU of a core: worker {max(own[1] for own, _ in rounds):.0%}, wrk {max(of[1] for _, of in rounds):.0%}, nginx {busiest:.0%}")
    print(f"memory of the worker with {USERS} users: {memory:.0f} MB (at most {MOST_MEMORY})")
    for percent, most in MOST_APART.items():
        own, other = ([found[side][0][percent] * 1000 for found in rounds] for side in (0, 1))
        apart = [mine / its - 1 for mine, its in zip(own, other, strict=True)]
        median = statistics.median(apart)
        print(
            f"p{percent}: {statistics.median(own):.1f} ms, wrk {statistics.median(other):.1f} ms; apart by {median:+.2%} in the median, "
            f"{min(apart):+.2%} to {max(apart):+.2%} (at most {most:.0%} to either side)"
        )
        held &= abs(median) <= most
    return int(not held)


if __name__ == "__main__":
    sys.exit(main())
