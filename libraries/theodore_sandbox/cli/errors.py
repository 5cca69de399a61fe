"""What a user of the command line is told: a sentence on standard error, and an exit code."""

from __future__ import annotations

FAILED, MISUSED = 1, 2


class CommandError(Exception):
    """A command that failed."""

    code = FAILED


class MisuseError(CommandError):
    """A command that was called in a way that it does not know."""

    code = MISUSED
