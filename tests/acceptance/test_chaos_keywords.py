"""The keywords of ChaosLibrary: what they prove, what they refuse, and the sentence in which they say so."""

import os
import signal
import subprocess
import sys
import time

import pytest
import robot_runs

HEAD = """\
*** Settings ***
Library    ChaosLibrary
Library    TheodoreLibrary
Library    TestDataLibrary

*** Test Cases ***
"""
ROWS = {
    "nothing touched": (
        "${f} =    Add Latency    bedrock    100 ms\n${r} =    Research Company    Slack\n"
        "Get Research Status    ${r}    ==    completed\nFault Should Have Touched    ${f}",
        "NOT EVALUATED: chaos.exposure of latency on bedrock (latency 100, jitter 0): expected latency on bedrock "
        "(latency 100, jitter 0) touches at least 1, observed it touched 0 connections, 0 requests, 0 bytes.",
    ),
    "misspelt link": (
        "Add Latency    opneai    100 ms",
        "There is no link 'opneai' in the proxies of the environment: did you mean 'openai'?",
    ),
    "misspelt argument": (
        "Add Latency    openai    100 ms    jiter=10 ms",
        "The keyword 'Add Latency' has no argument 'jiter': did you mean 'jitter'? "
        "(For a value that holds an equal sign write 'jiter\\='.)",
    ),
    "share of more than all": (
        "Reset Connections    openai    share=2",
        "The share is 2, expected more than 0 and at most 1.",
    ),
    "too long": (
        "Cut Link    openai    duration=1 h",
        "The longest duration of a fault is 3600 s, expected more than 0 and at most 600 s.",
    ),
    "misspelt process": (
        "Pause Process    apy",
        "There is no process 'apy' in sandbox.yaml: did you mean 'api'?",
    ),
    "no container": (
        "Pause Container    api",
        "NOT EVALUATED: the environment sandbox names no container 'api'.",
    ),
    "no disk": (
        "Fill Disk    data",
        "NOT EVALUATED: the environment sandbox names no disk 'data'.",
    ),
    "misspelt experiment": (
        "Run Experiment    network_latency_basik",
        "There is no experiment 'network_latency_basik' in experiments.yaml: did you mean 'network_latency_basic'?",
    ),
    "no intensity": (
        "Run Experiment    network_latency_basic    intensity=1.5",
        "The intensity is 1.5, expected 0 to 1.",
    ),
    "no delay": (
        "Add Latency    openai    0 ms",
        "The latency is 0 ms, expected at least 1 ms: less cannot have an effect.",
    ),
    "closing not delayed": (
        "Delay Closing    web    0.2 ms",
        "The delay is 0.2 ms, expected at least 1 ms: less cannot have an effect.",
    ),
    "no byte corrupted": (
        "Corrupt Data    openai    size=0",
        "The number of corrupted bytes is 0, expected at least 1.",
    ),
    "a fraction of the bandwidth": (
        "Limit Bandwidth    web    rate=0.5",
        "The bandwidth is 0.5 KB/s, expected a whole number that is not negative.",
    ),
    "pieces of nothing": (
        "Slice Data    web    size=0",
        "The size of a piece is 0, expected at least 1 byte.",
    ),
    "no connections": (
        "Exhaust Connections    count=0",
        "The number of connections is 0, expected at least 1: less cannot be seen to have an effect.",
    ),
    "no duration": (
        "Run Experiment    network_latency_basic    duration=0",
        "The duration is 0 s, expected more than 0: a fault of no duration disturbs nothing.",
    ),
    "pieces larger than every answer": (
        "${f} =    Slice Data    openai    size=10000000\n${r} =    Research Company    Slack\n"
        "Get Research Status    ${r}    ==    completed\nFault Should Have Touched    ${f}",
        "NOT EVALUATED: chaos.exposure of slicer on openai (average_size 10000000, size_variation 0, delay 1000): expected slicer on "
        "openai (average_size 10000000, size_variation 0, delay 1000) touches at least 1, observed it touched 0 connections",
    ),
    "ten gigabytes a second": (
        "${f} =    Limit Bandwidth    openai    rate=10000000\n${r} =    Research Company    Slack\n"
        "Get Research Status    ${r}    ==    completed\nFault Should Have Touched    ${f}",
        "NOT EVALUATED: chaos.exposure of bandwidth on openai (rate 10000000): expected bandwidth on openai (rate 10000000) touches",
    ),
    "900 GB of memory": (
        "${f} =    Limit Process Memory    api    room=900000\n${r} =    Research Company    Slack\n"
        "Get Research Status    ${r}    ==    completed\nFault Should Have Touched    ${f}",
        "NOT EVALUATED: chaos.exposure of memory headroom of api: 900000 MB: expected memory headroom of api: 900000 MB disturbs "
        "something, observed it used at most",
    ),
    "a control run": (
        "Run Experiment    network_latency_basic    intensity=0    duration=2 s",
        "NOT EVALUATED: chaos.exposure of network_latency_basic: expected a fault is injected, observed a control run: the "
        "intensity is 0",
    ),
    "a group for a process": (
        "Run Experiment    cpu_stress_injection    target=ai_services    duration=2 s",
        "The target 'ai_services' is a group of links, and starve is no fault of a link.",
    ),
    "steady state does not hold": (
        "Make Dependency Misbehave    search    status=503\nRun Experiment    network_latency_basic",
        "NOT EVALUATED: chaos.steady_before of network_latency_basic: expected at least 90% of the probes good and p95 at most 5 s "
        "before the fault, observed 0% of",
    ),
    "fault on a link that nothing uses": (
        "Run Experiment    network_latency_basic    target=bedrock    duration=2 s",
        "NOT EVALUATED: chaos.exposure of network_latency_basic: expected latency on bedrock",
    ),
    "too few seconds": (
        "Start Availability Probe\n${r} =    Research Company    Slack\n${s} =    Stop Availability Probe\n"
        "Availability Should Be At Least    ${s}    99.9",
        "NOT EVALUATED: chaos.availability of 99.9 %: expected at least 99.9 %, observed too few seconds for 99.9 %:",
    ),
    "no probe": (
        "Stop Availability Probe",
        "No availability probe is running: start one by 'Start Availability Probe'.",
    ),
    "does not end": (
        "${f} =    Pause Process    api\n${r} =    Start Research    Slack",
        "The entry systems.theodore.url names",
    ),
    "a company that is listed": (
        "Research Company    Figma\nCompany Should Not Be Listed    Figma",
        "chaos.nothing_half_written of Figma: expected suggestions without Figma, observed status 200, suggestions Figma.",
    ),
    "no recovery": (
        "${f} =    Cut Link    search\nResearch Should Work Again Within    Slack    1 s",
        "chaos.recovered of Slack: expected a completed research within 1 s, observed none within",
    ),
    "storm": (
        "${f} =    Let Dependency Answer    openai    status\n${r} =    Research Company    Slack\n"
        "Fault Should Have Touched    ${f}    at_most=1",
        "chaos.calls_bounded of status of openai: expected at most 1 request, observed",
    ),
}


@pytest.fixture(scope="module")
def messages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("failing")
    suite = folder / "failing.robot"
    tests = ["\n".join([name, *(f"    {line}" for line in body.splitlines())]) for name, (body, _) in ROWS.items()]
    suite.write_text(HEAD + "\n\n".join(tests) + "\n", encoding="utf-8")
    environment = robot_runs.own_environment(THEODORE_CHAOS_HOME=str(folder / "chaos"))
    command = robot_runs.command(folder, suite)
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=900, check=False)
    return robot_runs.outcomes(folder)


@pytest.mark.xdist_group("chaos_keywords")
@pytest.mark.parametrize("name", ROWS)
def test_it_says_what_was_expected_and_observed(messages, name):
    status, message = messages[name]
    assert status in ("FAIL", "SKIP")
    assert message.startswith(ROWS[name][1]), message


def test_an_experiment_shows_its_course_and_leaves_a_journal(robot, tmp_path):
    text = (
        HEAD
        + "Experiment\n    ${seen} =    Run Experiment    network_latency_basic    duration=2 s\n    Log    ${seen}[impact]\n"
    )
    _, result = robot(text)
    assert [(test.status, test.message) for test in result.suite.tests] == [("PASS", "")]
    assert "<svg" in (tmp_path / "out" / "output.xml").read_text().replace("&lt;", "<")
    (path,) = (tmp_path / "out" / "evidence").rglob("experiments/*.json")
    import json

    journal = json.loads(path.read_text())
    assert journal["status"] == "completed"
    assert journal["steady_states"]["before"]["steady_state_met"]
    assert journal["run"][0]["output"]["connections"] >= 1
    assert journal["rollbacks"]


KILL = (
    "    Evaluate    [os.kill(p.pid, 9) for p in psutil.process_iter() if p.ppid() == os.getpid() and 'NAME' in p.cmdline()]"
    "    modules=os,psutil\n"
)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("agent", "observed The chaos agent was lost, killed perhaps: its guardian undoes what it had injected"),
        ("theodore_chaos.proxy", "does not answer, and the fault went with it"),
    ],
)
def test_what_dies_on_the_testers_side_is_no_failure_of_the_system(robot, name, reason):
    text = (
        "First\n    ${f} =    Add Latency    openai    50 ms\n    ${g} =    Limit Data    web    size=10000000\n"
        + KILL.replace("NAME", name)
        + "    Fault Should Have Touched    ${f}    ${g}\n\nSecond\n    ${f} =    Add Latency    openai    50 ms\n"
        "    Research Company    Slack\n    Fault Should Have Touched    ${f}\n"
    )
    _, result = robot(HEAD + text)
    first, second = result.suite.tests
    assert first.message.startswith("NOT EVALUATED: chaos.lease of latency on openai"), first.message
    assert first.message.count(reason) == 2, first.message
    if name == "agent":
        assert second.passed, second.message
    else:
        assert "ended in mid-run, killed perhaps (exit code -9)" in second.message


@pytest.mark.needs("postgresql")
def test_a_database_that_fails_over_its_own_link(postgresql, theodore):
    done = theodore("test", "chaos", "--", "--suite", "database", env={"THEODORE_SANDBOX_DATABASE": postgresql}, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 PASS, 0 FAIL, 0 NOT EVALUATED, 0 SKIP" in done.stdout


def test_without_a_database_over_a_network_its_faults_are_skipped(robot):
    _, result = robot(HEAD + "Gone\n    Cut Link    store\n")
    (test,) = result.suite.tests
    assert (test.status, test.message) == ("SKIP", "NOT EVALUATED: the environment sandbox reaches its store over no network.")


def test_a_run_that_is_killed_leaves_nothing_injected_and_nothing_running(tmp_path, clean_environment):
    suite = tmp_path / "long.robot"
    suite.write_text(
        HEAD
        + "Goes On\n    ${f} =    Add Latency    openai    100 ms\n    WHILE    True    limit=600s\n        Research Company    Slack\n    END\n"
    )
    mark = {"THEODORE_TEST_MARK": tmp_path.name}
    process = subprocess.Popen(
        [sys.executable, "-m", "robot", "--listener", "theodore_qa.listener.Listener", "--outputdir", str(tmp_path / "o"), str(suite)],
        env=clean_environment | mark, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 300
    while not list((tmp_path / "chaos").glob("*.json")):
        assert time.monotonic() < deadline, "nothing was injected"
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 60
    while found := marked(tmp_path.name):
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


def marked(mark):
    from pathlib import Path

    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            alive = (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
            if alive and mark.encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:120])
        except OSError:
            continue
    return found
