"""What a run gives occasion to say: regressions, failed gates, failed tests, and what makes it incomplete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from theodore_qa.history import summary
from theodore_qa.readiness.located import source_of
from theodore_qa.redaction.secrets import redact
from theodore_qa.run.judge import INCOMPLETE, STOPPED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from theodore_qa.run.finished import FinishedRun

MOST = 20  # of each kind, in texts for people
VERDICTS = {0: "passed", 1: "failed", 3: "is incomplete"}
KINDS = ("regression", "gate", "failure", "incomplete", "aborted")


@dataclass(frozen=True)
class Fact:
    """A sentence, and the file below ``suites/`` and line that it is about, if there are such."""

    sentence: str
    source: str = ""
    line: int = 0


@dataclass(frozen=True)
class Occasion:
    """A run, and what there is to say of it by the kinds that a receiver can ask for."""

    run: str
    environment: str
    notice: str
    exit_code: int
    facts: dict[str, tuple[Fact, ...]]

    def kinds(self, about: Sequence[str]) -> list[str]:
        """The kinds among those that a receiver asks for of which there is something to say."""
        return [kind for kind in about if self.facts[kind]]

    @property
    def title(self) -> str:
        """The run in one line."""
        return " ".join(f"Run {self.run} on {self.environment} {VERDICTS.get(self.exit_code, 'ended')}".split())

    def data(self, kinds: Sequence[str]) -> dict[str, Any]:
        """All there is to say of some kinds, as JSON takes it."""
        return {
            "notice": self.notice or None,
            "run": self.run,
            "environment": self.environment,
            "exit_code": self.exit_code,
            "title": self.title,
            "facts": {
                kind: [
                    {"sentence": fact.sentence, "source": fact.source or None, "line": fact.line or None}
                    for fact in self.facts[kind]
                ]
                for kind in kinds
            },
        }

    def text(self, kinds: Sequence[str]) -> str:
        """The same for people, with at most 20 sentences of each kind."""
        lines = [self.title, *filter(None, [self.notice])]
        for kind in kinds:
            facts = self.facts[kind]
            lines += ["", f"{kind.capitalize()} ({len(facts)})", *(f"- {fact.sentence}" for fact in facts[:MOST])]
            if len(facts) > MOST:
                lines.append(f"- and {len(facts) - MOST} more")
        return "\n".join(lines)


def of(run: FinishedRun) -> Occasion:
    """What a run that was judged, reported and kept gives occasion to say."""
    judgement = run.judgement
    lines = {(source_of(run, test.suite) or test.suite, test.name): test.key[1] for test in judgement.tests}
    regressed = [change for change in summary.of(run)["new_failures"] if change["since"]]
    return Occasion(
        redact(run.id),
        redact(run.environment.name),
        run.notice,
        run.exit_code,
        {
            "regression": tuple(
                _fact(
                    f"{change['name']} ({change['source']}) fails now; in run {change['since']}: {change['before']}.",
                    change["source"],
                    lines.get((change["source"], change["name"]), 0),
                )
                for change in regressed
            ),
            "gate": tuple(_fact(sentence) for sentence in judgement.failed_gates),
            "failure": tuple(
                _fact(f"{test.name} ({test.suite}): {test.message}", source_of(run, test.suite) or "", test.key[1])
                for test in judgement.tests
                if test.verdict == "FAIL"
            ),
            "incomplete": tuple(map(_fact, [*judgement.problems, *judgement.missing_gates]))
            if run.exit_code == INCOMPLETE
            else (),
            "aborted": tuple(_fact(problem) for problem in judgement.problems if problem.startswith(STOPPED)),
        },
    )


def of_aborted(run: str, environment: str, notice: str, reason: str) -> Occasion:
    """What a run that broke off before it was judged gives occasion to say; it is incomplete too."""
    fact = (_fact(f"The run broke off before it was judged: {reason.rstrip('.')}."),)
    facts: dict[str, tuple[Fact, ...]] = {kind: fact if kind in ("incomplete", "aborted") else () for kind in KINDS}
    return Occasion(redact(run), redact(environment), notice, INCOMPLETE, facts)


def _fact(sentence: str, source: str = "", line: int = 0) -> Fact:
    return Fact(redact(sentence), source, line)
