"""Assertions of other libraries that failed and that nobody heard of: under Ignore Error, Return Status, TRY and their like.

The keywords of these Libraries leave a record themselves. Waiting for a condition is no swallowing, and to expect an error with
a pattern is a check of its own.
"""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

EXPECTED = "expects-failure:"
_WAITING = re.compile(r"wait ?until|wait ?for|expect ?error", re.IGNORECASE)
_ANYTHING = ("*", "GLOB:*", "GLOB: *", "REGEXP:.*", "REGEXP: .*")
_ASSERTING = re.compile(r"^DatabaseLibrary\.Check\b|\b(should|must|verify|assert|fail)\b[^.]*$", re.IGNORECASE)
_READING = re.compile(r"^get\b", re.IGNORECASE)


class Swallowing:
    """The failed assertions of the test that runs, and of the setups of its suites."""

    def __init__(self) -> None:
        self._suites: list[list[str]] = []
        self._failed: list[str] = []
        self._errors: list[str] = []
        self._running: list[tuple[int, int]] = []

    def start_suite(self) -> None:
        """What fails from here on, before the first test, is its setup's."""
        self._keep()
        self._suites.append([])

    def end_suite(self) -> None:
        """The tests of this suite have ended."""
        self._failed, self._errors, self._running = [], [], []
        self._suites[-1:] = []

    def start_test(self) -> None:
        """Forget what failed in the test before."""
        self._keep()

    def end_test(self) -> tuple[list[str], list[str]]:
        """The assertions that failed for the test that ends, and the other errors in it."""
        failed, errors = [*(sentence for suite in self._suites for sentence in suite), *self._failed], self._errors
        self._failed, self._errors, self._running = [], [], []
        return failed, errors

    def start_keyword(self) -> None:
        """A keyword begins; what fails within it may be what it waits for."""
        self._running.append((len(self._failed), len(self._errors)))

    def end_keyword(self, name: str, arguments: Sequence[Any], message: str, *, status: str, ours: bool) -> None:
        """A keyword has ended."""
        failed, errors = self._running.pop() if self._running else (0, 0)
        if status == "PASS" and _excuses(name, arguments):
            del self._failed[failed:], self._errors[errors:]
        elif status == "FAIL" and not ours and (len(self._failed), len(self._errors)) == (failed, errors):
            sentence = f"The keyword '{name}' failed and the test went on: {' '.join(message.split()).rstrip('.')}."
            (self._failed if _asserts(name, arguments) else self._errors).append(sentence)

    def _keep(self) -> None:
        """What has failed outside of any test belongs to the setup of the innermost suite."""
        if self._suites:
            self._suites[-1] += self._failed
        self._failed, self._errors, self._running = [], [], []


def _excuses(name: str, arguments: Sequence[Any]) -> bool:
    """Whether a keyword that ended well meant what failed within it: it waited, or it expected just that error."""
    if not _WAITING.search(name.rpartition(".")[2]):
        return False
    return "expect" not in name.lower() or bool(arguments and str(arguments[0]).strip() not in _ANYTHING)


def _asserts(name: str, arguments: Sequence[Any]) -> bool:
    """Whether a keyword is an assertion: by its name, or a ``Get ...`` that was given an operator."""
    from assertionengine import AssertionOperator

    comparing = set(AssertionOperator.__members__) - {"then", "evaluate"}
    return bool(_ASSERTING.search(name)) or (
        bool(_READING.match(name.rpartition(".")[2])) and any(str(argument).lower() in comparing for argument in arguments)
    )


def reason(tags: Sequence[str]) -> str:
    """Why a test says that an assertion of it is expected to fail; empty if it does not."""
    return next((tag[len(EXPECTED) :] for tag in tags if tag.lower().startswith(EXPECTED)), "")


swallowing = Swallowing()
