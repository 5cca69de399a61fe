"""A fault counts when it disturbed something: each kind that runs on any machine, injected where it cannot, and taken away."""

import contextlib
import os
import signal
import socket
import subprocess
import sys

import pytest
from fault_proxy import echo, exactly, Server, tcp_service
from waiting import until

SUPERVISOR = "import subprocess, sys; subprocess.Popen(['sleep', '600']); sys.stdout.write('.'); sys.stdout.flush(); sys.stdin.read()"
RESTARTING = """\
import pathlib, subprocess, sys
while True:
    child = subprocess.Popen(["sleep", "599"])
    pathlib.Path(sys.argv[1]).write_text(str(child.pid))
    child.wait()
"""
OPENING = """\
import sys
held = []
for line in sys.stdin:
    try:
        held += [open("/dev/null") if line[0] == "f" else bytearray(int(line[1:]))]
    except OSError:
        pass
    print("done", flush=True)
"""


@pytest.fixture
def start():
    begun = []

    def run(*command):
        begun.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True))
        return begun[-1]

    yield run
    for process in begun:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdin.close()
        process.stdout.close()


def state(pid):
    from theodore_chaos.processes import Process

    found = Process.of(pid)
    return found.state if found else ""


def child_of(pid):
    from theodore_chaos.processes import family, Process

    return family(Process.of(pid))[-1].pid


def test_workers_are_paused_and_go_on_with_their_supervisor(agent, start):
    supervisor = start(sys.executable, "-c", SUPERVISOR)
    supervisor.stdout.read(1)
    worker = child_of(supervisor.pid)
    assert worker != supervisor.pid
    fault = agent.inject("pause", {"pid": supervisor.pid}, duration=60)
    assert (state(supervisor.pid), state(worker)) == ("T", "T")
    agent.undo(fault)
    assert (fault.ended, fault.exposure["processes"]) == ("asked", 2)
    assert "T" not in (state(supervisor.pid), state(worker))


def test_workers_are_throttled_with_their_supervisor(agent, start):
    supervisor = start(sys.executable, "-c", SUPERVISOR)
    supervisor.stdout.read(1)
    fault = agent.inject("cpu_throttling", {"pid": supervisor.pid, "share": 0.5}, duration=60)
    until(lambda: state(child_of(supervisor.pid)) == "T", "the worker stopped")
    agent.undo(fault)
    assert fault.exposure["processes"] == 2
    assert fault.disturbed
    assert "T" not in (state(supervisor.pid), state(child_of(supervisor.pid)))


CONTINUED, KILLED = signal.SIGCONT, signal.SIGKILL


@pytest.mark.parametrize(
    ("number", "reason"), [(CONTINUED, "somebody let process {} go on"), (KILLED, "process {} was killed while it was paused")]
)
def test_a_pause_that_somebody_ends_is_void(agent, start, number, reason):
    victim = start("sleep", "600")
    fault = agent.inject("pause", {"pid": victim.pid}, duration=60)
    victim.send_signal(number)
    if number is KILLED:
        victim.wait()
    agent.undo(fault)
    assert fault.lapsed
    assert fault.ended == reason.format(victim.pid)


def test_a_throttling_whose_worker_died_is_void(agent, start):
    from theodore_chaos.journal import Journal

    victim = start("sleep", "600")
    fault = agent.inject("cpu_throttling", {"pid": victim.pid, "share": 0.9}, duration=60)
    os.kill(Journal().read(fault.id).worker[0], signal.SIGKILL)
    until(lambda: not Journal().read(fault.id).active, "the fault undone")
    agent.undo(fault)
    assert fault.ended.startswith("the process that kept the fault up (")
    assert state(victim.pid) == "S"


def test_a_throttling_too_small_to_stop_anything_has_no_effect():
    from theodore_chaos.faults import KINDS
    from theodore_chaos.journal import Record

    record = Record("ab", 1, "", "cpu_throttling", "", {"pid": 1, "share": 0.5}, [], [], 0, 0)
    record.exposure = {"processes": 1, "stopped_ms": 20, "of_ms": 1000}
    assert KINDS["cpu_throttling"].exposure(record)["no_effect"] == "it was stopped for 20 of 1000 ms"


def test_a_process_that_nobody_starts_again_is_said_so(agent, start):
    victim = start("sleep", "603")
    fault = agent.inject("kill", {"pid": victim.pid, "ready": None}, duration=60)
    agent.undo(fault)
    assert fault.exposure == {"processes": 1, "not_restarted": f"nobody started process {victim.pid} again within 15 s"}


@pytest.mark.parametrize("named", ["file", "command"])
def test_a_process_that_its_supervisor_starts_again_has_recovered(agent, start, tmp_path, named):
    file = tmp_path / "pid"
    start(sys.executable, "-c", RESTARTING, str(file))
    until(file.exists, "the first process")
    until(file.read_text, "its pid")
    pid = int(file.read_text())
    fault = agent.inject("kill", {"pid": pid} | ({"file": str(file)} if named == "file" else {}), duration=60)
    agent.undo(fault)
    assert fault.exposure == {"processes": 1}
    assert int(file.read_text()) != pid


def test_file_handles_count_when_they_are_used_up(agent, start):
    victim = start(sys.executable, "-c", OPENING)
    for opened, disturbed in ((0, False), (2, False), (3, True)):
        fault = agent.inject("limit", {"pid": victim.pid, "what": "files", "headroom": 3}, duration=60)
        for _ in range(opened):
            print("f", file=victim.stdin, flush=True)
            victim.stdout.readline()
        agent.undo(fault)
        assert fault.disturbed is disturbed, fault.exposure
    unused = agent.inject("limit", {"pid": victim.pid, "what": "files", "headroom": 3}, duration=60)
    agent.undo(unused)
    assert unused.exposure["no_effect"] == "it used at most 0 of 3 file handles"


def test_memory_counts_when_it_is_used_up(agent, start):
    victim = start(sys.executable, "-c", OPENING)
    print("m1000", file=victim.stdin, flush=True)
    victim.stdout.readline()
    fault = agent.inject("limit", {"pid": victim.pid, "what": "memory", "headroom": 50 << 20}, duration=60)
    print(f"m{48 << 20}", file=victim.stdin, flush=True)
    victim.stdout.readline()
    agent.undo(fault)
    assert fault.disturbed, fault.exposure
    unused = agent.inject("limit", {"pid": victim.pid, "what": "memory", "headroom": 900_000 << 20}, duration=60)
    agent.undo(unused)
    assert unused.exposure["no_effect"].startswith("it used at most 0 of")


def test_a_limit_above_the_present_one_is_refused(agent, start):
    from theodore_qa.faults.agent_client import NotInjectedError

    victim = start("sleep", "600")
    with pytest.raises(NotInjectedError, match="A headroom of 1000000000 file handles is more than process"):
        agent.inject("limit", {"pid": victim.pid, "what": "files", "headroom": 10**9}, duration=60)


def test_a_limit_that_somebody_changes_is_void(agent, start):
    import resource

    victim = start("sleep", "600")
    fault = agent.inject("limit", {"pid": victim.pid, "what": "files", "headroom": 3}, duration=60)
    resource.prlimit(victim.pid, resource.RLIMIT_NOFILE, (500, resource.prlimit(victim.pid, resource.RLIMIT_NOFILE)[1]))
    agent.undo(fault)
    assert fault.ended == f"somebody changed the limit of process {victim.pid}"


def test_connections_count_as_long_as_the_server_holds_them(agent):
    closing, holding = tcp_service(lambda connection: connection.close()), tcp_service(echo)
    for service, held in ((holding, 5), (closing, 0)):
        host, port = service.getsockname()
        fault = agent.inject("connections", {"host": host, "port": port, "count": 5}, duration=60)
        agent.undo(fault)
        assert fault.touched == held, fault.exposure
        service.close()


PROXIED = {
    "latency": {"latency": 50, "jitter": 0},
    "bandwidth": {"rate": 1},
    "slicer": {"average_size": 2, "size_variation": 0, "delay": 10},
    "limit_data": {"bytes": 3},
    "timeout": {"timeout": 0},
    "corrupt": {"bytes": 1, "probability": 1.0, "seed": 1},
}
TOO_LITTLE = {
    "slicer": {"average_size": 10_000_000, "size_variation": 0, "delay": 10},
    "bandwidth": {"rate": 10_000_000},
    "limit_data": {"bytes": 10_000_000},
}


@pytest.fixture
def link():
    own, service = Server(), tcp_service(echo)
    host, port = own.proxy("echo", f"127.0.0.1:{service.getsockname()[1]}").split(":")
    yield own, (host, int(port))
    own.close()
    service.close()


def send(address, data=b"0123456789"):
    with socket.create_connection(address, timeout=5) as client:
        client.sendall(data)
        client.settimeout(0.5)
        try:
            exactly(client, len(data))
        except (OSError, AssertionError):
            return


@pytest.mark.parametrize("kind", PROXIED)
def test_a_toxic_counts_when_it_disturbed(agent, link, kind):
    own, address = link
    at = {"api": own.url, "proxy": "echo"}
    unmet = agent.inject("toxic", at | {"type": kind, "attributes": PROXIED[kind]}, duration=60)
    agent.undo(unmet)
    assert not unmet.disturbed, unmet.exposure
    met = agent.inject("toxic", at | {"type": kind, "attributes": PROXIED[kind]}, duration=60)
    send(address)
    agent.undo(met)
    assert met.disturbed, met.exposure


@pytest.mark.parametrize("kind", TOO_LITTLE)
def test_a_toxic_that_cannot_disturb_has_no_effect(agent, link, kind):
    own, address = link
    fault = agent.inject("toxic", {"api": own.url, "proxy": "echo", "type": kind, "attributes": TOO_LITTLE[kind]}, duration=60)
    send(address)
    agent.undo(fault)
    assert not fault.disturbed, fault.exposure


def test_two_names_of_one_server_hold_one_proxy(agent, link):
    from theodore_qa.faults.agent_client import NotInjectedError

    own, _ = link
    toxic = {"type": "latency", "attributes": {"latency": 5}}
    agent.inject("toxic", {"api": own.url, "proxy": "echo"} | toxic, duration=60)
    with pytest.raises(NotInjectedError, match=r"This run holds proxy echo at http://127\.0\.0\.1:\d+ with a fault of kind toxic"):
        agent.inject("link_down", {"api": own.url.replace("127.0.0.1", "localhost"), "proxy": "echo"}, duration=60)


def test_two_journals_do_not_hold_one_target(agent, link, tmp_path, monkeypatch):
    from theodore_qa.faults.agent_client import AgentClient, NotInjectedError

    own, _ = link
    toxic = {"api": own.url, "proxy": "echo", "type": "latency", "attributes": {"latency": 5}}
    fault = agent.inject("toxic", toxic, duration=60)
    monkeypatch.setenv("THEODORE_CHAOS_HOME", str(tmp_path / "another"))
    other = AgentClient()
    with pytest.raises(NotInjectedError, match="Another run on this machine, which keeps another journal, holds proxy echo at"):
        other.inject("toxic", toxic, duration=60)
    agent.undo(fault)
    assert other.undo(other.inject("toxic", toxic, duration=60)).ended == "asked"
    other.close()
