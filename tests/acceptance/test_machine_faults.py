"""Faults of namespaces, clocks, disks and limits on this machine's own kernel, seen from outside."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from waiting import until

SERVER = "import http.server, sys\nhttp.server.ThreadingHTTPServer(('0.0.0.0', 8080), http.server.SimpleHTTPRequestHandler).serve_forever()"


def sh(command):
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def namespace():
    """Two namespaces of our own, joined by a cable, with a server in one."""
    mark = f"{os.getpid() % 10000}"
    here, there = f"theo-a{mark}", f"theo-b{mark}"
    sh(
        f"ip netns add {here} && ip netns add {there} && ip link add va{mark} netns {here} type veth peer name vb{mark} netns {there}"
        f" && ip -n {here} addr add 10.99.0.1/24 dev va{mark} && ip -n {there} addr add 10.99.0.2/24 dev vb{mark}"
        f" && ip -n {here} link set va{mark} up && ip -n {there} link set vb{mark} up && ip -n {there} link set lo up"
    )
    server = subprocess.Popen(["ip", "netns", "exec", there, sys.executable, "-c", SERVER], stderr=subprocess.DEVNULL)

    def answers():
        probe = "import urllib.request; urllib.request.urlopen('http://10.99.0.2:8080/', timeout=1)"
        command = ["ip", "netns", "exec", here, sys.executable, "-c", probe]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    until(answers, "the server's answer")
    yield there, answers
    server.kill()
    server.wait()
    sh(f"ip netns del {here}; ip netns del {there}")


@pytest.mark.needs("namespaces")
def test_a_partition_is_one_and_goes_away_with_its_rules(namespace, agent):
    name, answers = namespace
    before = sh(f"ip netns exec {name} iptables -S")
    fault = agent.inject("loss", {"namespace": name, "share": 1.0}, duration=60)
    assert not answers()
    agent.undo(fault)
    assert fault.exposure["packets"] >= 1
    assert answers()
    assert sh(f"ip netns exec {name} iptables -S") == before


@pytest.mark.needs("namespaces")
def test_packets_that_are_lost_now_and_then_are_counted(namespace, agent):
    name, answers = namespace
    fault = agent.inject("loss", {"namespace": name, "share": 0.3}, duration=60)
    until(lambda: answers() or True, "a try")
    agent.undo(fault)
    assert fault.exposure["packets"] >= 0
    assert answers()


@pytest.mark.needs("namespaces")
def test_where_nobody_sends_packets_none_is_lost(namespace, agent):
    name, _ = namespace
    fault = agent.inject("loss", {"namespace": name, "share": 1.0}, duration=60)
    agent.undo(fault)
    assert (fault.touched, fault.exposure) == (0, {"packets": 0})


@pytest.mark.needs("namespaces")
def test_the_machines_own_network_is_no_namespace(agent):
    from theodore_qa.faults.agent_client import ImpossibleFaultError

    with pytest.raises(ImpossibleFaultError, match="there is no network namespace 'default'"):
        agent.inject("loss", {"namespace": "default", "share": 1.0}, duration=5)


@pytest.mark.needs("libfaketime")
def test_a_clock_is_skewed_for_one_process_only(agent, tmp_path):
    file = tmp_path / "faketime"
    file.write_text("+0\n")
    library = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")))
    time_file = tmp_path / "time"
    program = f"import time, pathlib, select\nwhile True:\n    pathlib.Path({str(time_file)!r}).write_text(str(time.time())); select.select([], [], [], 0.05)"
    environment = os.environ | {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    process = subprocess.Popen([sys.executable, "-c", program], env=environment)

    def off():
        try:
            return float(time_file.read_text() or 0) - time.time()
        except (OSError, ValueError):
            return -1e9

    try:
        until(lambda: abs(off()) < 60, "the first time")
        fault = agent.inject("clock", {"file": str(file), "seconds": 3600}, duration=60)
        until(lambda: abs(off() - 3600) < 60, "the skew")
        agent.undo(fault)
        until(lambda: abs(off()) < 60, "the right time")
        assert fault.exposure == {"processes": 1}
    finally:
        process.kill()
        process.wait()


def test_a_clock_that_no_process_reads_disturbs_nothing(agent, tmp_path):
    file = tmp_path / "faketime"
    file.write_text("+0\n")
    fault = agent.inject("clock", {"file": str(file), "seconds": 3600}, duration=60)
    agent.undo(fault)
    assert (fault.touched, fault.exposure) == (0, {"processes": 0})
    assert file.read_text() == "+0\n"


@pytest.mark.needs("namespaces")
def test_a_disk_that_would_have_more_room_than_before_is_refused(agent, tmp_path):
    from theodore_qa.errors import QaError

    disk = tmp_path / "disk"
    disk.mkdir()
    sh(f"mount -t tmpfs -o size=1m tmpfs {disk}")
    try:
        with pytest.raises(QaError, match=r"has 1048576 bytes free, expected more than the 9999999 that are to be left"):
            agent.inject("disk", {"path": str(disk), "leave": 9_999_999}, duration=60)
        assert list(disk.iterdir()) == []
    finally:
        sh(f"umount {disk}")


@pytest.mark.needs("loop devices")
def test_a_disk_is_full_for_root_too(agent, tmp_path):
    disk, image = tmp_path / "disk", tmp_path / "image"
    disk.mkdir()
    sh(f"truncate -s 16M {image} && mkfs.ext4 -q -m 20 {image} && mount -o loop {image} {disk}")
    try:
        fault = agent.inject("disk", {"path": str(disk), "leave": 0}, duration=60)
        with pytest.raises(OSError, match="No space left"):
            (disk / "more").write_bytes(b"x" * 1_000_000)
        (disk / "more").unlink(missing_ok=True)
        agent.undo(fault)
    finally:
        sh(f"umount {disk}")


@pytest.mark.needs("namespaces")
def test_a_small_disk_is_filled_and_freed(agent, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    sh(f"mount -t tmpfs -o size=4m tmpfs {disk}")
    try:
        fault = agent.inject("disk", {"path": str(disk), "leave": 0}, duration=60)
        with pytest.raises(OSError, match="No space left"):
            (disk / "more").write_bytes(b"x" * 100_000)
        (disk / "more").unlink(missing_ok=True)
        agent.undo(fault)
        assert fault.exposure["bytes"] > 3_000_000
        (disk / "more").write_bytes(b"x" * 100_000)
    finally:
        sh(f"umount {disk}")


def test_the_machines_own_disk_is_never_filled(agent, tmp_path):
    from theodore_qa.faults.agent_client import ImpossibleFaultError

    with pytest.raises(ImpossibleFaultError, match="lies on a disk that the machine itself needs"):
        agent.inject("disk", {"path": str(tmp_path), "leave": 0}, duration=5)
    assert list(tmp_path.glob(".theodore-ballast*")) == []


def test_limits_and_starvation_are_taken_back(agent):
    import resource

    victim = subprocess.Popen(["sleep", "300"])
    try:
        for what in ("files", "memory"):
            kind = {"files": resource.RLIMIT_NOFILE, "memory": resource.RLIMIT_AS}[what]
            before = resource.prlimit(victim.pid, kind)
            fault = agent.inject("limit", {"pid": victim.pid, "what": what, "headroom": 0}, duration=60)
            assert resource.prlimit(victim.pid, kind)[0] == fault_limit(agent, fault) < before[0] or before[0] == -1
            assert resource.prlimit(victim.pid, kind) == before
        fault = agent.inject("cpu_throttling", {"pid": victim.pid, "share": 0.9}, duration=60)
        agent.undo(fault)
        assert fault.exposure["processes"] == 1
        assert fault.exposure["stopped_ms"] > 0
        state = Path(f"/proc/{victim.pid}/stat")
        until(lambda: state.read_text().rpartition(")")[2].split()[0] == "S", "asleep again, as it was")
    finally:
        victim.kill()
        victim.wait()


def fault_limit(agent, fault):
    """The limit that a fault had set, read from its exposure when it is undone."""
    return agent.undo(fault).exposure["limit"]
