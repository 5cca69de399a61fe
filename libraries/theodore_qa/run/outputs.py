"""What outputs say: their tests, and what Robot could not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theodore_qa.observing import evidence

if TYPE_CHECKING:
    from pathlib import Path

    from robot.result import TestCase

    from theodore_qa.run.output import Output, Test


def tests(result: Output, root: Path) -> list[tuple[tuple[str, int, str], str, str]]:
    """Identity, status and message of every test of a result."""
    return [(key(test, root), test.status, test.message) for test in result.suite.all_tests]


def errors(result: Output) -> list[str]:
    """What Robot could not read or import: tests may be missing because of it, or not be what they were written to be."""
    return list(dict.fromkeys(result.errors))


def key(test: Test | TestCase, root: Path) -> tuple[str, int, str]:
    """What identifies a test in plan, output and evidence."""
    return evidence.relative(test.source, root), test.lineno or 0, test.name
