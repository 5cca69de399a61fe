"""However a run ends, nothing is left running; two runs at once do not disturb each other."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from waiting import until

LONG = """\
*** Settings ***
Library    TheodoreLibrary

*** Test Cases ***
Goes On
    WHILE    True    limit=600s
        Research Company    Slack
    END
"""


def left(mark):
    """The processes that carry ``mark`` in their environment."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (
                mark.encode() in (entry / "environ").read_bytes()
                and (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
            ):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:120])
        except OSError:
            continue
    return found


@pytest.fixture
def long_project(tmp_path):
    for name in "ab":
        path = tmp_path / "suites" / "e2e" / f"{name}.robot"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(LONG)
    return tmp_path


def sandboxes(mark):
    return [command for command in left(mark) if "theodore_sandbox" in command]


def heeds_signals():
    """A run behind nohup ignores some of them, and so do its children."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def started(long_project, clean_environment, command, condition=lambda mark: len(sandboxes(mark)) >= 3):
    mark = f"THEODORE_TEST_MARK={uuid4().hex}"
    name, value = mark.split("=")
    process = subprocess.Popen(
        command,
        cwd=long_project,
        env=clean_environment | {name: value},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=heeds_signals,  # noqa: PLW1509  # no threads here
    )
    until(lambda: condition(mark), "what the test waits for")
    return process, mark


OURS = [sys.executable, "-c", "from theodore_qa.cli import main; main()", "test", "e2e"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("parallel", ["--parallel", "--no-parallel"])
def test_a_stopped_run_leaves_nothing(long_project, clean_environment, number, parallel):
    process, mark = started(long_project, clean_environment, [*OURS, parallel])
    os.kill(process.pid, number)
    process.communicate(timeout=900)
    until(lambda: not left(mark), "the end of all processes")
    if number != signal.SIGKILL:
        assert process.returncode == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_run_stopped_while_it_is_planned_is_incomplete_and_leaves_nothing(long_project, clean_environment, number):
    planning = lambda mark: any("--dryrun" in command for command in left(mark))  # noqa: E731  # one condition of one test
    process, mark = started(long_project, clean_environment, OURS, planning)
    os.kill(process.pid, number)
    output, _ = process.communicate(timeout=900)
    assert process.returncode == 3, output
    assert f"stopped by {signal.Signals(number).name}" in output
    assert "Traceback" not in output
    until(lambda: not left(mark), "the end of all processes")
    assert not list((long_project / "results").glob(".work-*"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("parallel", ["--parallel", "--no-parallel"])
def test_the_tests_of_a_cancelled_run_are_not_evaluated(long_project, clean_environment, number, parallel):
    def a_test_has_begun(_):
        records = (long_project / "results" / "evidence").rglob("*.jsonl")
        return any('"type": "start"' in path.read_text() for path in records)

    process, _ = started(long_project, clean_environment, [*OURS, parallel], a_test_has_begun)
    os.kill(process.pid, number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 3, output
    assert "0 PASS, 0 FAIL" in output
    results = long_project / "results"
    texts = [output, *(path.read_text(errors="replace") for path in results.rglob("*") if path.is_file())]
    assert not [text for text in texts if "BrokenPipeError" in text or "Traceback" in text]


def test_a_killed_plain_pabot_leaves_no_robot_and_no_sandbox(long_project, clean_environment):
    command = [sys.executable, "-m", "pabot.pabot", "--no-pabotlib", "--processes", "2", "--outputdir", "out", "suites"]
    process, mark = started(long_project, clean_environment, command)
    os.kill(process.pid, signal.SIGTERM)
    process.communicate(timeout=900)
    until(lambda: not left(mark), "the end of all processes")


def test_proofs_that_are_stopped_end_with_their_trials_and_say_nothing_of_them(tmp_path, clean_environment):
    command = [*OURS[:-1], "sensitivity", "--proof", "defects", "--processes", "2"]
    process, mark = started(tmp_path, clean_environment, command, sandboxes)
    os.kill(process.pid, signal.SIGTERM)
    output, _ = process.communicate(timeout=900)
    assert (process.returncode, "NOT" in output) == (3, False), output
    assert "The command was stopped by SIGTERM." in output
    until(lambda: not left(mark), "the end of all processes")


def test_processtimeout_leaves_nothing_and_is_no_pass(long_project, clean_environment):
    process, mark = started(long_project, clean_environment, [*OURS, "--", "--processtimeout", "4"], condition=bool)
    output, _ = process.communicate(timeout=900)
    assert process.returncode in {1, 3}, output
    assert "0 PASS" in output
    until(lambda: not left(mark), "the end of all processes")


def test_two_runs_at_once_in_one_folder(tmp_path, clean_environment):
    path = tmp_path / "suites" / "e2e" / "good.robot"
    path.parent.mkdir(parents=True)
    path.write_text(
        LONG.replace(
            "    WHILE    True    limit=600s\n        Research Company    Slack\n    END\n", "    Sign In Should Work\n"
        )
    )
    runs = [subprocess.Popen(OURS, cwd=tmp_path, env=clean_environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [run.communicate(timeout=900)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], outputs
    logs = {line.removeprefix("Log: ") for output in outputs for line in output.splitlines() if line.startswith("Log: /")}
    assert len(logs) == 2
    assert all(Path(log).is_file() for log in logs)


def test_suites_that_must_be_alone_run_after_the_others_and_alone(tmp_path, theodore):
    from robot.api import ExecutionResult

    template = "*** Settings ***\nLibrary    TheodoreLibrary\nTest Tags    {tag}\n\n*** Test Cases ***\nA\n    Sign In Should Work\n"
    for name, tag in (("a_alone", "lane:alone"), ("b_shared", "shared"), ("c_alone", "lane:alone"), ("d_shared", "shared")):
        path = tmp_path / "suites" / "e2e" / f"{name}.robot"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(template.format(tag=tag))
    done = theodore("test", "e2e", "--processes", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    suites = {suite.name: suite for suite in ExecutionResult(tmp_path / "results" / "output.xml").suite.suites}
    alone, shared = ([suite for name, suite in suites.items() if name.endswith(kind)] for kind in ("Alone", "Shared"))
    assert (len(alone), len(shared)) == (2, 2)
    assert min(suite.start_time for suite in alone) >= max(suite.end_time for suite in shared)
    first, second = sorted(alone, key=lambda suite: suite.start_time)
    assert second.start_time >= first.end_time
