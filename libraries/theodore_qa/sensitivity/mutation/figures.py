"""What a run of mutants says: kills of each family with their interval, and who survived."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from theodore_qa.observing.display import plural
from theodore_qa.run.judge import INCOMPLETE
from theodore_qa.sensitivity.mutation.candidates import FAMILIES
from theodore_qa.sensitivity.mutation.trying import COUNTED, NOT_EVALUATED, NOT_STARTED, TIMED_OUT
from theodore_qa.statistics import Share

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from theodore_qa.sensitivity.mutation.trying import Result

GOAL, LEAST_LOWER_END = 0.9, 0.85
ENOUGH = 300
FEWEST = 22  # of fewer, all of them noticed, the lower end of the interval is below 85 %
PASS, FAIL, OPEN = "PASS", "FAIL", "NOT EVALUATED"


@dataclass(frozen=True)
class Figures:
    """The results of a run; a mutant that does not start, or has no result, is in no share.

    ``part`` is set where only some suites were run: they notice less than all, so no score is claimed. ``red`` are the suites
    that failed without any mutant.
    """

    results: list[Result]
    part: bool = False
    red: dict[str, str] = field(default_factory=dict)

    def share(self, family: str | None = None) -> Share:
        """Noticed of tried, of a family or of all."""
        counted = [r for r in self.results if r.status in COUNTED and family in {None, r.family}]
        return Share(sum(result.noticed for result in counted), len(counted))

    @property
    def survivors(self) -> list[Result]:
        """Whom no test noticed, in the order of the files."""
        survivors = [result for result in self.results if result.survived]
        return sorted(survivors, key=lambda result: (result.file, result.line, result.family))

    @property
    def verdict(self) -> str:
        """PASS if the score and the lower end of its interval reach the goal.

        FAIL if there were enough mutants for it, or if not even the upper end does; else too few were tried to say.
        """
        score = self.share()
        if self.part:
            return OPEN
        low, high = score.interval
        if score.value >= GOAL and low >= LEAST_LOWER_END:
            return PASS
        return FAIL if score.tried >= ENOUGH or (score.tried and high < GOAL) else OPEN

    @property
    def exit_code(self) -> int:
        """3 where a mutant has no result or too few were tried to say, 1 where the goal is missed or nothing was noticed, else 0.

        A draw of fewer than 22 cannot reach the goal; it shows that mutants are noticed, as a draw for some suites does.
        """
        score = self.share()
        if any(result.status == NOT_EVALUATED for result in self.results) or not score.tried:
            return INCOMPLETE
        if self.verdict == OPEN and not self.part and score.tried >= FEWEST:
            return INCOMPLETE
        return int(bool(self.red) or self.verdict == FAIL or not score.hits)

    def lines(self) -> Iterator[str]:
        """The figures for a reader."""
        for family in FAMILIES:
            share = self.share(family)
            if share.tried:
                yield f"Mutants, {family}: {share}"
        yield f"Mutants, all families: {self.share()}"
        count = Counter(result.status for result in self.results)
        for status, note in (
            (TIMED_OUT, "of them noticed since the suites did not end"),
            (NOT_STARTED, "in no share: the sandbox does not start"),
            (NOT_EVALUATED, "in no share: not evaluated, go on with --resume"),
        ):
            if count[status]:
                yield f"Mutants, {note}: {count[status]}"
        goal = f"the score is at least {GOAL:.0%} and the lower end of its interval at least {LEAST_LOWER_END:.0%}"
        yield f"{self.verdict} {goal}{': only some suites were run' if self.part else ''}"


def survivors_text(survivors: Iterable[Result]) -> str:
    """Each survivor with file, line and change."""
    return "\n".join(
        f"{result.file}:{result.line} ({result.family}, {result.operator}) {result.status}"
        f" after {plural(result.tests, 'test')} of {', '.join(result.suites) or 'no suite'}\n{result.diff}\n"
        for result in survivors
    )
