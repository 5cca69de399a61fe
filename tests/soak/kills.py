"""The proof that faults go away: SIGKILLs at random moments of a test that injects up to five, one process at a time.

The system is ``shop.py``, the run is ``theodore test chaos`` in a terminal of its own, and the fault proxy is ``theodore chaos proxy``.
After each kill everything that was injected must be gone within the lease and a second, no process of the run be left, the test not
have passed, and a message say what was killed. ``--both`` kills agent and guardian together; then one rollback must restore all.
"""

import argparse
import json
import os
import pty
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import yaml

LEASE = 5.0
CLOSE = 1.0
SHOP = Path(__file__).with_name("shop.py")
THEODORE = [sys.executable, "-c", "from theodore_qa.cli import main; main()"]
# The pattern of each victim's command line, and that of the words by which the run's own messages name it.
VICTIMS = {
    "robot": ("-m robot (?!--end-command)", "robot process that wrote it was killed"),
    "pabot": ("pabot.pabot", "pabot was killed by SIGKILL"),
    "renewal": ("theodore_chaos renewal", "renewal helper was lost"),
    "agent": ("theodore_chaos agent", "agent was lost"),
    "guardian": ("theodore_chaos guardian", "guardian was lost"),
    "proxy": ("chaos proxy", "prox(y|ies).*(gone|answer|ended|reached|no proxy)"),
    "theodore": ("test chaos", None),
    "terminal": ("--terminal", None),
}
# What is injected beside the pause, by the variable that holds it.
MORE = {
    "starved": "Starve Process    starved    share=0.5",
    "handles": "Limit File Handles    handles    room=5",
    "memory": "Limit Process Memory    memory    room=32",
    "narrow": "Limit Bandwidth    backend    100",
    "corrupt": "Corrupt Data    backend    share=0.1",
    "cut": "Cut Link    store",
}
SUITE = """\
*** Settings ***
Library         ChaosLibrary
Test Tags       system:shop


*** Test Cases ***
The Shop Answers In Spite Of Its Troubles
{injections}
    Run Experiment    slow_backend
    Fault Should Have Touched    {faults}
"""
EXPERIMENTS = {
    "probes": {"version": {"request": "GET /version", "within": "5 s", "expect": {"build": "shop-test-1"}}},
    "experiments": {
        "slow_backend": {
            "title": "Slow answers of the backend",
            "type": "network_latency",
            "faults": [{"kind": "latency", "target": "backend"}],
            "probe": "version",
            "duration": 4,
            "intensity": 0.3,
            "recovery": 10,
        }
    },
}


def state(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def marked(mark):
    """The living processes that carry a mark, by pid."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (entry / "environ").read_bytes() and state(entry.name) not in ("", "Z"):
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
    return found


def within(seconds, condition):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Shop:
    """The system, its fault proxy, and processes that are hit and outlive the run."""

    def __init__(self, folder, environment):
        self.begun = []
        backend = int(self.start(folder, "backend").stdout.readline())
        links = [part for link in ("backend", "store") for part in ("--proxy", link, "127.0.0.1:0", f"127.0.0.1:{backend}")]
        command = [*THEODORE, "chaos", "proxy", "--port", "0", *links]
        self.proxy = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.api = re.search(r"http://\S+", self.proxy.stdout.readline())[0]
        addresses = [self.proxy.stdout.readline().split()[1] for _ in range(2)]
        port = int(self.start(folder, "shop", *addresses).stdout.readline())
        self.pids = {name: self.start(folder, name).pid for name in ("idle", "starved", "handles", "memory")}
        self.limits = self.read_limits()
        self.links = self.read_links()
        declaration = {
            "name": "shop",
            "kind": "test",
            "allow": {"chaos": True},
            "systems": {
                "shop": {
                    "url": f"http://127.0.0.1:{port}",
                    "proof": {"operation": "GET /version", "field": "build", "value": "shop-test-1"},
                    "proxies": {"url": self.api, "links": {"backend": "backend", "store": "store"}},
                    "processes": {name: str(folder / f"{name}.pid") for name in self.pids},
                }
            },
        }
        (folder / "variables" / "shop.yaml").write_text(yaml.safe_dump(declaration))

    def start(self, folder, role, *arguments):
        process = subprocess.Popen([sys.executable, SHOP, role, *arguments], stdout=subprocess.PIPE, text=True)
        (folder / f"{role}.pid").write_text(str(process.pid))
        self.begun.append(process)
        return process

    def read_limits(self):
        kinds = (resource.RLIMIT_NOFILE, resource.RLIMIT_AS)
        return [resource.prlimit(self.pids[name], kind) for name in ("handles", "memory") for kind in kinds]

    def read_links(self):
        with urllib.request.urlopen(f"{self.api}/proxies", timeout=5) as answer:
            return {name: (proxy["enabled"], proxy["toxics"]) for name, proxy in json.load(answer).items()}

    @property
    def hit(self):
        return state(self.pids["idle"]) == "T"

    def faults(self):
        """What is injected still."""
        found = ["the idle process stands still"] if self.hit else []
        # A throttled process is stopped for 50 of every 100 ms: ten looks in 150 ms cannot miss that.
        if within(0.15, lambda: state(self.pids["starved"]) == "T"):
            found.append("the starved process is stopped")
        if self.read_limits() != self.limits:
            found.append("a limit is not given back")
        if self.proxy.poll() is None and self.read_links() != self.links:
            found.append("a link is not as it was")
        return found

    def close(self):
        for process in (*self.begun, self.proxy):
            process.kill()
            process.wait()
            process.stdout.close()


class Trial:
    """A run of ``theodore test chaos`` in a terminal, against a shop of its own."""

    def __init__(self, folder, number, source):
        self.folder = folder
        self.mark = f"THEODORE_KILL_MARK=trial-{os.getpid()}-{number}-"
        for part in ("suites/chaos", "variables"):
            (folder / part).mkdir(parents=True)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("THEODORE_")}
        self.environment = clean | {"THEODORE_CHAOS_HOME": str(folder / "chaos")}
        self.shop = Shop(folder, self.environment)
        (folder / "variables" / "experiments.yaml").write_text(yaml.safe_dump(EXPERIMENTS))
        self.injected = ["idle", *source.sample(sorted(MORE), source.randint(0, 3))]
        keywords = {"idle": "Pause Process    idle"} | MORE
        injections = "\n".join(f"    ${{{name}}} =    {keywords[name]}" for name in self.injected)
        suite = SUITE.format(injections=injections, faults="    ".join(f"${{{name}}}" for name in self.injected))
        (folder / "suites" / "chaos" / "kill.robot").write_text(suite)

    def start(self):
        name, value = self.mark.split("=")
        command = [
            sys.executable,
            __file__,
            "--terminal",
            *THEODORE,
            "test",
            "chaos",
            "--environment",
            "shop",
            "--processes",
            "2",
        ]
        with (self.folder / "console.txt").open("wb") as console:
            self.run = subprocess.Popen(
                command, cwd=self.folder, env=self.environment | {name: value}, stdin=subprocess.PIPE, stdout=console
            )

    @property
    def ended(self):
        return self.run.poll() is not None

    def pid_of(self, role):
        if role == "proxy":
            return self.shop.proxy.pid
        found = {pid: command for pid, command in marked(self.mark).items() if re.search(VICTIMS[role][0], command)}
        return next((pid for pid, command in found.items() if role == "terminal" or "--terminal" not in command), None)

    def kill(self, role):
        """Kill the victim while faults are in force; False where it has ended already, or they have."""
        pid = self.pid_of(role)
        if pid is None or not self.shop.hit:
            return False
        if role == "proxy":  # the command, and the process that serves
            os.killpg(pid, signal.SIGKILL)
            self.shop.proxy.wait()
        else:
            os.kill(pid, signal.SIGKILL)
        return True

    def console(self):
        """What stands on the terminal after its progress."""
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", (self.folder / "console.txt").read_text(errors="replace"))
        return " ".join(text[max(0, text.find("Output:")) :].split())

    def passed(self):
        report = self.folder / "results" / "readiness.json"
        return report.is_file() and json.loads(report.read_text())["tests_by_verdict"].get("PASS", 0)

    def close(self):
        for pid in marked(self.mark):
            os.kill(pid, signal.SIGKILL)
        self.run.wait()
        self.run.stdin.close()
        self.shop.close()


def trial(number, role, source):
    """One run with one kill, or none; returns what was wrong, or None where the kill came too late."""
    with tempfile.TemporaryDirectory() as folder:
        run = Trial(Path(folder), number, source)
        try:
            run.start()
            if not within(60, lambda: run.shop.hit or run.ended):
                return ["nothing was injected within 60 s"]
            if role is None:
                within(120, lambda: run.ended)
                return None if run.passed() else [f"the test did not pass: {run.console()}"]
            time.sleep(source.uniform(0, 5))
            if not run.kill(role):
                return None
            return run.injected, wrong_after(run, role)
        finally:
            run.close()


def wrong_after(run, role):
    # Without a proxy only the faults of links are void: the run goes on, and undoes the others as its test ends.
    soon = role == "proxy" or within(LEASE + CLOSE, lambda: not run.shop.faults())
    wrong = [] if soon else run.shop.faults()
    if not within(120, lambda: not marked(run.mark)):
        wrong += [f"left running: {command[:80]}" for command in marked(run.mark).values()]
    wrong += run.shop.faults()
    if run.passed():
        wrong.append("the test counts as passed")
    named = VICTIMS[role][1]
    if named and not re.search(named, run.console()):
        wrong.append(f"no message names the {role}: {run.console()[-1500:]}")
    return wrong


def both(number, source):
    """Agent and guardian killed at once: one rollback restores all."""
    with tempfile.TemporaryDirectory() as folder:
        run = Trial(Path(folder), number, source)
        try:
            run.start()
            if not within(60, lambda: run.shop.hit or run.ended):
                return ["nothing was injected within 60 s"]
            time.sleep(source.uniform(0, 4))
            pids = [run.pid_of(role) for role in ("guardian", "agent")]
            if None in pids or not run.shop.hit:
                return None
            for number_of_signal in (signal.SIGSTOP, signal.SIGKILL):
                for pid in pids:
                    os.kill(pid, number_of_signal)
            done = subprocess.run(
                [*THEODORE, "chaos", "rollback"], env=run.environment, capture_output=True, text=True, check=False
            )
            wrong = run.shop.faults()
            within(120, lambda: not marked(run.mark))
            return [*wrong, *([f"rollback ended with {done.returncode}"] if done.returncode else [])]
        finally:
            run.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--both", type=int, default=10)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    source = random.Random(options.seed)
    print(f"Seed {options.seed}", flush=True)
    if wrong := trial("control", None, source):
        print(f"The control run without a kill: {'; '.join(wrong)}")
        return True
    print("The control run without a kill passes", flush=True)
    roles, bad, done, late = list(VICTIMS), 0, 0, 0
    while done < options.kills:
        role = roles[done % len(roles)]
        outcome = trial(done + late, role, source)
        if outcome is None:
            late += 1
            continue
        injected, wrong = outcome
        done += 1
        bad += bool(wrong)
        print(f"{done:>4} {role:<9} {len(injected) + 1} faults: {'; '.join(wrong) or 'all gone, not passed'}", flush=True)
    print(f"{done - bad} of {done} kills left nothing behind and passed nothing ({late} came when the faults were over)")
    restored = tried = 0
    while tried < options.both:
        wrong = both(f"both-{tried}", source)
        if wrong is not None:
            tried += 1
            restored += not wrong
            print(f"{tried:>4} agent and guardian: {'; '.join(wrong) or 'restored by one rollback'}", flush=True)
    print(f"{restored} of {tried} times one rollback restored everything")
    return bad or restored < tried


if __name__ == "__main__":
    if sys.argv[1:2] == ["--terminal"]:
        sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[2:])))
    sys.exit(bool(main()))
