"""Robot's own files, output.xml, log.html and report.html, of the whole run as it was judged."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from theodore_qa.observing import evidence
from theodore_qa.redaction.cleaning import take_out_secrets
from theodore_qa.report import first_lines, packed_page
from theodore_qa.report.xunit import tell_apart
from theodore_qa.run import outputs

if TYPE_CHECKING:
    from pathlib import Path

    from robot.result import Result, TestSuite

    from theodore_qa.run.finished import FinishedRun

INCOMPLETE = "Incomplete Run"
NOT_EVALUATED = "NOT EVALUATED"
PAGES = ("log", "report")
FILES = {"output": "output.xml", "log": "log.html", "report": "report.html"}


class RobotFiles:
    """Writes Robot's files; what is a problem by then stands in them as a red test."""

    files = tuple(FILES.values())

    def __init__(self, xunit: Path | None = None) -> None:
        self.xunit = xunit

    def write(self, run: FinishedRun) -> list[Path]:
        """Write the three files, and the one of xunit if it is wanted."""
        from robot.api import ResultWriter

        paths = {kind: run.folder / name for kind, name in FILES.items()}
        if self.xunit:
            self.xunit.parent.mkdir(parents=True, exist_ok=True)
            paths["xunit"] = self.xunit
        whole = complete(run)
        kinds = {kind: str(path) for kind, path in paths.items()}
        pages = {kind: kinds.pop(kind) for kind in PAGES}
        ResultWriter(whole).write_results(log=None, report=None, **kinds)
        first_lines.add(whole, run)  # for people: output.xml says what the suites say
        ResultWriter(whole).write_results(**pages)
        if self.xunit and self.xunit.is_file():
            tell_apart(self.xunit)
        written = [path for path in paths.values() if path.is_file()]
        run.judgement.problems += take_out_secrets(written)  # while they can be taken out of the log
        if paths["log"] in written:
            packed_page.pack(paths["log"])
        return written


def complete(run: FinishedRun) -> Result:
    """The result as it was judged: tests without a result and what makes a run incomplete are in it, and are red."""
    from robot.result import Result as RobotResult
    from robot.result import TestSuite

    root, judgement = run.suites, run.judgement
    whole = run.outputs.as_robot() or RobotResult(suite=TestSuite(name=root.name, source=root))
    outputs.leave_out_gates(whole.suite)
    there = {outputs.key(test, root): test for test in whole.suite.all_tests}
    for judged in judgement.tests:
        test = there.get(judged.key)
        if test is None:
            test = _suite_of(whole.suite, root, judged.suite).tests.create(judged.name, lineno=judged.key[1], status="FAIL")
            test.tags.add(judged.tags)
        if judged.verdict in ("FAIL", "NOT EVALUATED") and test.status == "PASS":
            test.status = "FAIL"
        if judged.verdict == "PASS" and test.status == "FAIL":  # by what another test is named for
            test.status, test.message = "PASS", judged.message
        if judged.verdict in ("FAIL", "NOT EVALUATED") and not test.message:
            test.message = judged.message
        if judged.verdict == NOT_EVALUATED:  # Robot knows no such status: its statistics show the tag
            test.tags.add(NOT_EVALUATED)
            test.message = test.message if test.message.startswith(NOT_EVALUATED) else f"{NOT_EVALUATED}: {test.message}"
        for tag, sentence in judgement.notes.get(judged.key, ()):
            test.tags.add(tag)
            plain = html.escape(sentence) if test.message.startswith("*HTML*") else sentence
            test.message = "\n".join(filter(None, (test.message, plain)))
    if red := [*judgement.problems, *judgement.failures]:
        added = whole.suite.suites.create(INCOMPLETE)
        added.doc = "What is wrong with the run itself."
        added.tests.create("The Run Is Complete", status="FAIL", message="\n".join(red))
        whole.suite.metadata["Incomplete"] = str(len(red)) + (" problem" if len(red) == 1 else " problems")
    _add_gates(whole.suite, [*judgement.failed_gates, *judgement.missing_gates])
    if run.deselected:
        number = len(run.deselected)
        whole.suite.metadata["Not selected"] = (
            f"{number} of {number + len(judgement.tests)} tests; plan.json beside the evidence names them"
        )
    whole.suite.metadata.update({"Environment": _described(run), "Run": run.id})
    return whole


def _add_gates(suite: TestSuite, sentences: list[str]) -> None:
    """A red test for each gate that failed or has no verdict."""
    if sentences:
        added = suite.suites.create(outputs.GATES)
        added.doc = "Gates that failed, or that were requested and are NOT EVALUATED."
        for sentence in sentences:
            added.tests.create(sentence.partition(" (")[0], status="FAIL", message=sentence)


def _described(run: FinishedRun) -> str:
    return f"{run.environment.name} ({run.notice or run.environment.kind})"


def _suite_of(suite: TestSuite, root: Path, source: str) -> TestSuite:
    """The suite of a source below the root; made if it has no result at all."""
    for known in (suite, *suite.suites):
        if evidence.relative(known.source, root) == source:
            return known
    for child in suite.suites:
        if child.suites and source.startswith(f"{evidence.relative(child.source, root)}/"):
            return _suite_of(child, root, source)
    path = root / source if root.is_dir() else root
    return suite.suites.create(path.stem.replace("_", " ").title(), source=path)
