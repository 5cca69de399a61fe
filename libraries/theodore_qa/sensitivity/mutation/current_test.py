"""A listener of Robot that keeps the name of the running test in a file, for whoever notes what happens meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from robot import result, running


class CurrentTest:
    """Writes the name as a test starts; that of the first test already as its suite does, so that it counts for the setup too.

    Args:
        path: The file.
    """

    ROBOT_LISTENER_API_VERSION = 3

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def start_suite(self, data: running.TestSuite, _result: result.TestSuite) -> None:
        """Robot's call as a suite starts."""
        if data.tests:
            self._write(data.tests[0].name)

    def start_test(self, data: running.TestCase, _result: result.TestCase) -> None:
        """Robot's call as a test starts."""
        self._write(data.name)

    def _write(self, name: str) -> None:
        whole = self.path.with_suffix(".new")  # whoever reads finds one name or the other, never half of one
        whole.write_text(name, encoding="utf-8")
        whole.replace(self.path)
