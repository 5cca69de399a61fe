"""The suite files of a run, looked at before it starts: what Robot could not read is said, with what to do."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from theodore_qa.errors import UsageError
from theodore_qa.observing.fingerprint import fingerprint
from theodore_qa.run.plan import Planned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from robot.running import TestSuite

# Headers that need no second look; those of other languages, and misspelt ones, do.
_KNOWN = re.compile(r"^\*+\s*(settings?|variables?|test cases?|tasks?|keywords?|comments?)\b", re.IGNORECASE)
_HEADER = re.compile(r"^\*+\s*\w.*$", re.MULTILINE)
ENDINGS = ("*.robot", "*.resource")


@lru_cache(maxsize=4)
def read(suites: Path) -> TestSuite:
    """All tests in a file or below a folder, as they stand there: no option has selected, and nothing has changed them.

    Raises:
        UsageError: a file is not text in UTF-8, has a section that Robot does not know, or there is no test.
    """
    from robot.errors import DataError
    from robot.running import TestSuite

    files = [suites] if suites.is_file() else sorted(path for ending in ENDINGS for path in suites.rglob(ending))
    if wrong := [problem for path in files for problem in _problems(path)]:
        raise UsageError("\n".join(wrong))
    try:
        suite = TestSuite.from_file_system(suites)
    except DataError as error:
        if "no tests" not in str(error):
            raise UsageError(f"Robot cannot read {suites}: {str(error).rstrip('.')}.") from None
        raise UsageError(
            f"There is no test in {suites}: add a file that ends with .robot and has a section '*** Test Cases ***'."
        ) from None
    return suite


def tags(suites: Path) -> set[str]:
    """The tags of all tests in a file or below a folder; raises as `read` does."""
    return {str(tag) for test in read(suites).all_tests for tag in test.tags}


def tests(suites: Path) -> dict[Planned, str]:
    """All tests in a file or below a folder, each with the fingerprint of what it consists of."""
    return {Planned.of(test, suites): fingerprint(test) for test in read(suites).all_tests}


def _problems(path: Path) -> Iterator[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        yield f"The file {path} cannot be read: {error.strerror}."
        return
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        yield f"The file {path} is not text in UTF-8, see its line {line}: save it in UTF-8."
        return
    if any(not _KNOWN.match(header[0]) for header in _HEADER.finditer(text)):
        yield from _unknown_sections(path)


def _unknown_sections(path: Path) -> Iterator[str]:
    from robot.api.parsing import get_model, Token

    for section in get_model(path).sections:
        if section.header is not None and section.header.type == Token.INVALID_HEADER:
            header = section.header.tokens[0]
            yield f"Robot cannot read line {header.lineno} of {path}: {str(header.error).rstrip('.')}."
