"""Observations: one record for each check, with what was expected, what was observed and the verdict.

A verdict is PASS only for something that was exchanged with the system under test; what could not be observed is NOT EVALUATED.
A test passes by a check in its own body: signing in, starting and following are preconditions, which can only fail it.
Of several records of one check with one expectation on one subject, by one call of a keyword that is repeated, as a poll writes
them, the last one counts; of those that one collection of checks makes, the worst. A keyword that fails without a check leaves a
record too, so that whoever swallows its error swallows nothing.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TYPE_CHECKING

from theodore_qa.cancelling import cancellation
from theodore_qa.errors import FULL_DISK, NotEvaluatedError
from theodore_qa.observing import heard
from theodore_qa.observing.display import written
from theodore_qa.redaction.secrets import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from theodore_qa.observing.evidence import Writer

LONGEST = 500
KEYWORD = "keyword."
ALL_ANSWERS, NONE_BREAKS = "api.all_answers", "no answer of which is true: "  # the check that is named for all of them
LIVE_ANSWER = "api.live_answer"  # the check that each answer is of the moment, and not of a recording or a cache
EVERY_ANSWER = "api.every_answer"  # the check that each answer of a system keeps what the system has promised
NOTHING = (
    "Nothing was observed: the test ended without a single check of the system under test. "
    "Use keywords that check what the system answered."
)
ONLY_PRECONDITIONS = (
    "Nothing was checked: the test only signs in, starts or follows, which are preconditions, or checks in its setup alone. "
    "Add a check to its body."
)
FORGED = "a record that no keyword of these libraries wrote: call the keyword itself, or BuiltIn().run_keyword"
UNWRITTEN = "NOT EVALUATED: the evidence could not be written: {}."
CANCELLED = "NOT EVALUATED: the run was cancelled."
SKIPPED = (
    "The test was skipped, and nothing that it lacks is waived by the environment file: what was not observed is no pass. "
    "Leave it out by --exclude, or name what is missing in not_available."
)


class Verdict(StrEnum):
    """What a check says."""

    PASS = "PASS"  # noqa: S105  # a verdict
    FAIL = "FAIL"
    NOT_EVALUATED = "NOT EVALUATED"


WORSE = (Verdict.PASS, Verdict.NOT_EVALUATED, Verdict.FAIL)


@dataclass(frozen=True, eq=False, repr=False)  # generated methods cost import time
class Observation:
    """One check of one subject."""

    check: str
    subject: str
    expected: str
    observed: str
    n: int
    verdict: Verdict
    waived: str = ""
    counts: bool = True  # whether a test may pass by it
    aside: bool = False  # a failure that is no matter of the test's own promise: another test is named for it

    def __str__(self) -> str:
        about = f" of {self.subject}" if self.subject else ""
        return f"{self.check}{about}: expected {self.expected}, observed {self.observed}"


Call = tuple[str, ...]
Seen = dict[tuple[str, str, str, Call], Observation]


def last_words(seen: Seen, verdict: Verdict) -> list[Observation]:
    """The observations of this verdict that nothing later superseded."""
    return [observation for observation in seen.values() if observation.verdict is verdict]


@dataclass(eq=False, repr=False)  # generated methods cost import time
class OpenEnd:
    """Something that ended otherwise than well, which a test has to look at: a research that failed, for example."""

    subject: object
    sentence: str


@dataclass(eq=False, repr=False)  # generated methods cost import time
class TestRecord:
    """The test that runs now, with what was observed in it."""

    __test__ = False

    source: str
    line: int
    name: str
    attempt: int
    tags: tuple[str, ...] = ()
    seen: Seen = field(default_factory=dict)
    open_ends: list[OpenEnd] = field(default_factory=list)
    in_body: bool = True  # not in its setup or teardown
    excused: list[str] = field(default_factory=list)  # of keywords that failed, and whose failures are aside of the promise


NO_TEST = TestRecord("", 0, "", 0)  # whose records are those of setups and teardowns of suites


@dataclass(eq=False, repr=False)  # generated methods cost import time
class SuiteRecord:
    """A suite that runs now: how often the system answered in it, and what its setup and teardown observed."""

    source: str = ""
    exchanges: int = 0
    heard: deque[str] = field(default_factory=deque)
    seen: Seen = field(default_factory=dict)
    reported: list[Observation] = field(default_factory=list)
    open_ends: list[OpenEnd] = field(default_factory=list)


class Recorder:
    """Takes observations in and says at a test's end what they amount to."""

    def __init__(self) -> None:
        self.writer: Writer | None = None
        self.test: TestRecord | None = None
        self.unwritten = ""
        self._suites: list[SuiteRecord] = [SuiteRecord()]
        self._attempts: dict[tuple[str, int, str], int] = {}
        self._call: Call = ()
        self._precondition = False
        self._made = self._failed = 0
        self._exchange = ""
        self._numbers = itertools.count(1)

    @property
    def passed(self) -> int:
        """How many checks passed until now."""
        return self._made - self._failed

    def enter_suite(self, source: str = "") -> None:
        """From here on exchanges count for this suite."""
        self._suites.append(SuiteRecord(source))

    def leave_suite(self) -> list[str]:
        """The exchanges of this suite vouch for nothing any more; returns what its teardown saw fail and nobody was told."""
        suite = self._suites.pop()
        words = [
            *last_words(suite.seen, Verdict.FAIL),
            *(missing for missing in last_words(suite.seen, Verdict.NOT_EVALUATED) if not missing.waived),
        ]
        return [_sentence(word) for word in words if word not in suite.reported]

    def open_ends(self) -> list[str]:
        """What ended otherwise than well in the setup of the innermost suite, and no test looked at."""
        return [end.sentence for end in self._suites[-1].open_ends]

    def exchanged(self, text: str = "") -> None:
        """An answer came from the system under test, with this text."""
        suite = self._suites[-1]
        suite.exchanges += 1
        self._exchange = f"{next(self._numbers)}:{hashlib.blake2s(text.encode(errors='replace'), digest_size=6).hexdigest()}"
        if text:
            heard.keep(suite.heard, text)

    def heard(self, value: Any) -> float:
        """Which share of the texts and numbers in a value stood in answers of the system under test; 1 of none."""
        return heard.share(value, [text for suite in self._suites for text in suite.heard])

    @contextmanager
    def calling(self, keyword: str, arguments: Sequence[object], *, precondition: bool = False) -> Iterator[None]:
        """Observations belong to this call of a keyword; one that fails without an observation of its own leaves one.

        A keyword that is no precondition looks at the arguments that it is given: they are no open ends any more.
        """
        outer, failed, made, within = self._call, self._failed, self._made, self._precondition
        self._call = (keyword, *map(_text, arguments))
        self._precondition = precondition or within
        check = KEYWORD + keyword
        try:
            yield
        except BaseException as error:
            if isinstance(error, OSError) and error.errno in FULL_DISK:  # Robot writes its output while a keyword runs
                self.unwritten = error.strerror or str(error)
                raise NotEvaluatedError(UNWRITTEN.format(self.unwritten)) from None
            if self._failed == failed and not getattr(error, "ROBOT_SKIP_EXECUTION", False) and not _is_flow(error):
                unseen = cancellation.requested or isinstance(error, NotEvaluatedError)
                verdict = Verdict.NOT_EVALUATED if unseen else Verdict.FAIL
                self.record(check, "no error", str(error) or type(error).__name__, verdict)
            raise
        else:
            self._seen().pop((check, "", "no error", self._call), None)
        finally:
            if self._made > made and not self._precondition:
                self._look_at(arguments)
            self._call, self._precondition = outer, within

    def leave_open(self, subject: object, sentence: str) -> None:
        """Something ended otherwise than well: a test passes only if it looks at that, by a keyword that is given ``subject``."""
        self._ends().append(OpenEnd(subject, sentence))

    def _look_at(self, arguments: Sequence[object]) -> None:
        for ends in (self._ends(), *(suite.open_ends for suite in self._suites)):
            ends[:] = [end for end in ends if not any(end.subject is argument for argument in arguments)]

    def _ends(self) -> list[OpenEnd]:
        return self.test.open_ends if self.test else self._suites[-1].open_ends

    def start_test(self, source: str, line: int, name: str, tags: tuple[str, ...], fingerprint: str = "") -> None:
        """The next observations belong to this test."""
        key = (source, line, name)
        self._attempts[key] = self._attempts.get(key, 0) + 1
        self.test = TestRecord(source, line, name, self._attempts[key], tags)
        self._write("start", tags=list(tags), fingerprint=fingerprint)

    def record(  # the arguments are the fields of an observation
        self,
        check: str,
        expected: Any,
        observed: Any,
        verdict: Verdict,
        *,
        subject: str = "",
        n: int = 1,
        waived: str = "",
        entry: str = "",
        together: Sequence[Observation] = (),
        aside: bool = False,
    ) -> Observation:
        """Record one check; a PASS to which the system under test contributed nothing becomes NOT EVALUATED.

        Args:
            check: the name of the check, such as ``research.phases``.
            expected: a condition.
            observed: the value that was seen.
            verdict: of the check itself.
            subject: what was checked.
            n: how many values the verdict rests on.
            waived: the waiver that excuses what could not be observed.
            entry: the entry of the environment file that is lacking.
            together: the other checks of the same collection. Of alike ones the worst is the last word: they are no tries of a
                poll.
            aside: whether another test is named for what failed.
        """
        if verdict is Verdict.PASS and not any(suite.exchanges for suite in self._suites):
            verdict, observed = Verdict.NOT_EVALUATED, "no answer of the system under test in this suite"
        if verdict is Verdict.PASS and not self._call:
            verdict, observed = Verdict.NOT_EVALUATED, FORGED
        counts = not self._precondition and (self.test is None or self.test.in_body)
        texts = [shortened(written(value), LONGEST) for value in (subject, expected, observed)]
        observation = Observation(check, texts[0], texts[1], texts[2], n, verdict, waived, counts, aside)
        self._made += 1
        self._failed += verdict is not Verdict.PASS
        about = (check, observation.subject, observation.expected)
        alike = [other for other in together if (other.check, other.subject, other.expected) == about]
        key, seen = (*about, self._call), self._seen()
        seen.pop(key, None)  # what is recorded again stands at the end: messages name the last failure
        seen[key] = max([observation, *alike], key=lambda other: WORSE.index(other.verdict))
        self._write(
            "observation",
            check=observation.check,
            subject=observation.subject,
            expected=observation.expected,
            observed=observation.observed,
            n=n,
            verdict=verdict,
            stands=seen[key].verdict,
            precondition=not counts,
            call=hashlib.blake2s("\0".join(self._call).encode(errors="replace"), digest_size=6).hexdigest(),
            exchange=self._exchange,
            waived=waived,
            entry=entry,
            controls=[tag.partition(":")[2] for tag in (self.test.tags if self.test else ()) if tag.startswith("control:")],
        )
        return observation

    def judge(self, *, passed: bool, skipped: bool, own: bool = False) -> tuple[str, str]:
        """The verdict on the test that ends, and the sentence to show if Robot thought otherwise, or was cancelled.

        What the setups of its suites saw counts for each of their tests. Failures aside of the test's promise are
        left out where ``own`` is true.
        """
        if self.test is None:
            return Verdict.NOT_EVALUATED, NOTHING
        if self.unwritten:
            return Verdict.NOT_EVALUATED, UNWRITTEN.format(self.unwritten)
        for suite in self._suites:
            suite.reported = list(suite.seen.values())
        seen = self._all_seen()
        if failed := [word for word in last_words(seen, Verdict.FAIL) if not (own and word.aside)]:
            return Verdict.FAIL, _sentence(failed[0])
        unseen = last_words(seen, Verdict.NOT_EVALUATED)
        unwaived = [missing for missing in unseen if not missing.waived]
        cancelled = cancellation.requested and not passed
        if cancelled or unwaived:
            return Verdict.NOT_EVALUATED, CANCELLED if cancelled else f"NOT EVALUATED: {unwaived[0]}."
        if skipped:
            return ("SKIP", "") if unseen else (Verdict.NOT_EVALUATED, SKIPPED)
        return self._unhindered(passed=passed)

    def _all_seen(self) -> Seen:
        """What was seen in the test and in the setups of its suites."""
        seen: Seen = dict(self.test.seen) if self.test else {}
        for suite in self._suites:
            seen = suite.seen | seen
        return seen

    def _unhindered(self, *, passed: bool) -> tuple[str, str]:
        """The verdict on a test against which nothing speaks but perhaps Robot."""
        own = self.test.seen if self.test else {}
        if not passed:
            return Verdict.FAIL, ""
        if self.test and self.test.open_ends:
            return Verdict.NOT_EVALUATED, f"NOT EVALUATED: {self.test.open_ends[0].sentence}"
        if any(passed.counts for passed in last_words(own, Verdict.PASS)):
            return Verdict.PASS, ""
        if waived := last_words(own, Verdict.NOT_EVALUATED):
            return "SKIP", f"NOT EVALUATED: {waived[0]}, waived: {waived[0].waived}."
        return Verdict.NOT_EVALUATED, ONLY_PRECONDITIONS if own else NOTHING

    def end_test(self, verdict: str, message: str, own: str = "") -> None:
        """Close the test with its verdict, and the one on its own promise alone where that is another."""
        aside = (
            [word.observed for word in last_words(self._all_seen(), Verdict.FAIL) if word.check == EVERY_ANSWER] if own else []
        )
        waived = [missing.waived for missing in last_words(self.test.seen, Verdict.NOT_EVALUATED)] if self.test else []
        excused, waived = bool(self.test and self.test.excused), list(dict.fromkeys(waived))
        message = shortened(message, LONGEST)
        self._write("test", verdict=verdict, message=message, own=own, aside=aside, waived=waived, of_contract=excused)
        self.test = None

    def has_unseen(self) -> bool:
        """Whether something of the test could not be observed, and was said to be so."""
        return self.test is not None and bool(last_words(self.test.seen, Verdict.NOT_EVALUATED))

    def note(self, kind: str, **fields: Any) -> None:
        """Write a record that is about no test; one that cannot be written makes the tests to come not evaluated."""
        if self.writer is None:
            return
        try:
            self.writer.write(kind, **fields)
        except OSError as error:
            self.unwritten = error.strerror or str(error)

    def _seen(self) -> Seen:
        return self.test.seen if self.test else self._suites[-1].seen

    def _write(self, kind: str, **fields: Any) -> None:
        if self.writer:
            test = self.test or NO_TEST
            self.note(kind, source=test.source, line=test.line, name=test.name, attempt=test.attempt, **fields)


def _sentence(observation: Observation) -> str:
    """What is said of a failure that somebody swallowed."""
    if observation.check.startswith(KEYWORD):
        title = observation.check.removeprefix(KEYWORD).replace("_", " ").title()
        return f"The keyword '{title}' failed and the test went on: {observation.observed.rstrip('.')}."
    if observation.verdict is Verdict.NOT_EVALUATED:
        return f"NOT EVALUATED: {observation}."
    return f"A check failed and the test went on: {observation}."


def _text(argument: object) -> str:
    try:
        return str(argument)
    except Exception:  # noqa: BLE001  # an argument that cannot be shown is still an argument
        return type(argument).__name__


def _is_flow(error: BaseException) -> bool:
    """Whether an exception is Robot's own way of going on, such as Pass Execution."""
    return type(error).__module__.startswith("robot.") and type(error).__name__ in ("PassExecution", "BreakLoop", "ContinueLoop")


recorder = Recorder()
