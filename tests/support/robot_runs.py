"""Robot as a tester starts it, in a process of its own, and what came of it."""

import os
import sys

from robot.api import ExecutionResult


def command(output, *arguments):
    """The command that runs Robot with the listener, and writes into the folder ``output``."""
    listener = ["--listener", "theodore_qa.listener.Listener"]
    return [sys.executable, "-m", "robot", *listener, "--outputdir", str(output), *map(str, arguments)]


def own_environment(**more):
    """The environment variables without those of the run that these tests may belong to."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("THEODORE_", "ROBOT_"))}
    return own | more


def outcomes(folder):
    """The status and the message of each test by its name."""
    return {test.name: (test.status, test.message) for test in ExecutionResult(folder / "output.xml").suite.tests}
