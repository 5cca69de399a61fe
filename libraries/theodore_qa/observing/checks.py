"""Several checks that share one subject: each is recorded, all are shown in one table, and one error names what failed."""

from __future__ import annotations

from typing import Any

from theodore_qa.errors import GoingOnError, NotEvaluatedError, QaError
from theodore_qa.log import log_table
from theodore_qa.observing.display import compared
from theodore_qa.observing.observations import Observation, recorder, Verdict


class Checks:
    """Collects checks on one subject; :meth:`conclude` shows them and raises if one did not pass."""

    def __init__(self, title: str, subject: str = "") -> None:
        self.title = title
        self.subject = subject
        self.done: list[Observation] = []
        self._heard: list[Observation] = []  # aside, and yet said by the keyword

    def that(
        self,
        check: str,
        holds: bool,  # reads as a sentence
        expected: Any,
        observed: Any,
        n: int = 1,
        *,
        aside: bool = False,
        heard: bool = False,
    ) -> bool:
        """Record that something holds or not; returns ``holds``.

        ``expected`` reads as a condition, ``observed`` is what was seen, and ``n`` the number of answers, items or calls
        that were looked at. A failure ``aside`` of what the keyword is for fails the test at its end, and lets it go on; one
        that is to be ``heard`` fails the keyword too, and the test goes on.
        """
        verdict = Verdict.PASS if holds else Verdict.FAIL
        made = recorder.record(check, expected, observed, verdict, subject=self.subject, n=n, together=self.done, aside=aside)
        self.done.append(made)
        if heard and not holds:
            self._heard.append(made)
        return holds

    def equal(self, check: str, expected: Any, observed: Any) -> bool:
        """Record whether ``observed`` is what was ``expected``, in value and type."""
        return self.that(check, type(expected) is type(observed) and expected == observed, *compared(expected, observed))

    def not_evaluated(self, check: str, expected: Any, reason: str, waived: str = "", *, entry: str = "") -> None:
        """Record that something could not be observed, and why; ``entry`` names what would waive it in ``not_available``."""
        self.done.append(
            recorder.record(
                check,
                expected,
                reason,
                Verdict.NOT_EVALUATED,
                subject=self.subject,
                n=0,
                waived=waived,
                entry=entry,
                together=self.done,
            )
        )

    def conclude(self) -> None:
        """Write the table; raise with every check that failed, or else with those that were not evaluated nor waived."""
        log_table(
            f"{self.title}: {self.subject}" if self.subject else self.title,
            ("Check", "Expected", "Observed", "n (looked at)", "Verdict"),
            [(check.check, check.expected, _with_waiver(check), check.n, check.verdict) for check in self.done],
        )
        failed = [check for check in self.done if check.verdict is Verdict.FAIL and not check.aside]
        if failed:
            raise QaError("\n".join(map(str, [*failed, *self._heard])) + ".")
        if self._heard:
            sentence = "\n".join(map(str, self._heard)) + "."
            if recorder.test:
                recorder.test.excused.append(sentence)
            raise GoingOnError(sentence)
        unseen = [check for check in self.done if check.verdict is Verdict.NOT_EVALUATED and not check.waived]
        if unseen:
            raise NotEvaluatedError("NOT EVALUATED: " + "\n".join(map(str, unseen)) + ".")


def _with_waiver(observation: Observation) -> str:
    return f"{observation.observed} (waived: {observation.waived})" if observation.waived else observation.observed
