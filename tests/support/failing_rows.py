"""Rows of a suite that each fail, in one run; and whether one failed with its message."""

import re
import subprocess

import robot_runs
from robot.api import ExecutionResult


def run(folder, head, rows, more):
    """Run the rows, a name with its steps and its message each, as tests of one suite; returns Robot's tests by name."""
    tests = [f"{name}\n" + "".join(f"    {line}\n" for line in body.split("\n")) for name, (body, _) in rows.items()]
    suite = folder / "suite.robot"
    suite.write_text(head + "\n".join(tests), encoding="utf-8")
    command = robot_runs.command(folder, suite)
    environment = robot_runs.own_environment(**more)
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=900, check=False)
    return {test.name: test for test in ExecutionResult(folder / "output.xml").suite.tests}


def judge(test, expected):
    """A test failed with exactly a message, or one that a pattern matches whole."""
    assert test.status == "FAIL"
    if isinstance(expected, re.Pattern):
        assert expected.fullmatch(test.message), test.message
    else:
        assert test.message == expected
