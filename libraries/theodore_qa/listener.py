"""The one listener: redacts what Robot writes, records tests, and turns a pass without observation red.

It is installed by ``theodore test``, by the shipped argument file and robot.toml, and by each Library; installed more than
once in a process it acts once.
"""

from __future__ import annotations

import atexit
import os
import re
from pathlib import Path
from typing import Any

from theodore_qa import errors
from theodore_qa.builtin import builtin
from theodore_qa.cancelling import cancellation
from theodore_qa.context import context, tags_of
from theodore_qa.errors import HIDES
from theodore_qa.observing import conversions, evidence, excuses
from theodore_qa.observing.fingerprint import fingerprint
from theodore_qa.observing.observations import CANCELLED, recorder, Verdict
from theodore_qa.observing.provenance import provenance
from theodore_qa.observing.swallowing import reason as expected_failure
from theodore_qa.observing.swallowing import swallowing
from theodore_qa.observing.unrun import unrun_check
from theodore_qa.parent import end_with_parent
from theodore_qa.redaction import known
from theodore_qa.redaction.hooks import hooks
from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems.build import observed_build

ROBOT_LISTENER_API_VERSION = 3


FULL_DISK = re.compile(rf"OSError: \[Errno (?:{'|'.join(map(str, errors.FULL_DISK))})\] ([^:\n]+)")  # as Robot words it


def excused(message: str) -> bool:
    """Whether the test failed by nothing but what is aside of its own promise."""
    return recorder.test is not None and excuses.alone(message, recorder.test.excused)


class _Watch:
    """Follows suites and tests of this process; each event is taken once, from whichever listener brings it first."""

    def __init__(self) -> None:
        self.suites: list[int] = []
        self.root: Path | None = None
        self.test: int | None = None
        self.ended: int | None = None
        self.robot_status: tuple[int, str] = (0, "")  # of a test by its id, as Robot itself has it
        self.judged: tuple[str, str, str] = ("", "", "")  # the verdict of the test that ended, its status and its message
        self.invalid: int | None = None
        self.described: set[str] = set()
        self.watched = False
        self.event: tuple[str, int] = ("", 0)
        self.keyword = ""  # of ours, while it runs

    def start_suite(self, data: Any) -> None:
        if id(data) in self.suites:
            return
        if not self.suites:
            self.root = data.source
            cancellation.watch()
            self._watch_parent()
            if not builtin().dry_run_active:
                known.learn_all()
                self._open()
        self.suites.append(id(data))
        context.suite_tags = tags_of(data)
        recorder.enter_suite(evidence.relative(data.source, self.root))
        swallowing.start_suite()
        for problem in context.start_suite() if data.tests and not builtin().dry_run_active else ():
            recorder.note("failure", what=problem)

    def end_suite(self, data: Any) -> None:
        if self.suites[-1:] != [id(data)]:
            return
        self.suites.pop()
        source = evidence.relative(data.source, self.root)
        swallowing.end_suite()
        for sentence in recorder.open_ends():
            recorder.note("failure", what=sentence)
        for sentence in recorder.leave_suite():
            recorder.note("suite", source=source, message=sentence)
        for problem in context.end_suite() if data.tests else ():
            recorder.note("failure", what=f"the suite {source} left something behind: {problem}")

    def start_test(self, data: Any, result: Any) -> None:
        if self.test == id(result) or builtin().dry_run_active:
            return
        self.test, self.ended = id(result), None
        self._watch_parent()
        self._open()
        source = evidence.relative(data.source, self.root)
        recorder.start_test(source, data.lineno or 0, result.name, tuple(map(str, result.tags)), fingerprint(data))
        context.timeout = result.timeout
        swallowing.start_test()

    def end_test(self, result: Any) -> None:
        if builtin().dry_run_active or self.ended == id(result):
            return
        self.ended, context.timeout = id(result), None
        left = [f"The test left something behind: {problem}." for problem in context.end_test()]
        for sentence in left:
            recorder.note("failure", what=sentence.rstrip("."))
        if result.failed and (full := FULL_DISK.match(result.message)):
            recorder.unwritten = full[1]
        swallowed, errors = swallowing.end_test()
        for error in errors:
            recorder.note("swallowed", what=error)
        verdict, sentence = self._judged(result, left, swallowed)
        own = self._judged(result, left, swallowed, own=True)[0] if verdict == "FAIL" else ""
        not_possible = result.skipped and verdict == "NOT EVALUATED" and recorder.has_unseen()  # its message says so already
        if recorder.unwritten:
            result.message = sentence
        elif sentence and (not result.failed or sentence == CANCELLED) and not not_possible:
            result.message = "\n".join(filter(None, (sentence, result.message)))
        if verdict == "FAIL" or (verdict == "NOT EVALUATED" and not not_possible):
            result.status = "FAIL"
        elif verdict == "SKIP" and result.passed:
            result.status = "SKIP"
        if verdict == "NOT EVALUATED":  # Robot knows no such status
            result.tags.add(verdict)
        self.judged = verdict, result.status, result.message
        self._describe_environment()
        recorder.end_test(verdict, result.message, own)
        self.test = None

    def insist(self, result: Any) -> None:
        """Put back a verdict that another listener has made better since."""
        verdict, status, message = self.judged
        if self.ended == id(result) and verdict != "PASS" and result.status != status and not result.failed:
            result.status, result.message = status, message

    def _judged(self, result: Any, left: list[str], swallowed: list[str], *, own: bool = False) -> tuple[str, str]:
        """The verdict by what was observed, unless something failed that nobody heard of, or a check was passed over.

        Failures aside of the test's promise are left out where ``own`` is true.
        """
        passed = self.passed(result) or (own and excused(result.message))
        verdict, sentence = recorder.judge(passed=passed, skipped=result.skipped, own=own)
        if verdict != "FAIL" and passed and swallowed and not expected_failure(tuple(map(str, result.tags))):
            return "FAIL", f"{swallowed[0]} If that is meant, say why by a tag 'expects-failure:REASON'."
        if verdict == "PASS" and left:
            return "FAIL", left[0]
        if verdict == "PASS" and (unrun := unrun_check(result)):
            return "NOT EVALUATED", f"NOT EVALUATED: the test passed over a check that it has: {unrun}."
        if verdict == "PASS" and (problem := next(filter(None, (system.prove() for system in context.used)), "")):
            return "NOT EVALUATED", f"NOT EVALUATED: {problem}."
        return verdict, sentence

    def first_to_see(self, event: tuple[str, int]) -> bool:
        """Whether no other listener of ours has brought this event already."""
        if self.event == event:
            return False
        self.event = event
        return True

    def remember_status(self, result: Any) -> None:
        """Remember the status that Robot gave a test before any other listener may have changed it."""
        self.robot_status = id(result), result.status

    def passed(self, result: Any) -> bool:
        """Whether Robot itself says that a test passed."""
        test, status = self.robot_status
        return result.passed and (status == "PASS" or test != id(result))

    def invalid_keyword(self, result: Any) -> None:
        if builtin().dry_run_active or self.invalid == id(result) or not result.failed:
            return
        self.invalid = id(result)
        recorder.record(f"keyword.{result.name}", "no error", result.message, Verdict.FAIL)

    def refuse_hiding(self, implementation: Any) -> None:
        """A keyword of the suite has the name of one of ours, which Robot then never calls."""
        from robot.api import logger

        plain = implementation.name.casefold().replace(" ", "").replace("_", "")
        for name, library in builtin().get_library_instance(all=True).items():
            if getattr(library, "ROBOT_LIBRARY_LISTENER", None) is shared and plain in library.plain_names:
                file = evidence.relative(implementation.source, self.root)
                sentence = f"The keyword '{implementation.name}' of {file} {HIDES} {name}: give it another name."
                if sentence not in self.described:
                    self.described.add(sentence)
                    logger.error(sentence)
                recorder.record("keyword.hidden", f"the keyword of {name}", f"a keyword of {file}", Verdict.FAIL)

    @staticmethod
    def enter_keyword(data: Any) -> None:
        """A setup or teardown of the test begins: its checks are not in the test's body."""
        if recorder.test and data.type in ("SETUP", "TEARDOWN") and data.parent.__class__.__name__ == "TestCase":
            recorder.test.in_body = False

    @staticmethod
    def leave_keyword(data: Any) -> None:
        """A setup or teardown of the test has ended."""
        if recorder.test and data.type in ("SETUP", "TEARDOWN") and data.parent.__class__.__name__ == "TestCase":
            recorder.test.in_body = True

    def _open(self) -> None:
        """Begin the evidence of this process; where it cannot be written nothing counts as observed."""
        if recorder.writer is None:
            recorder.writer = evidence.writer(Path(builtin().get_variable_value("${OUTPUT DIR}", ".")))
            recorder.note("process", **evidence.platform())

    def _watch_parent(self) -> None:
        if self.watched or builtin().dry_run_active:
            return
        self.watched = True
        under_pabot = builtin().get_variable_value("${PABOTQUEUEINDEX}") is not None
        if under_pabot or evidence.RUN_VARIABLE in os.environ:
            end_with_parent(under_pabot=under_pabot)

    def _describe_environment(self) -> None:
        """Say once, beside the records, against what they were made."""
        if recorder.writer is None:
            return
        for system in context.used:
            if system.name in self.described:
                continue
            self.described.add(system.name)
            if problem := system.prove():
                recorder.note("failure", what=problem)
            recorder.note(
                "environment",
                environment=system.environment.name,
                environment_kind=system.environment.kind,
                system=system.name,
                url=system.url,
                services=system.declared.services,
                proof=system.proved,
                build=observed_build(system),
                embedded_sandbox=system.embedded,
                profile=os.environ.get(evidence.PROFILE_VARIABLE, "quick"),
            )

    def close(self) -> None:
        context.close()
        if recorder.writer:
            recorder.writer.close()
            recorder.writer = None


_watch = _Watch()


def _is_ours(implementation: Any) -> bool:
    """Whether a keyword belongs to one of our Libraries."""
    return getattr(implementation.owner.instance, "ROBOT_LIBRARY_LISTENER", None) is shared


def _warn_of_short_secrets() -> None:
    from robot.api import logger

    for note in secrets.new_notes():
        logger.warn(note)


def _redaction_failed(what: str) -> None:
    """Remember in the evidence that a text had to be withheld: the run is incomplete."""
    if recorder.writer is None:
        recorder.writer = evidence.writer(Path.cwd())
    recorder.note("failure", what=f"the redaction failed and a text was withheld: {what}")


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
        provenance.start_test()
        hooks.start_test(data, result)

    def end_test(self, data: Any, result: Any) -> None:
        """Judge the test by what was observed, unless `First` did so, and let nothing that others did since make it better."""
        _watch.end_test(result)
        _watch.insist(result)
        hooks.end_test(data, result)

    def end_invalid_keyword(self, data: Any, implementation: Any, result: Any) -> None:  # noqa: ARG002  # Robot's signature
        """A keyword that there is not was called: whoever swallows that swallows what it was to check."""
        _watch.invalid_keyword(result)
        hooks.end_body_item(data, result)

    def start_library_keyword(self, data: Any, implementation: Any, result: Any) -> None:
        """A library keyword begins."""
        if _watch.first_to_see(("start", id(result))):
            _watch.enter_keyword(data)
            _watch.keyword = str(implementation.name) if _is_ours(implementation) else ""
            swallowing.start_keyword()
            provenance.start_library_keyword(data)
        hooks.start_body_item(data, result)

    def end_library_keyword(self, data: Any, implementation: Any, result: Any) -> None:
        """A library keyword has returned."""
        if _watch.first_to_see(("end", id(result))):
            _watch.leave_keyword(data)
            ours = _is_ours(implementation)
            if ours and result.failed:
                result.message = conversions.worded(result.message, str(implementation.name))
            _watch.keyword = ""
            swallowing.end_keyword(str(implementation.full_name), data.args, result.message, status=result.status, ours=ours)
            provenance.end_library_keyword(data, implementation)
            _warn_of_short_secrets()
        hooks.end_body_item(data, result)

    def start_user_keyword(self, data: Any, implementation: Any, result: Any) -> None:
        """A keyword of the suite begins."""
        if _watch.first_to_see(("start", id(result))):
            _watch.enter_keyword(data)
            _watch.refuse_hiding(implementation)
            provenance.start_user_keyword(data, implementation)
        hooks.start_body_item(data, result)

    def end_user_keyword(self, data: Any, implementation: Any, result: Any) -> None:  # noqa: ARG002  # Robot's signature
        """A keyword of the suite has returned."""
        if _watch.first_to_see(("end", id(result))):
            _watch.leave_keyword(data)
            provenance.end_user_keyword(data)
        hooks.end_body_item(data, result)

    def end_return(self, data: Any, result: Any) -> None:
        """A keyword of the suite returns values."""
        provenance.end_return(data)
        hooks.end_body_item(data, result)

    def end_var(self, data: Any, result: Any) -> None:
        """A variable was set."""
        provenance.end_var(data)
        hooks.end_body_item(data, result)

    def start_for(self, data: Any, result: Any) -> None:
        """A loop begins."""
        provenance.start_loop(data.assign, data.values)
        hooks.start_body_item(data, result)

    def log_message(self, message: Any) -> None:
        """A failure of a keyword of ours is logged before the keyword ends."""
        if _watch.keyword and message.level == "FAIL":
            message.message = conversions.worded(message.message, _watch.keyword)
        hooks.log_message(message)

    def close(self) -> None:
        """Close and stop everything."""
        _watch.close()

    def __getattr__(self, name: str) -> Any:
        """The events that concern redaction alone."""
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(hooks, name)


class First:
    """Goes before all others: they hear the verdict, not what Robot alone says, and no text with a secret in it.

    None of them can then turn a failure into a pass unseen: `Listener` comes last.
    """

    ROBOT_LISTENER_API_VERSION = 3
    ROBOT_LISTENER_PRIORITY = 1_000_000

    start_suite = hooks.start_suite
    end_suite = hooks.end_suite
    start_test = hooks.start_test
    start_body_item = hooks.start_body_item
    end_body_item = hooks.end_body_item
    log_message = hooks.log_message
    message = hooks.message

    def end_test(self, data: Any, result: Any) -> None:
        """Judge the test by what was observed."""
        _watch.remember_status(result)
        _watch.end_test(result)
        hooks.end_test(data, result)


shared = [First(), Listener()]
