"""One result out of the outputs of all processes; an output that is missing, empty or cut off is named, never skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from robot.result import Result, TestSuite


def collect(folders: list[Path], root: Path) -> tuple[Result | None, list[str]]:
    """Merge every ``output.xml`` below ``folders``; returns the result, and what is wrong with the outputs."""
    from robot.api import ExecutionResult
    from robot.errors import DataError

    merged: Result | None = None
    problems = []
    for path in (path for folder in folders for path in sorted(folder.rglob("output.xml"))):
        location = path.relative_to(path.parents[2]).as_posix()
        if path.stat().st_size == 0:
            problems.append(f"The output {location} is empty: the process that wrote it was ended from within.")
            continue
        try:
            result = ExecutionResult(path)
        except DataError:
            problems.append(f"The output {location} is cut off: the process that wrote it did not end well.")
            continue
        if merged is None:
            merged = result
        else:
            _join(merged.suite, result.suite)
            merged.errors.messages.extend(result.errors.messages)
    if merged is None:
        problems.append(f"There is no output of a run below {root.name}.")
    else:
        _in_order(merged.suite)
    return merged, problems


def _join(into: TestSuite, other: TestSuite) -> None:
    into.tests.extend(other.tests)
    own = {(suite.source, suite.name): suite for suite in into.suites}
    for suite in list(other.suites):
        if match := own.get((suite.source, suite.name)):
            _join(match, suite)
        else:
            into.suites.append(suite)
    if other.start_time and into.start_time:
        into.start_time = min(into.start_time, other.start_time)
    if other.end_time and into.end_time:
        into.end_time = max(into.end_time, other.end_time)


def _in_order(suite: TestSuite) -> None:
    suite.suites = sorted(suite.suites, key=lambda child: str(child.source or child.name))
    for child in suite.suites:
        _in_order(child)
