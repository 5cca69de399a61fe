"""The one listener: redacts what Robot writes, records tests, and turns a pass without observation red.

It is installed by ``theodore test``, by the shipped argument file and robot.toml, and by each Library; installed more than
once in a process it acts once.
"""

from __future__ import annotations

import atexit
import os
from pathlib import Path
from typing import Any

from theodore_qa import evidence
from theodore_qa.builtin import builtin
from theodore_qa.context import context
from theodore_qa.observations import recorder
from theodore_qa.parent import end_with_parent
from theodore_qa.redaction.hooks import hooks

ROBOT_LISTENER_API_VERSION = 3


class _Watch:
    """Follows suites and tests of this process; each event is taken once, from whichever listener brings it first."""

    def __init__(self) -> None:
        self.suites: list[int] = []
        self.root: Path | None = None
        self.test: int | None = None
        self.described = False
        self.watched = False

    def start_suite(self, data: Any) -> None:
        if id(data) in self.suites:
            return
        if not self.suites:
            self.root = data.source
            self._watch_parent()
        self.suites.append(id(data))
        recorder.enter_suite()

    def end_suite(self, data: Any) -> None:
        if self.suites[-1:] != [id(data)]:
            return
        self.suites.pop()
        recorder.leave_suite()
        if data.tests:
            context.end_suite()

    def start_test(self, data: Any, result: Any) -> None:
        if self.test == id(result) or builtin().dry_run_active:
            return
        self.test = id(result)
        self._watch_parent()
        if recorder.writer is None:
            recorder.writer = evidence.writer(Path(builtin().get_variable_value("${OUTPUT DIR}", ".")))
            recorder.writer.write("process", **evidence.platform())
        source = evidence.relative(data.source, self.root)
        recorder.start_test(source, data.lineno or 0, data.name, tuple(map(str, result.tags)))

    def end_test(self, result: Any) -> None:
        if self.test != id(result) or recorder.test is None:
            return
        left = [f"The test left something behind: {problem}." for problem in context.end_test()]
        verdict, sentence = recorder.judge(passed=result.passed, skipped=result.skipped)
        if verdict == "PASS" and left:
            verdict, sentence = "FAIL", left[0]
        if sentence and result.passed:
            result.message = "\n".join(filter(None, (sentence, result.message)))
        if result.passed and verdict != "PASS":
            result.status = "SKIP" if verdict == "SKIP" else "FAIL"
        self._describe_environment()
        recorder.end_test(verdict, result.message)
        self.test = None

    def _watch_parent(self) -> None:
        if self.watched or builtin().dry_run_active:
            return
        self.watched = True
        under_pabot = builtin().get_variable_value("${PABOTQUEUEINDEX}") is not None
        if under_pabot or evidence.RUN_VARIABLE in os.environ:
            end_with_parent(under_pabot=under_pabot)

    def _describe_environment(self) -> None:
        """Say once, beside the records, against what they were made."""
        if self.described or not context.started or recorder.writer is None:
            return
        self.described = True
        tested = context.environment
        recorder.writer.write(
            "environment",
            environment=tested.name,
            environment_kind=tested.kind,
            url=tested.url,
            services=tested.services,
            proof=tested.proof,
            embedded_sandbox=context.embedded,
            profile=os.environ.get(evidence.PROFILE_VARIABLE, "quick"),
        )

    def close(self) -> None:
        context.close()
        if recorder.writer:
            recorder.writer.close()
            recorder.writer = None


_watch = _Watch()


def _redaction_failed(what: str) -> None:
    """Remember in the evidence that a text had to be withheld: the run is incomplete."""
    if recorder.writer is None:
        recorder.writer = evidence.writer(Path.cwd())
    recorder.writer.write("failure", what=what)


hooks.on_failure = _redaction_failed
atexit.register(_watch.close)


class Listener:
    """What Robot is given by ``--listener theodore_qa.listener.Listener``."""

    ROBOT_LISTENER_API_VERSION = 3
    ROBOT_LISTENER_PRIORITY = -100

    def start_suite(self, data: Any, result: Any) -> None:
        """Follow the suite."""
        _watch.start_suite(data)
        hooks.start_suite(data, result)

    def end_suite(self, data: Any, result: Any) -> None:
        """Give the next suite a fresh system."""
        _watch.end_suite(data)
        hooks.end_suite(data, result)

    def start_test(self, data: Any, result: Any) -> None:
        """Observations belong to this test from here on."""
        _watch.start_test(data, result)
        hooks.start_test(data, result)

    def end_test(self, data: Any, result: Any) -> None:
        """Judge the test by what was observed."""
        _watch.end_test(result)
        hooks.end_test(data, result)

    def close(self) -> None:
        """Close and stop everything."""
        _watch.close()

    def __getattr__(self, name: str) -> Any:
        """The events that concern redaction alone."""
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(hooks, name)


shared = Listener()
