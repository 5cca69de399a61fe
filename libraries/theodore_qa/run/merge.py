"""One result out of the outputs of all processes; an output that is missing, empty or cut off is named, never skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from robot.result import Result, TestSuite


def collect(folders: list[Path]) -> tuple[Result | None, list[str]]:
    """Merge every ``output.xml`` below ``folders``; returns the result, and what is wrong with the outputs."""
    paths = [path for folder in folders for path in sorted(folder.rglob("output.xml"))]
    results, problems = read_all([(path, path.relative_to(path.parents[2]).as_posix()) for path in paths])
    return merged(results), problems


def read_all(files: list[tuple[Path, str]]) -> tuple[list[Result], list[str]]:
    """The outputs that can be read, and a sentence for each that cannot; every file comes with the name that it is shown by."""
    from robot.api import ExecutionResult
    from robot.errors import DataError

    results, problems = [], []
    for path, name in files:
        if path.stat().st_size == 0:
            problems.append(f"The output {name} is empty: the robot process that wrote it was killed, or was ended from within.")
            continue
        try:
            results.append(ExecutionResult(path))
        except DataError:
            problems.append(f"The output {name} is cut off: the process that wrote it did not end well.")
    if not results:
        problems.append("There is no output of a run.")
    return results, problems


def merged(results: list[Result], *, reruns: bool = False) -> Result | None:
    """One result out of all, in the order of the suites; with ``reruns`` of several results of one test the last stays."""
    if not results:
        return None
    whole, *more = results
    for result in more:
        _join(whole.suite, result.suite, reruns=reruns)
        whole.errors.messages.extend(result.errors.messages)
    _in_order(whole.suite)
    return whole


def _join(into: TestSuite, other: TestSuite, *, reruns: bool) -> None:
    again = {(test.name, test.lineno) for test in other.tests}
    if reruns:
        into.tests = [test for test in into.tests if (test.name, test.lineno) not in again]
    into.tests.extend(other.tests)
    own = {(suite.source, suite.name): suite for suite in into.suites}
    for suite in list(other.suites):
        if match := own.get((suite.source, suite.name)):
            _join(match, suite, reruns=reruns)
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
