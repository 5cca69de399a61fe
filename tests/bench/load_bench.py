"""Requests a second of one worker of the load engine, with checks of status and a field, against wrk and Locust in the same run.

Two journeys are mixed three to one. Needs wrk on the PATH, and Locust installed, for the ratios: Locust's FastHttpUser has the same mixture
and makes the same checks; it is measured once all its users are answered. The server is nginx where it is on the PATH, else a small asyncio
one, which saturates before wrk. All are compared by requests for a second of their own processor time too, which neighbours hardly change.
"""

import contextlib
import json
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import util
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from raw_server import answering, OK, raw_serving
from waiting import until

from theodore_load import engine, scenario

ROUNDS = 7
SECONDS = 2
USERS = 50
AIM, OF_LOCUST = 0.4, 5.0
LONGEST_START = 60  # seconds within which Locust's users are answered on a busy machine
PATHS = {"/": 3, "/other": 1}  # with their weights
LOCUST = """
import json, sys, time
import gevent.monkey
gevent.monkey.patch_all()
from locust import FastHttpUser
from locust.env import Environment

url, users, seconds, paths, longest = json.loads(sys.argv[1])


def task_of(path):
    def get(user):
        with user.client.get(path, catch_response=True) as answer:
            if answer.status_code != 200 or answer.json().get("status") != "ok":
                answer.failure("not what was expected")

    return get


class Visitor(FastHttpUser):
    host = url
    tasks = [task_of(path) for path, weight in paths.items() for _ in range(weight)]


environment = Environment(user_classes=[Visitor])
runner = environment.create_local_runner()
runner.start(users, spawn_rate=users)
ends = time.monotonic() + longest
while (runner.user_count < users or environment.stats.num_requests < 2 * users) and time.monotonic() < ends:
    gevent.sleep(0.05)
sent, cpu, began = environment.stats.num_requests, time.process_time(), time.monotonic()
gevent.sleep(seconds)
took = time.monotonic() - began
print(json.dumps([environment.stats.num_requests - sent, environment.stats.num_failures, took, time.process_time() - cpu]))
runner.quit()
"""
AT_ONCE = "return 200 '{\"status\": \"ok\"}';"
NGINX = """
{modules} daemon off; worker_processes 1; worker_rlimit_nofile {files}; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections {files}; }}
http {{ access_log off; keepalive_timeout 3600; keepalive_requests 100000000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen unix:{folder}/none; listen 127.0.0.1:{port} backlog=4096; location / {{ default_type application/json; {answer} }} }} }}
"""


@contextlib.contextmanager
def served(files=2048, modules="", answer=AT_ONCE):
    """The port of a server that answers every request alike, with so many connections at most, and what it is.

    Args:
        files: The most files that nginx has open.
        modules: Its directives that load modules.
        answer: Its directives that answer.
    """
    if not shutil.which("nginx"):
        with raw_serving(answering(OK)) as port:
            yield port, "an asyncio server, no yardstick for wrk"
        return
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, files=files, modules=modules, answer=answer))
        process = subprocess.Popen(["nginx", "-p", folder, "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"])
        until(lambda: _listens(port), "nginx listens", 30)
        try:
            yield port, "nginx"
        finally:
            process.terminate()
            process.wait()


def _listens(port):
    import socket

    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def server_time(port):
    """The processor time that the workers of nginx have taken, in seconds."""
    processes = [process for process in psutil.process_iter(["name"]) if process.info["name"] == "nginx"]
    listening = [process for process in processes if any(of.laddr.port == port for of in process.net_connections() if of.laddr)]
    return sum(sum(process.cpu_times()[:2]) for process in listening)


def measured(client, port, *arguments):
    """What a client measured, and the share of a core that nginx took meanwhile."""
    before = server_time(port)
    found = client(port, *arguments)
    return found, (server_time(port) - before) / SECONDS


def ours(port, folder):
    """Checked answers a second of one worker."""
    expect = {"status": 200, "fields": {"status": "ok"}}
    journeys = [{"weight": weight, "steps": [{"request": f"GET {path}", "expect": expect}]} for path, weight in PATHS.items()]
    declared = {
        "url": f"http://127.0.0.1:{port}",
        "stages": [f"{USERS} users for {SECONDS} s"],
        "journeys": journeys,
        "limits": {"lateness": 60, "requests": 100_000_000},
        "workers": 1,
    }
    result = engine.run(scenario.read(declared, folder))
    total = result.total
    assert total.ok == total.checked == total.count > 0, total.errors
    return total.ok / result.seconds, result.cpu[0]


def wrk(port):
    """Requests a second of wrk with one thread, and its share of a core."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["wrk", "-t1", f"-c{USERS}", f"-d{SECONDS}s", f"http://127.0.0.1:{port}/"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / SECONDS
    return float(re.search(r"Requests/sec:\s+([\d.]+)", printed)[1]), cpu


def locust(port):
    """Requests a second of a Locust process whose FastHttpUser makes the same checks, and its share of a core."""
    given = json.dumps([f"http://127.0.0.1:{port}", USERS, SECONDS, PATHS, LONGEST_START])
    done = subprocess.run([sys.executable, "-c", LOCUST, given], capture_output=True, text=True, check=True)
    requests, failures, seconds, cpu = json.loads(done.stdout)
    assert requests and not failures, done.stdout + done.stderr
    return requests / seconds, cpu / seconds


def against_locust(figures, others):
    """Prints the ratio to Locust; whether it is as large as it has to be."""
    if not others:
        print("Locust is not installed: no ratio")
        return True
    ratios = [rate / other for (rate, *_), (other, _) in zip(figures, others, strict=True)]
    work = [(other_cpu / other) / (cpu / rate) for (rate, cpu, *_), (other, other_cpu) in zip(figures, others, strict=True)]
    median = statistics.median(ratios)
    print(f"Locust: median {statistics.median(rate for rate, _ in others):.0f} requests/s")
    print(f"requests for a second of CPU, ratio to Locust's: median {statistics.median(work):.1f}, {min(work):.1f} to {max(work):.1f}")
    print(f"ratio to Locust's FastHttpUser: median {median:.1f}, {min(ratios):.1f} to {max(ratios):.1f} (at least {OF_LOCUST})")
    return median >= OF_LOCUST


def main():
    rounds = 1 if "--short" in sys.argv else ROUNDS
    with served() as (port, server), tempfile.TemporaryDirectory() as folder:
        figures, others, busy = [], [], []
        for _ in range(rounds):
            own, under_ours = measured(ours, port, Path(folder))
            other, under_wrk = measured(wrk, port) if shutil.which("wrk") else ((None, None), 0.0)
            figures.append((*own, *other))
            busy.append((under_ours, under_wrk))
            if util.find_spec("locust"):
                others.append(locust(port))
            time.sleep(0.2)
    rates = [figure[0] for figure in figures]
    print(f"load engine: median {statistics.median(rates):.0f} checked answers/s, {min(rates):.0f} to {max(rates):.0f}, over {server}")
    print(f"CPU of the worker: {statistics.median(cpu / rate * 1e6 for rate, cpu, _, _ in figures):.1f} µs a request")
    if server == "nginx":
        print("CPU of nginx: median {:.0%} of a core under ours, {:.0%} under wrk".format(*map(statistics.median, zip(*busy, strict=True))))
    reached = against_locust(figures, others)
    ratios = [rate / other for rate, _, other, _ in figures if other]
    if not ratios:
        print("wrk is not on the PATH: no ratio")
        return int(not reached)
    work = [(other_cpu / other) / (cpu / rate) for rate, cpu, other, other_cpu in figures]
    print(f"requests for a second of CPU, ratio to wrk: median {statistics.median(work):.2f}, {min(work):.2f} to {max(work):.2f}")
    print(f"ratio to wrk: median {statistics.median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f} (at least {AIM})")
    return int(statistics.median(ratios) < AIM or not reached)


if __name__ == "__main__":
    sys.exit(main())
