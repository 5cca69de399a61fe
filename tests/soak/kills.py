"""The proof that faults go away: SIGKILLs at random moments of running experiments, one process at a time.

After each kill everything that was injected must be gone within the lease and a second, no process be left, and no experiment
that was under way when its lease was lost count as completed. ``--both`` kills agent and guardian together; then one rollback
must restore all.
"""

import argparse
import datetime as dt
import json
import os
import random
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
VICTIMS = ("robot", "pabot", "renewal", "proxy", "agent", "guardian")
PATTERNS = {
    "robot": "-m robot",
    "pabot": "pabot.pabot",
    "renewal": "theodore_chaos renewal",
    "proxy": "theodore_chaos.proxy",
    "agent": "theodore_chaos agent",
    "guardian": "theodore_chaos guardian",
}
SUITE = """\
*** Settings ***
Library    ChaosLibrary

*** Test Cases ***
Experiment
    ${paused} =    Pause Process    paused
    ${limited} =    Limit File Handles    limited    room=5
    Run Experiment    network_latency_basic    duration=3 s
    Fault Should Have Touched    ${paused}    ${limited}
"""
MAIN = [sys.executable, "-c", "from theodore_qa.cli import main; main()"]


def stat(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def marked(mark):
    """The living processes that carry a mark, by pid."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (entry / "environ").read_bytes() and stat(entry.name) not in ("", "Z"):
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


class Trial:
    """One run of an experiment against a sandbox that stays up, with victims that outlive it."""

    def __init__(self, folder, number):
        self.folder = folder
        self.mark = f"THEODORE_KILL_MARK=trial-{os.getpid()}-{number}-"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("THEODORE_")}
        self.environment |= {"THEODORE_CHAOS_HOME": str(folder / "chaos")}
        self.victims = {name: subprocess.Popen(["sleep", "600"]) for name in ("paused", "limited")}
        self.limit = resource.prlimit(self.victims["limited"].pid, resource.RLIMIT_NOFILE)
        up = subprocess.run(
            [*MAIN, "sandbox", "up"], cwd=folder, env=self.environment, capture_output=True, text=True, check=True
        )
        self.environment |= dict(line[7:].split("=", 1) for line in up.stdout.splitlines() if line.startswith("export "))
        declaration = yaml.safe_load((folder / ".theodore" / "sandbox-up.yaml").read_text())
        for name, process in self.victims.items():
            (folder / f"{name}.pid").write_text(str(process.pid))
        theodore = declaration["systems"]["theodore"]
        theodore |= {"proxies": {"url": "embedded"}, "processes": {name: str(folder / f"{name}.pid") for name in self.victims}}
        (folder / "environment.yaml").write_text(yaml.safe_dump(declaration))
        (folder / "experiment.robot").write_text(SUITE)
        self.control = theodore["control"]
        self.links = self.dependencies()

    def dependencies(self):
        with urllib.request.urlopen(f"{self.control}/dependencies", timeout=5) as answer:
            return json.load(answer)

    def start(self):
        name, value = self.mark.split("=")
        variables = {name: value, "THEODORE_ENVIRONMENT": str(self.folder / "environment.yaml"), "THEODORE_RUN": "trial"}
        command = [
            sys.executable, "-m", "pabot.pabot", "--command", sys.executable, "-m", "robot", "--end-command", "--processes", "1",
            "--no-pabotlib", "--listener", "theodore_qa.listener.Listener", "--outputdir", str(self.folder / "out"), "experiment.robot",
        ]  # fmt: skip
        self.run = subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment | variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def pid_of(self, role):
        return next((pid for pid, command in marked(self.mark).items() if PATTERNS[role] in command), None)

    def injected(self):
        return stat(self.victims["paused"].pid) == "T"

    def clean(self):
        """What is still not as it was."""
        wrong = []
        if stat(self.victims["paused"].pid) == "T":
            wrong.append("the paused process stands still")
        if resource.prlimit(self.victims["limited"].pid, resource.RLIMIT_NOFILE) != self.limit:
            wrong.append("the limit is not given back")
        if self.dependencies() != self.links:
            wrong.append("the links lead through proxies")
        return wrong

    def completed_through(self, moment):
        """Experiments that count as completed although the kill came while their fault was there."""
        found = []
        for path in self.folder.rglob("experiments/*.json"):
            experiment = json.loads(path.read_text())
            for activity in experiment["run"]:
                start, end = (dt.datetime.fromisoformat(activity[name]).timestamp() for name in ("start", "end"))
                if experiment["status"] == "completed" and start < moment < end - 0.05:
                    found.append(path.name)
        return found

    def close(self):
        if self.run.poll() is None:
            os.killpg(self.run.pid, signal.SIGKILL)
        subprocess.run([*MAIN, "sandbox", "down"], cwd=self.folder, env=self.environment, capture_output=True, check=False)
        for process in self.victims.values():
            process.kill()
            process.wait()


def kill(number, role, source):
    """One kill; returns what was wrong with what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder), number)
        try:
            trial.start()
            if not within(30, trial.injected):
                return ["nothing was injected within 30 s"]
            time.sleep(source.uniform(0, 6))
            pid = trial.pid_of(role)
            if pid is None:
                return None
            moment = time.time()
            os.kill(pid, signal.SIGKILL)
            if role in ("robot", "pabot"):
                wrong = [] if within(LEASE + 1, lambda: not trial.clean()) else trial.clean()
                if role == "pabot":  # its child goes on, and ends by itself
                    within(40, lambda: not marked(trial.mark))
            else:
                wrong = (
                    []
                    if role == "proxy" or within(LEASE + 1, lambda: stat(trial.victims["paused"].pid) != "T")
                    else trial.clean()
                )
                trial.run.wait(90)
            within(5, lambda: not marked(trial.mark))
            wrong += trial.clean()
            wrong += [f"left running: {command[:80]}" for command in marked(trial.mark).values()]
            if role != "pabot":
                wrong += [f"counts as completed: {name}" for name in trial.completed_through(moment)]
            return wrong
        finally:
            trial.close()


def both(number, source):
    """Agent and guardian killed at once: one rollback restores all."""
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder), number)
        try:
            trial.start()
            if not within(30, trial.injected):
                return ["nothing was injected within 30 s"]
            time.sleep(source.uniform(0, 4))
            pids = [trial.pid_of(role) for role in ("guardian", "agent")]
            if None in pids:
                return None
            for number_of_signal in (signal.SIGSTOP, signal.SIGKILL):
                for pid in pids:
                    os.kill(pid, number_of_signal)
            done = subprocess.run(
                [*MAIN, "chaos", "rollback"], env=trial.environment, capture_output=True, text=True, check=False
            )
            wrong = trial.clean()
            trial.run.wait(90)
            return [*wrong, *([f"rollback ended with {done.returncode}"] if done.returncode else [])]
        finally:
            trial.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--both", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    source = random.Random(options.seed)
    print(f"Seed {options.seed}", flush=True)
    bad = done = late = 0
    while done < options.kills:
        role = VICTIMS[(done + late) % len(VICTIMS)]
        wrong = kill(done + late, role, source)
        if wrong is None:
            late += 1
            continue
        done += 1
        bad += bool(wrong)
        print(f"{done:>4} {role:<9} {'; '.join(wrong) or 'all gone'}", flush=True)
    print(f"{done - bad} of {done} kills left nothing behind ({late} came when the process had ended already)")
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
    sys.exit(bool(main()))
