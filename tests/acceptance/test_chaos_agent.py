"""Whatever is killed, what was injected is undone within the lease and a second, and nothing is left running."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from waiting import until

LEASE = 1.5
SLACK = 1.0
HOLDER = """\
import json, subprocess, sys, time
from theodore_qa.faults.agent_client import agent
fault = agent.inject("pause", {{"pid": {pid}}}, duration=60, lease={lease}, label="a test")
print(json.dumps(agent.companions()), flush=True)
sys.stdin.readline()
try:
    agent.undo(fault)
    print(json.dumps({{"ended": fault.ended, "exposure": fault.exposure}}), flush=True)
except Exception as error:
    print(json.dumps({{"lost": str(error)}}), flush=True)
"""


def state(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def gone(pid):
    try:
        return state(pid) == "Z"
    except OSError:
        return True


@pytest.fixture
def victim():
    process = subprocess.Popen(["sleep", "300"])
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def home(tmp_path, clean_environment):
    return tmp_path / "chaos"


class Holder:
    def __init__(self, pid):
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER.format(pid=pid, lease=LEASE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.pids = json.loads(self.process.stdout.readline()) | {"holder": self.process.pid}

    def concludes(self):
        reply, _ = self.process.communicate("\n", timeout=900)
        return json.loads(reply)


@pytest.mark.parametrize("killed", ["agent", "guardian", "renewal", "holder"])
def test_one_is_killed_and_the_others_undo(victim, home, killed):
    holder = Holder(victim.pid)
    assert state(victim.pid) == "T"
    os.kill(holder.pids[killed], signal.SIGKILL)
    until(lambda: state(victim.pid) != "T", "undone", LEASE + SLACK)
    if killed != "holder":
        reply = holder.concludes()
        assert "asked" not in reply.values(), reply
    holder.process.stdin.close()
    holder.process.wait(10)
    for name, pid in holder.pids.items():
        until(lambda pid=pid: gone(pid), f"{name} gone", 5)


@pytest.mark.parametrize("stopped", ["agent", "renewal"])
def test_one_that_hangs_is_as_good_as_gone(victim, home, stopped):
    holder = Holder(victim.pid)
    os.kill(holder.pids[stopped], signal.SIGSTOP)
    try:
        until(lambda: state(victim.pid) != "T", "undone", LEASE + SLACK)
    finally:
        os.kill(holder.pids[stopped], signal.SIGCONT)
    assert holder.concludes()["ended"].startswith("the lease lapsed")


def test_agent_and_guardian_killed_together_are_made_good_by_a_rollback(victim, home, theodore):
    holder = Holder(victim.pid)
    for name in ("guardian", "agent"):
        os.kill(holder.pids[name], signal.SIGSTOP)
    for name in ("guardian", "agent"):
        os.kill(holder.pids[name], signal.SIGKILL)
    until(lambda: gone(holder.pids["agent"]) and gone(holder.pids["guardian"]), "both gone", 5)
    assert state(victim.pid) == "T"
    status = theodore("chaos", "status")
    assert status.returncode == 1, status
    assert f"process {victim.pid}" in status.stdout
    assert "held by nobody" in status.stdout
    undone = theodore("chaos", "rollback")
    assert undone.returncode == 0, undone
    assert state(victim.pid) != "T"
    assert theodore("chaos", "status").stdout == "No fault is active.\n"
    holder.process.kill()
    holder.process.wait()


def test_the_next_start_makes_good_what_nobody_holds(victim, home):
    first = Holder(victim.pid)
    for name in ("guardian", "agent"):
        os.kill(first.pids[name], signal.SIGSTOP)
    for name in ("guardian", "agent", "holder"):
        os.kill(first.pids[name], signal.SIGKILL)
    first.process.wait(10)
    other = subprocess.Popen(["sleep", "300"])
    try:
        second = Holder(other.pid)
        assert state(victim.pid) != "T"
        reply = second.concludes()
        assert (reply["ended"], reply["exposure"]["processes"]) == ("asked", 1)
    finally:
        other.kill()
        other.wait()


def test_a_target_that_somebody_holds_is_refused_with_who_holds_it(victim, home):
    first = Holder(victim.pid)
    program = HOLDER.format(pid=victim.pid, lease=LEASE)
    second = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False)
    assert second.returncode == 1
    message = f"Process {first.process.pid} holds process {victim.pid} with a fault of kind pause (a test)."
    assert second.stderr.strip().endswith(f"The fault was not injected: {message}")
    assert state(victim.pid) == "T"
    assert first.concludes()["ended"] == "asked"
    assert state(victim.pid) != "T"


def test_a_pid_that_another_process_got_is_left_alone(home):
    from theodore_chaos.processes import Process

    mine = Process.current()
    assert not Process(mine.pid, mine.start - 1).send(signal.SIGKILL)
    assert Process(mine.pid, mine.start - 1).state == ""


def test_a_fault_that_cannot_be_undone_stays_in_the_journal_and_says_so(home, theodore, monkeypatch):
    from theodore_chaos import faults, undo
    from theodore_chaos.journal import Journal, Record
    from theodore_chaos.processes import boot_id, Process, uptime

    class Stuck:
        survives_restart = False

        def undo(self, record):
            raise OSError("the disk is read-only")

        def exposure(self, record):
            return {}

    monkeypatch.setitem(faults.KINDS, "stuck", Stuck())
    monkeypatch.setattr(undo, "FIRST_PAUSE", 0)
    journal = Journal()
    me = list(Process.current())
    record = Record("ab12", 1, boot_id(), "stuck", "a disk", {}, me, me, uptime() + 60, 5.0, state="active", injected=time.time())
    journal.write(record)
    done = undo.undo(journal, record, "asked")
    assert (done.state, done.problem) == ("failed", "the disk is read-only")
    status = theodore("chaos", "status")
    assert status.returncode == 3
    assert "NOT UNDONE (the disk is read-only)" in status.stdout


def test_a_lease_that_is_lost_while_its_fault_is_injected_is_no_lack_of_the_environment(victim, home, monkeypatch):
    from theodore_chaos import faults
    from theodore_chaos.agent import ChaosAgent
    from theodore_chaos.errors import FaultUnavailableError, RefusedError
    from theodore_chaos.processes import Process

    monkeypatch.setenv("THEODORE_CHAOS_HOME", str(home))
    agent = ChaosAgent(Process.current())
    monkeypatch.setattr(agent, "_start_companions", lambda: None)

    def lose(_record):
        agent.undo_all("the renewal helper was lost")
        raise FaultUnavailableError("the worker of pause did not start")

    monkeypatch.setattr(faults.KINDS["pause"], "inject", lose)
    command = {"kind": "pause", "parameters": {"pid": victim.pid}, "lease": LEASE, "duration": 10}
    with pytest.raises(RefusedError, match="^The lease was lost while the fault was injected: the renewal helper was lost.$"):
        agent.inject(command)
    assert state(victim.pid) != "T"
