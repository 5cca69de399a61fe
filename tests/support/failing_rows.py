"""Rows of a suite that each fail, in one run; and whether one failed with its message."""

import os
import re
import subprocess
import sys

from robot.api import ExecutionResult


def run(folder, head, rows, more):
    """Run the rows, a name with its steps and its message each, as tests of one suite; returns Robot's tests by name."""
    tests = [f"{name}\n" + "".join(f"    {line}\n" for line in body.split("\n")) for name, (body, _) in rows.items()]
    suite = folder / "suite.robot"
    suite.write_text(head + "\n".join(tests), encoding="utf-8")
    listener = ["--listener", "theodore_qa.listener.Listener"]
    command = [sys.executable, "-m", "robot", *listener, "--outputdir", str(folder), str(suite)]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("THEODORE_", "ROBOT_"))}
    subprocess.run(command, cwd=folder, env=env | more, capture_output=True, timeout=900, check=False)
    return {test.name: test for test in ExecutionResult(folder / "output.xml").suite.tests}


def judge(test, expected):
    """A test failed with exactly a message, or one that a pattern matches whole."""
    assert test.status == "FAIL"
    if isinstance(expected, re.Pattern):
        assert expected.fullmatch(test.message), test.message
    else:
        assert test.message == expected
