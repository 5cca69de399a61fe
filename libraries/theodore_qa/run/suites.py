"""The suite files of a run, looked at before it starts: what Robot could not read is said, with what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from theodore_qa.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Headers that need no second look; those of other languages, and misspelt ones, do.
_KNOWN = re.compile(r"^\*+\s*(settings?|variables?|test cases?|tasks?|keywords?|comments?)\b", re.IGNORECASE)
_HEADER = re.compile(r"^\*+\s*\w.*$", re.MULTILINE)
ENDINGS = ("*.robot", "*.resource")


def tags(suites: Path) -> set[str]:
    """The tags of all tests in a file or below a folder.

    Raises:
        UsageError: a file is not text in UTF-8, has a section that Robot does not know, or there is no test.
    """
    from robot.api import TestSuite
    from robot.errors import DataError

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
    return {str(tag) for test in suite.all_tests for tag in test.tags}


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
