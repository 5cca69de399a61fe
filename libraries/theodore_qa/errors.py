"""Errors that a tester reads: one sentence with what was expected, what was observed, where, and what to do."""

from __future__ import annotations

import difflib
import errno
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HIDES = "hides the one of"  # what a sentence about a keyword of the suite says that has the name of one of ours


MOST_NAMED = 20  # names that an error lists
FULL_DISK = (errno.ENOSPC, errno.EDQUOT)


class QaError(AssertionError):
    """A check or a step that failed; Robot shows its text without a class name."""

    ROBOT_SUPPRESS_NAME = True


class GoingOnError(QaError):
    """A check failed that another test is named for too: the test has failed, and goes on to what it is for."""

    ROBOT_CONTINUE_ON_FAILURE = True


class UsageError(QaError):
    """Something that the tester wrote is wrong: an argument, a name, an entry of the environment file."""


class UnreachableError(QaError):
    """The system under test does not answer at the address that the environment names."""


class NotEvaluatedError(QaError):
    """What was to be checked could not be observed."""


class LackingError(NotEvaluatedError):
    """What was to be checked needs something that an environment may openly do without, by an entry of ``not_available``."""

    def __init__(self, reason: str, entry: str) -> None:
        super().__init__(reason)
        self.entry = entry


class NotGrantedError(UsageError, NotEvaluatedError):
    """Something that the environment file does not allow, or does not say enough for: nothing was done, nothing is evaluated."""


def unknown(kind: str, name: str, known: Iterable[str], where: str = "") -> UsageError:
    """The error for a name that is not there, with the nearest one that is."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    hint = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(names[:MOST_NAMED]) or 'none'}{more}."
    location = f" in {where}" if where else ""
    return UsageError(f"There is no {kind} '{name}'{location}: {hint}")
