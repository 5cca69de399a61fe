"""One result out of the outputs of all processes; an output that is missing, empty or cut off is named, never skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theodore_qa.observing import evidence
from theodore_qa.run import outputs

if TYPE_CHECKING:
    from pathlib import Path

    from robot.result import Result, TestSuite

    from theodore_qa.run.judge import Judgement

INCOMPLETE = "Incomplete Run"


def collect(folders: list[Path], root: Path) -> tuple[Result | None, list[str]]:
    """Merge every ``output.xml`` below ``folders``; returns the result, and what is wrong with the outputs."""
    from robot.api import ExecutionResult
    from robot.errors import DataError

    merged: Result | None = None
    problems = []
    for path in (path for folder in folders for path in sorted(folder.rglob("output.xml"))):
        place = path.relative_to(path.parents[2]).as_posix()
        if path.stat().st_size == 0:
            problems.append(f"The output {place} is empty: the process that wrote it was ended from within.")
            continue
        try:
            result = ExecutionResult(path)
        except DataError:
            problems.append(f"The output {place} is cut off: the process that wrote it did not end well.")
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


def complete(result: Result | None, judgement: Judgement, root: Path) -> Result:
    """The result as it was judged: tests without a result and what makes a run incomplete are in it, and are red."""
    from robot.result import Result as RobotResult
    from robot.result import TestSuite

    whole = result or RobotResult(suite=TestSuite(name=root.name, source=root))
    there = {outputs.key(test, root): test for test in whole.suite.all_tests}
    for judged in judgement.tests:
        test = there.get(judged.key)
        if test is None:
            test = _suite_of(whole.suite, root, judged.suite).tests.create(judged.name, lineno=judged.key[1], status="FAIL")
            test.tags.add(judged.tags)
        if judged.verdict in ("FAIL", "NOT EVALUATED") and test.status == "PASS":
            test.status = "FAIL"
        if judged.verdict in ("FAIL", "NOT EVALUATED") and not test.message:
            test.message = judged.message
    if red := [*judgement.problems, *judgement.failures]:
        added = whole.suite.suites.create(INCOMPLETE)
        added.doc = "What is wrong with the run itself."
        added.tests.create("The Run Is Complete", status="FAIL", message="\n".join(red))
        whole.suite.metadata["Incomplete"] = str(len(red)) + (" problem" if len(red) == 1 else " problems")
    return whole


def _suite_of(suite: TestSuite, root: Path, source: str) -> TestSuite:
    """The suite of a source below the root; made if it has no result at all."""
    for one in (suite, *suite.suites):
        if evidence.relative(one.source, root) == source:
            return one
    for one in suite.suites:
        if one.suites and source.startswith(f"{evidence.relative(one.source, root)}/"):
            return _suite_of(one, root, source)
    path = root / source if root.is_dir() else root
    return suite.suites.create(path.stem.replace("_", " ").title(), source=path)
