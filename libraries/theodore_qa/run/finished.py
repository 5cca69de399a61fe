"""A finished run, as reports are given it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path  # noqa: TC003  # dataclasses
from typing import Any, TYPE_CHECKING

from theodore_qa.run.judge import Judgement  # noqa: TC001  # dataclasses

if TYPE_CHECKING:
    from robot.result import Result

    from theodore_qa.systems.environment import Environment


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
    """

    id: str
    folder: Path
    suites: Path
    environment: Environment
    judgement: Judgement
    duration: float
    result: Result | None = None
    findings: list[dict[str, Any]] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """The exit code of the command."""
        return self.judgement.exit_code
