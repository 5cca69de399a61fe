"""suites/cli against commands that are no command line of the system: nothing passes, and each says why in one sentence."""

import os
import re
import subprocess
from pathlib import Path

import psutil
import pytest
import robot_runs
import yaml
from robot.api import ExecutionResult, TestSuite

from theodore_qa import sandbox
from theodore_qa.systems import environment as environments

ROOT = Path(__file__).resolve().parents[2]
SUITES = ROOT / "suites" / "cli"
PASSWORDS = ("ANALYST", "ADMIN", "PARTNER", "LIMITED", "SPARE")


@pytest.fixture(scope="module")
def standing():
    """A sandbox that stays up for all commands, with its description."""
    for name in PASSWORDS:
        os.environ.setdefault(f"THEODORE_{name}_PASSWORD", f"{name.title()}-password-1")
    system = environments.load(environments.locate("sandbox")).system("theodore")
    running = system.new_sandbox()
    yield system, running
    running.stop()


@pytest.fixture
def against(standing, tmp_path):
    """Run suites/cli, or one suite of it, with another command; returns the tests by their full names."""
    system, running = standing

    def run(*command, suite=SUITES, timeout="20 s", proof=True):
        path = tmp_path / "environment.yaml"
        sandbox.write_environment(system.environment, {"theodore": (system.declared, running)}, path)
        data = yaml.safe_load(path.read_text())
        data["systems"]["theodore"]["cli"] |= {"command": list(command), "timeout": timeout}
        if not proof:
            del data["systems"]["theodore"]["cli"]["proof"]
        path.write_text(yaml.safe_dump(data))
        given = os.environ | {"THEODORE_ENVIRONMENT": str(path), "THEODORE_SUITE_ROOT": str(SUITES)}
        command_line = robot_runs.command(tmp_path / "out", suite)
        subprocess.run(command_line, env=given, cwd=tmp_path, capture_output=True, check=False, timeout=300)
        return {test.full_name: test for test in ExecutionResult(tmp_path / "out" / "output.xml").suite.all_tests}

    return run


def written(tmp_path, name, text, mode=0o755):
    path = tmp_path / name
    path.write_text(text)
    path.chmod(mode)
    return str(path)


LONG = f"4711.{os.getpid()}"  # seconds, of this test process alone
COMMANDS = {
    "true": (
        lambda _: "/bin/true",
        r"`/bin/true` is not seen to talk to theodore: its call `research Qa Proof \w+ --output json` wrote no 'job_id' \(exit code 0, no output\)",
    ),
    "echo": (
        lambda _: "/bin/echo",
        r"`/bin/echo` is not seen to talk to theodore: its call .* wrote no 'job_id' \(exit code 0, 'research Qa Proof \w+ --output json'\)",
    ),
    "hanging": (lambda folder: written(folder, "hang", f"#!/bin/sh\nsleep {LONG}\n"), r"its call `.*` did not end within 1 s"),
    "absent": (
        lambda folder: str(folder / "absent"),
        r"the command line of theodore is .*/absent, which is not there: correct systems.theodore.cli.command in environment.yaml",
    ),
    "folder": (lambda _: "/usr", r"the command line of theodore is /usr, which is a folder: correct"),
    "text": (
        lambda folder: written(folder, "text", "echo hello\n", 0o644),
        r"the command line of theodore is .*/text, which may not be executed: correct",
    ),
    # It repeats what a healthy command has written, with the name that is asked for and an identifier of the same form.
    "replay": (
        lambda folder: written(
            folder, "replay", '#!/bin/sh\necho "{\\"job_id\\": \\"res_09218a057fe2e05695b9\\", \\"company_name\\": \\"$2\\"}"\n'
        ),
        r"expected 'Qa Proof \w+' from GET /research/res_09218a057fe2e05695b9, which its call `.*` named, observed 404",
    ),
}


def messages(test):
    """The message of a test, or those of the rows of its template."""
    several = test.message.removeprefix("Several failures occurred:")
    return re.split(r"\n\n\d+\) ", several)[1:] if several != test.message else [test.message]


@pytest.mark.parametrize("kind", COMMANDS)
def test_nothing_passes_with_another_command(against, tmp_path, kind):
    make, sentence = COMMANDS[kind]
    tests = against(make(tmp_path), timeout="1 s" if kind == "hanging" else "20 s")
    assert len(tests) == len(list(TestSuite.from_file_system(SUITES).all_tests))
    assert [name for name, test in tests.items() if test.status == "PASS"] == []
    wrong = {
        name: message
        for name, test in tests.items()
        for message in messages(test)
        if not re.fullmatch(f"NOT EVALUATED: .*{sentence}.*", message)
    }
    assert wrong == {}
    assert [process for process in psutil.process_iter(["cmdline"]) if LONG in (process.info["cmdline"] or ())] == []


def test_the_commands_of_the_sandbox_pass_against_one_that_stands(against):
    tests = against("python", "-m", "theodore_sandbox.cli", suite=SUITES / "command_usage.robot", timeout="60 s")
    assert {name: test.message for name, test in tests.items() if test.status != "PASS"} == {}


KEY = """\
*** Settings ***
Library    TheodoreLibrary

*** Test Cases ***
Key
    Command Should Use Api Key    batch    list-jobs    setting=credentials.api_key
"""


def test_a_key_that_the_command_does_not_use_is_said(robot):
    _, result = robot(KEY, env={"THEODORE_SANDBOX_DEFECTS": "cli-api-key-ignored"})
    reason = "observed exit code 1 ('Error: Nobody is named who uses the API: set THEODORE_USERNAME and THEODORE_PASSWORD, or "
    lines = result.suite.tests[0].message.splitlines()
    assert [line.partition(", observed")[0] for line in lines] == [
        f"cli.api_key of `batch list-jobs`: expected exit code 0 with a key in {place}"
        for place in ("THEODORE_API_KEY", "credentials.api_key", "THEODORE_API_KEY beside another in credentials.api_key")
    ]
    assert all(reason in line for line in lines)


UNPROVED = """\
*** Settings ***
Library    TheodoreLibrary

*** Test Cases ***
Help
    ${help} =    Run Theodore Command    --help
    Command Help Should Name    ${help}    research

Job
    ${job} =    Run Theodore Command    research    Slack    --output    json
    Command Result Should Be Stored    ${job}
"""


def test_a_command_without_proof_counts_by_what_is_read_back(against, tmp_path):
    """Help of a command that nobody proved counts for nothing; a job that the API has too does."""
    (tmp_path / "unproved.robot").write_text(UNPROVED)
    tests = against("python", "-m", "theodore_sandbox.cli", suite=tmp_path / "unproved.robot", timeout="60 s", proof=False)
    tests = {name.rpartition(".")[2]: test for name, test in tests.items()}
    assert tests["Help"].status == "FAIL"
    assert "nothing shows that `python` talks to theodore: add systems.theodore.cli.proof" in tests["Help"].message
    assert (tests["Job"].status, tests["Job"].message) == ("PASS", "")
