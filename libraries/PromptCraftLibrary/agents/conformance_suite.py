"""The official conformance suite of MCP, which runs on Node: its scenarios against a server, and what it reports."""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass

from theodore_qa import extras
from theodore_qa.errors import NotEvaluatedError

# What every server has to satisfy; the other scenarios need tools and resources of the suite's own.
SCENARIOS = ("server-initialize", "ping", "tools-list")
WITHIN = 120.0  # seconds for a scenario
PASSED = re.compile(r"Passed: (\d+)/(\d+), (\d+) failed")
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
ERROR = re.compile(r"^\s*Error: (.+)$", re.MULTILINE)
LONGEST = 160


@dataclass(frozen=True)
class Outcome:
    """What the suite reports of a scenario."""

    scenario: str
    passed: int
    checks: int
    reason: str  # empty if it passed

    def __str__(self) -> str:
        return f"{self.scenario}: {self.reason or f'{self.passed} of {self.checks}'}"


def demand() -> str:
    """The path of the suite's command.

    Raises:
        NotEvaluatedError: It is not installed; the text names the command that brings it.
    """
    return extras.program("conformance", "the conformance suite of MCP")


def run(scenario: str, url: str) -> Outcome:
    """Run a scenario against the MCP server at an address.

    Raises:
        NotEvaluatedError: The suite is not installed, does not end, or reports no checks.
    """
    program = demand()
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                [program, "server", "--url", url, "--scenario", scenario],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=WITHIN,
                check=False,
                cwd=folder,
            )
        except subprocess.TimeoutExpired:
            text = f"The scenario {scenario} of MCP's conformance suite did not end within {WITHIN:g} s."
            raise NotEvaluatedError(text) from None
    return judged(scenario, done.returncode, ESCAPES.sub("", done.stdout), ESCAPES.sub("", done.stderr))


def judged(scenario: str, code: int, output: str, errors: str = "") -> Outcome:
    """What a run's end and its words say; one that counts no checks is NOT EVALUATED, whatever its exit code."""
    counted = PASSED.search(output)
    if counted is None or int(counted[2]) < 1:
        words = (errors.strip() or output.strip() or "nothing")[:LONGEST]
        raise NotEvaluatedError(
            f"MCP's conformance suite counted no checks of {scenario}: expected 'Passed: n/m, f failed', observed {words}."
        )
    passed, checks, failed = (int(number) for number in counted.groups())
    if code == 0 and not failed and passed == checks:
        return Outcome(scenario, passed, checks, "")
    named = ERROR.search(output)
    reason = named[1][:LONGEST] if named else f"{passed} of {checks} passed, exit code {code}"
    return Outcome(scenario, passed, checks, reason)
