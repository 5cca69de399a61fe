"""Requests a second of one worker of the load engine, with checks of status and a field, against wrk and Locust in the same run.

Needs wrk on the PATH, and Locust installed, for the ratios: Locust's FastHttpUser makes the same checks. The server is nginx where it is on the PATH, else a small asyncio one, which saturates before wrk.
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

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from raw_server import answering, OK, raw_serving
from waiting import until

from theodore_load import engine, scenario

ROUNDS = 7
SECONDS = 2
USERS = 50
AIM, OF_LOCUST = 0.4, 5.0
LOCUSTFILE = """
from locust import FastHttpUser, task


class Visitor(FastHttpUser):
    @task
    def get(self):
        with self.client.get("/", catch_response=True) as answer:
            if answer.status_code != 200 or answer.json().get("status") != "ok":
                answer.failure("not what was expected")
"""
NGINX = """
daemon off; worker_processes 1; worker_rlimit_nofile {files}; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections {files}; }}
http {{ access_log off; keepalive_timeout 3600; keepalive_requests 100000000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen unix:{folder}/none; listen 127.0.0.1:{port} backlog=4096; location / {{ default_type application/json; return 200 '{{"status": "ok"}}'; }} }} }}
"""


@contextlib.contextmanager
def served(files=2048):
    """The port of a server that answers every request alike, with so many connections at most, and what it is."""
    if not shutil.which("nginx"):
        with raw_serving(answering(OK)) as port:
            yield port, "an asyncio server, no yardstick for wrk"
        return
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, files=files))
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


def ours(port, folder):
    """Checked answers a second of one worker."""
    step = {"request": "GET /", "name": "get", "expect": {"fields": {"status": "ok"}}}
    declared = {
        "url": f"http://127.0.0.1:{port}",
        "stages": [f"{USERS} users for {SECONDS} s"],
        "journeys": [{"steps": [step]}],
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


def locust(port, folder):
    """Requests a second of a Locust process whose FastHttpUser makes the same checks, and its share of a core."""
    (folder / "visitors.py").write_text(LOCUSTFILE)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "locust", "--locustfile", "visitors.py", "--host", f"http://127.0.0.1:{port}", "--headless"]
    options = ["--users", str(USERS), "--spawn-rate", str(USERS), "--run-time", f"{SECONDS + 2}s", "--json", "--skip-log-setup"]
    done = subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    (figures,) = json.loads(done.stdout) or sys.exit("Locust sent nothing: the machine is too busy to compare with it")
    assert figures["num_requests"] and not figures["num_failures"], figures
    seconds = figures["last_request_timestamp"] - figures["start_time"]
    return figures["num_requests"] / seconds, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / seconds


def against_locust(figures, others):
    """Prints the ratio to Locust; whether it is as large as it has to be."""
    if not others:
        print("Locust is not installed: no ratio")
        return True
    ratios = [rate / other for (rate, *_), (other, _) in zip(figures, others, strict=True)]
    median = statistics.median(ratios)
    print(f"Locust: median {statistics.median(rate for rate, _ in others):.0f} requests/s")
    print(f"ratio to Locust's FastHttpUser: median {median:.1f}, {min(ratios):.1f} to {max(ratios):.1f} (at least {OF_LOCUST})")
    return median >= OF_LOCUST


def main():
    rounds = 1 if "--short" in sys.argv else ROUNDS
    with served() as (port, server), tempfile.TemporaryDirectory() as folder:
        figures, others = [], []
        for _ in range(rounds):
            rate, cpu = ours(port, Path(folder))
            figures.append((rate, cpu, *(wrk(port) if shutil.which("wrk") else (None, None))))
            if util.find_spec("locust"):
                others.append(locust(port, Path(folder)))
            time.sleep(0.2)
    rates = [figure[0] for figure in figures]
    print(f"load engine: median {statistics.median(rates):.0f} checked answers/s, {min(rates):.0f} to {max(rates):.0f}, over {server}")
    print(f"CPU of the worker: {statistics.median(cpu / rate * 1e6 for rate, cpu, _, _ in figures):.1f} µs a request")
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
