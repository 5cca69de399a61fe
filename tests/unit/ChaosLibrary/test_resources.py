"""What a process uses is sampled while it lives, through a kill, and drawn below the probes."""

import subprocess
import sys
import threading
import time

import pytest

from ChaosLibrary import definitions, timeline
from ChaosLibrary.resources import Usage, UsageWatch
from ChaosLibrary.runner import Result
from ChaosLibrary.steady_state import ProbeOutcome, Sample

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


def result_with(samples):
    result = Result(definitions.load()["network_latency_basic"], 100.0)
    result.before = [Sample(100 + number, 0.1, ProbeOutcome.GOOD) for number in range(5)]
    result.usage = UsageWatch("<api>", lambda: None)
    result.usage.samples = samples
    return result


def test_the_figures_are_drawn_below_the_probes_with_the_most_of_each():
    drawn = timeline.svg(result_with([Usage(100.5, 0.25, 80.0, 12, 3), Usage(101.5, 0.5, 120.0, 10, 7)]))
    assert "CPU of &lt;api&gt;, at most 50 %" in drawn
    assert "memory of &lt;api&gt;, at most 120 MB" in drawn
    assert "file handles of &lt;api&gt;, at most 12" in drawn
    assert "connections of &lt;api&gt;, at most 7" in drawn
    assert drawn.count("<polyline") == 4


def test_one_sample_makes_no_line():
    assert "<polyline" not in timeline.svg(result_with([Usage(100.5, 0.25, 80.0, 12, 3)]))


def test_nothing_is_drawn_for_the_time_in_which_there_was_no_process():
    alone = [Usage(100.5, 0.1, 80.0, 1, 1), Usage(103.3, 0.1, 80.0, 1, 1)]
    assert timeline.svg(result_with(alone)).count("<polyline") == 8
