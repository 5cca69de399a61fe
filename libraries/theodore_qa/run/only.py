"""A modifier for Robot that leaves only the tests that a file names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from robot.api import SuiteVisitor

from theodore_qa.observing import evidence
from theodore_qa.run.again import VARIABLE


class Only(SuiteVisitor):  # type: ignore[misc]  # Robot's class has no types
    """Leaves the tests whose file, line and name the file of ``THEODORE_ONLY`` lists."""

    def __init__(self) -> None:
        self.keys = {tuple(key) for key in json.loads(Path(os.environ[VARIABLE]).read_text(encoding="utf-8"))}

    def start_suite(self, suite: Any) -> None:
        """Leave the chosen tests of a suite."""
        suite.tests = [
            test for test in suite.tests if (evidence.relative(test.source, None), test.lineno, test.name) in self.keys
        ]

    def end_suite(self, suite: Any) -> None:
        """Take out suites that have no test left."""
        suite.suites = [child for child in suite.suites if child.test_count]

    def visit_test(self, test: Any) -> None:
        """Save the way through the steps of a test."""
