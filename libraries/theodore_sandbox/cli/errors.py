"""What the command line reports to its user: a sentence on standard error, and an exit code."""

from __future__ import annotations

FAILED, MISUSED = 1, 2


class CommandError(Exception):
    """A command that failed."""

    code = FAILED


class RefusedError(CommandError):
    """A request that the API refused, with the status of its answer."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class MisuseError(CommandError):
    """A command that was called in a way that it does not know."""

    code = MISUSED
