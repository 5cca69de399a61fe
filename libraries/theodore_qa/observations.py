"""Observations: one record for each check, with what was expected, what was observed and the verdict.

A verdict is PASS only for something that was exchanged with the system under test; what could not be observed is NOT EVALUATED.
Of several records of one check with one expectation on
one subject in a test, as a poll writes them, the last one counts; of those that one collection of checks makes, the worst.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TYPE_CHECKING

from theodore_qa.redaction.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from theodore_qa.evidence import Writer

LONGEST = 500


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

    def __str__(self) -> str:
        about = f" of {self.subject}" if self.subject else ""
        return f"{self.check}{about}: expected {self.expected}, observed {self.observed}"


@dataclass(eq=False, repr=False)  # generated methods cost import time
class TestRecord:
    """The test that runs now, with what was observed in it."""

    __test__ = False

    source: str
    line: int
    name: str
    attempt: int
    tags: tuple[str, ...] = ()
    seen: dict[tuple[str, str, str], Observation] = field(default_factory=dict)

    def last_words(self, verdict: Verdict) -> list[Observation]:
        """The observations of this verdict that nothing later superseded."""
        return [one for one in self.seen.values() if one.verdict is verdict]


class Recorder:
    """Takes observations in and says at a test's end what they amount to."""

    def __init__(self) -> None:
        self.writer: Writer | None = None
        self.test: TestRecord | None = None
        self._exchanges: list[int] = [0]
        self._attempts: dict[tuple[str, int, str], int] = {}

    def enter_suite(self) -> None:
        """From here on exchanges count for this suite."""
        self._exchanges.append(0)

    def leave_suite(self) -> None:
        """The exchanges of this suite vouch for nothing any more."""
        self._exchanges.pop()

    def exchanged(self) -> None:
        """An answer came from the system under test."""
        self._exchanges[-1] += 1

    def start_test(self, source: str, line: int, name: str, tags: tuple[str, ...]) -> None:
        """The next observations belong to this test."""
        key = (source, line, name)
        self._attempts[key] = self._attempts.get(key, 0) + 1
        self.test = TestRecord(source, line, name, self._attempts[key], tags)
        self._write("start", tags=list(tags))

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
        together: Sequence[Observation] = (),
    ) -> Observation:
        """Record one check; a PASS to which the system under test contributed nothing becomes NOT EVALUATED.

        Of alike checks that were made ``together``, in one collection, the worst is the last word: they are no tries of a poll.
        """
        if verdict is Verdict.PASS and not any(self._exchanges):
            verdict, observed = Verdict.NOT_EVALUATED, "no answer of the system under test in this suite"
        shown = [_short(redact(str(value))) for value in (subject, expected, observed)]
        one = Observation(check, shown[0], shown[1], shown[2], n, verdict, waived)
        if self.test:
            key = (check, one.subject, one.expected)
            alike = [other for other in together if (other.check, other.subject, other.expected) == key]
            self.test.seen.pop(key, None)
            self.test.seen[key] = max([one, *alike], key=lambda other: WORSE.index(other.verdict))
        self._write(
            "observation",
            check=one.check,
            subject=one.subject,
            expected=one.expected,
            observed=one.observed,
            n=n,
            verdict=verdict,
            waived=waived,
            controls=[tag.partition(":")[2] for tag in (self.test.tags if self.test else ()) if tag.startswith("control:")],
        )
        return one

    def judge(self, *, passed: bool, skipped: bool) -> tuple[str, str]:  # noqa: PLR0911  # one line for each case
        """The verdict on the test that ends, and the sentence to show if Robot thought otherwise."""
        seen = self.test
        if seen is None or skipped:
            return "SKIP", ""
        if failed := seen.last_words(Verdict.FAIL):
            return Verdict.FAIL, f"A check failed and the test went on: {failed[0]}."
        unseen = [one for one in seen.last_words(Verdict.NOT_EVALUATED) if not one.waived]
        if unseen:
            return Verdict.NOT_EVALUATED, f"NOT EVALUATED: {unseen[0]}."
        if not passed:
            return Verdict.FAIL, ""
        if seen.last_words(Verdict.PASS):
            return Verdict.PASS, ""
        if seen.seen:
            one = next(iter(seen.seen.values()))
            return "SKIP", f"NOT EVALUATED: {one}, waived: {one.waived}."
        return Verdict.NOT_EVALUATED, (
            "Nothing was observed: the test ended without a single check of the system under test. "
            "Use keywords that check what the system answered."
        )

    def end_test(self, verdict: str, message: str) -> None:
        """Close the test with its verdict."""
        self._write("test", verdict=verdict, message=_short(message))
        self.test = None

    def _write(self, kind: str, **fields: Any) -> None:
        if self.writer:
            test = self.test
            place = {
                "source": test.source if test else "",
                "line": test.line if test else 0,
                "name": test.name if test else "",
                "attempt": test.attempt if test else 0,
            }
            self.writer.write(kind, **place, **fields)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"


recorder = Recorder()
