"""Colours, and whatever else is written by control sequences: none where no terminal is, nor where they are forbidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theodore_qa.errors import UsageError
from theodore_qa.observing.display import plural

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks
    from TheodoreLibrary.command_line import CommandResult

CONTROL = "\x1b["


def without(checks: Checks, check: str, result: CommandResult, expected: str) -> None:
    """No control sequences on standard output."""
    count = result.stdout.count(CONTROL)
    checks.that(check, not count, expected, plural(count, "control sequence"), n=len(result.stdout))


def forbidden(checks: Checks, result: CommandResult, unlike: CommandResult) -> None:
    """No control sequences on a terminal, on which another call wrote some."""
    for call in (result, unlike):
        if not call.terminal:
            raise UsageError(f"The call {call} was made without a terminal, where nothing has colours: give it terminal=True.")
    expected = f"no control sequences, of which {unlike} wrote {unlike.stdout.count(CONTROL)}"
    if CONTROL not in unlike.stdout:
        checks.not_evaluated("cli.no_colours", "a call with control sequences to compare with", f"{unlike} wrote none either")
        return
    without(checks, "cli.no_colours", result, expected)
