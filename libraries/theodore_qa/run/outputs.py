"""What outputs say: their tests, what Robot could not read, and which rows of them are of our own making."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theodore_qa.observing import evidence

if TYPE_CHECKING:
    from pathlib import Path

    from robot.result import TestCase, TestSuite

    from theodore_qa.run.output import Output, Suite, Test

GATES = "Quality Gates"  # the suite, without a file, in which a report shows gates as red tests


def tests(result: Output, root: Path) -> list[tuple[tuple[str, int, str], str, str]]:
    """Identity, status and message of every test of a result."""
    return [(key(test, root), test.status, test.message) for test in result.suite.all_tests]


def leave_out_gates(suite: Suite | TestSuite) -> None:
    """Take out what an earlier report added of gates: whoever judges an output judges the gates anew."""
    suite.suites = [child for child in suite.suites if child.source or child.name != GATES]
    for child in suite.suites:
        leave_out_gates(child)


def errors(result: Output) -> list[str]:
    """What Robot could not read or import: tests may be missing because of it, or not be what they were written to be."""
    return list(dict.fromkeys(result.errors))


def key(test: Test | TestCase, root: Path) -> tuple[str, int, str]:
    """What identifies a test in plan, output and evidence."""
    return evidence.relative(test.source, root), test.lineno or 0, test.name
