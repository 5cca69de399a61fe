"""A finished run, as reports are given it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path  # noqa: TC003  # dataclasses
from typing import Any, Protocol, TYPE_CHECKING

from theodore_qa.run.judge import Judgement  # noqa: TC001  # dataclasses
from theodore_qa.run.judged import Judged  # noqa: TC001  # dataclasses
from theodore_qa.run.merge import Outputs
from theodore_qa.run.plan import Planned  # noqa: TC001  # dataclasses

if TYPE_CHECKING:
    from theodore_qa.run.output import Output

TESTED = "tested"
EMBEDDED = "EMBEDDED SANDBOX: no evidence about any production system"
DOUBLES = "SANDBOX: no evidence about any production system"


class Tested(Protocol):
    """What a report says of the environment of a run."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def kind(self) -> str:
        """What kind of environment it is."""

    @property
    def embedded(self) -> bool:
        """Whether a system of it is a sandbox that we started."""

    @property
    def is_sandbox(self) -> bool:
        """Whether its systems are doubles."""

    @property
    def path(self) -> Path:
        """Its file."""


def notice_of(environment: Tested) -> str:
    """What has to stand beside every figure about a sandbox; empty for other systems."""
    return (EMBEDDED if environment.embedded else DOUBLES) if environment.is_sandbox else ""


@dataclass
class FinishedRun:
    """A run with its verdicts.

    Attributes:
        id: of the run.
        folder: where its files go.
        suites: the file or folder that was run.
        environment: that it was run in.
        judgement: all verdicts, and what makes the run incomplete.
        duration: in seconds.
        result: what Robot says, merged from all processes; None if there is no output.
        findings: of security suites, as they were recorded.
        attacks: of security suites, with what each of them tried and could not try.
        deselected: tests of the files that were not selected.
        options: of robot.
        environments: what each process said of the systems.
        reruns: verdicts of second attempts, which stand beside those that count.
        history: the folder with the history of earlier runs; None for a run that is not kept.
        state: how it came to its verdict: ``tested``, or ``judged`` by outputs that were there already.
        outputs: of its processes, from which Robot's own files are made.
    """

    id: str
    folder: Path
    suites: Path
    environment: Tested
    judgement: Judgement
    duration: float
    result: Output | None = None
    findings: list[dict[str, Any]] = field(default_factory=list)
    deselected: tuple[Planned, ...] = ()
    attacks: list[dict[str, Any]] = field(default_factory=list)
    options: tuple[str, ...] = ()
    environments: list[dict[str, Any]] = field(default_factory=list)
    reruns: list[Judged] = field(default_factory=list)
    history: Path | None = None
    state: str = TESTED
    outputs: Outputs = field(default_factory=Outputs)

    @property
    def notice(self) -> str:
        """What has to stand beside every figure about a sandbox; empty for other systems."""
        return notice_of(self.environment)

    @property
    def exit_code(self) -> int:
        """The exit code of the command."""
        return self.judgement.exit_code
