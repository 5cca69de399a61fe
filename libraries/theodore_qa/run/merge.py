"""One result out of the outputs of all processes; an output that is missing, empty or cut off is named, never skipped."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003  # dataclasses
from typing import Any, TYPE_CHECKING

from theodore_qa.run import output

if TYPE_CHECKING:
    from collections.abc import Iterable

    from robot.result import Result

    from theodore_qa.run.output import Output


@dataclass(frozen=True)
class Outputs:
    """The outputs of a run, of which Robot makes its own files; of several results of one test the last stays with ``reruns``."""

    paths: tuple[Path, ...] = ()
    reruns: bool = False

    def as_robot(self) -> Result | None:
        """One result of Robot out of all that can be read; None without any.

        Raises:
            OSError: Robot cannot read what was read before.
        """
        from robot.api import ExecutionResult
        from robot.errors import DataError

        try:
            results = [ExecutionResult(path) for path in self.paths]
        except DataError:
            raise OSError(errno.EINVAL, "Robot cannot read the outputs of its own processes") from None
        for later in results[1:]:
            results[0].errors.messages.extend(later.errors.messages)
            _join(results[0].suite, later.suite, reruns=self.reruns)
        if results:
            _in_order(results[0].suite)
        return results[0] if results else None


def collect(folders: Iterable[Path]) -> tuple[Output | None, Outputs, list[str]]:
    """Merge every ``output.xml`` below ``folders``; returns the result, its files, and what is wrong with those of them."""
    paths = [path for folder in folders for path in sorted(folder.rglob("output.xml"))]
    found, problems = read_all([(path, path.relative_to(path.parents[2]).as_posix()) for path in paths])
    return merged(list(found.values())), Outputs(tuple(found)), problems


def read_all(files: Iterable[tuple[Path, str]]) -> tuple[dict[Path, Output], list[str]]:
    """The outputs that can be read, and a sentence for each that cannot; every file comes with the name that it is shown by."""
    results: dict[Path, Output] = {}
    problems = []
    for path, name in files:
        if path.stat().st_size == 0:
            problems.append(f"The output {name} is empty: the robot process that wrote it was killed, or was ended from within.")
            continue
        try:
            results[path] = output.read(path)
        except output.OutputError:
            problems.append(f"The output {name} is cut off: the process that wrote it did not end well.")
    if not results:
        problems.append("There is no output of a run.")
    return results, problems


def merged(results: list[Output], *, reruns: bool = False) -> Output | None:
    """One result out of all, in the order of the suites; with ``reruns`` of several results of one test the last stays."""
    if not results:
        return None
    whole, *more = results
    for result in more:
        _join(whole.suite, result.suite, reruns=reruns)
        whole.errors.extend(result.errors)
    _in_order(whole.suite)
    return whole


def _join(into: Any, other: Any, *, reruns: bool) -> None:
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
    for name, furthest in (("start_time", min), ("end_time", max)):  # which only Robot's own model has
        times = [time for time in (getattr(into, name, None), getattr(other, name, None)) if time]
        if len(times) > 1:
            setattr(into, name, furthest(times))
    if getattr(into, "start_time", None) and into.end_time:
        into.elapsed_time = into.end_time - into.start_time


def _in_order(suite: Any) -> None:
    suite.suites = sorted(suite.suites, key=lambda child: str(child.source or child.name))
    for child in suite.suites:
        _in_order(child)
