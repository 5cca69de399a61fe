"""What a process uses is sampled while it lives, through a kill; and what an engine says of a container."""

import subprocess
import sys
import threading
import time

import pytest

from theodore_qa.faults import container_usage
from theodore_qa.faults.usage import UsageWatch

LONGEST = 60
BUSY = "import socket\nfiles = [open('/dev/null') for _ in range(30)]\nwhile True: pass"


@pytest.fixture
def started():
    running = []

    def start():
        running.append(subprocess.Popen([sys.executable, "-c", BUSY]))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def wait_for(condition):
    deadline = time.monotonic() + LONGEST
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


def test_cpu_memory_and_handles_of_a_busy_process(started):
    process = started()
    watch = UsageWatch("worker", lambda: process.pid, 0.05).start()
    wait_for(lambda: watch.samples and watch.samples[-1].handles >= 30 and watch.samples[-1].cpu > 0)
    watch.stop()
    assert watch.samples[-1].memory > 1
    assert watch.samples[-1].connections == 0


def test_a_watch_that_ends_before_its_second_sample_takes_it_then(started):
    process, seen = started(), threading.Event()

    def pid():
        seen.set()
        return process.pid

    watch = UsageWatch("worker", pid, LONGEST).start()
    assert seen.wait(LONGEST)
    watch.stop()
    assert [sample.memory > 1 for sample in watch.samples] == [True]


def test_a_process_that_was_killed_and_started_again_is_followed(started):
    processes = [started()]
    watch = UsageWatch("worker", lambda: processes[-1].pid, 0.05).start()
    wait_for(lambda: watch.samples)
    processes[0].kill()
    processes[0].wait()
    processes.append(started())
    before = time.time()
    wait_for(lambda: watch.samples[-1].moment > before)
    watch.stop()
    assert watch.reason == ""
    assert all(sample.cpu >= 0 for sample in watch.samples)  # the new process has used less than the old one


def test_a_process_that_nobody_names_is_said_so():
    watch = UsageWatch("worker", lambda: None, 0.05).start()
    wait_for(lambda: watch.reason)
    watch.stop()
    assert watch.reason == "the environment names no process 'worker' on this machine"
    assert watch.samples == []


def figures(second, cpu, memory, **more):
    return {
        "read": f"2030-01-01T10:00:{second:02}.500000000Z",
        "cpu_stats": {"cpu_usage": {"total_usage": cpu}},
        "memory_stats": {"usage": memory, "stats": {"inactive_file": 1024 * 1024}},
        "pids_stats": {"current": 3},
    } | more


def test_what_an_engine_says_of_a_container():
    sample = container_usage.usage(figures(2, 3_000_000_000, 11 * 1024 * 1024), figures(1, 2_500_000_000, 0))
    assert (sample.cpu, sample.memory, sample.handles) == (0.5, 10.0, 3)


@pytest.mark.parametrize(("now", "before"), [({}, {}), (figures(1, 1, 1), {}), (figures(1, 1, 1, memory_stats={}), figures(0, 1, 1))])
def test_a_container_that_does_not_run_has_no_figures(now, before):
    assert container_usage.usage(now, before) is None


def test_an_engine_that_is_not_there_is_said_so():
    watch = container_usage.ContainerWatch("api", "shop", "unix:///nowhere/docker.sock").start()
    wait_for(lambda: watch.reason)
    watch.stop()
    assert watch.reason.startswith("the container 'shop' cannot be read: ")
    assert watch.samples == []
