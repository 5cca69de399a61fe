"""Quarantined tests: their failures are known, somebody sees to them, and all of it ends on a date."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from theodore_qa.errors import unknown, UsageError
from theodore_qa.readiness.files import read_checked

if TYPE_CHECKING:
    from pathlib import Path

FILE, SCHEMA = "quarantine.yaml", "quarantine.schema.json"


@dataclass(frozen=True)
class Quarantined:
    """A test in quarantine: where it stands below ``suites/``, why, who sees to it, and the last day."""

    source: str
    name: str
    reason: str
    owner: str
    until: str

    def __str__(self) -> str:
        return f"{self.reason} (owner {self.owner}, until {self.until})"


def read(path: Path | None, suites: Path, today: dt.date | None = None) -> dict[tuple[str, str], Quarantined]:
    """The tests in quarantine by their file and name; none without a file.

    Args:
        path: of the list.
        suites: the folder of all suites, in which each test has to stand.
        today: the day that ends of entries are compared with; the present one by default.

    Raises:
        UsageError: the file is not valid, a test is not there or is named twice, or an entry has ended.
    """
    found: dict[tuple[str, str], Quarantined] = {}
    for entry in read_checked(path, SCHEMA)["quarantine"] if path else ():
        test = Quarantined(entry["file"], entry["test"], entry["reason"], entry["owner"], entry["until"])
        where = f"The quarantine of '{test.name}' ({test.source}) in {path}"
        if _day(test, where) < (today or dt.datetime.now(dt.UTC).date()):
            raise UsageError(f"{where} ended on {test.until}: repair the test and take the entry out, or set another date.")
        names = _names(suites / test.source, where)
        if test.name not in names:
            raise unknown("test", test.name, names, test.source)
        if (test.source, test.name) in found:
            raise UsageError(f"{where} stands there twice: take one entry out.")
        found[test.source, test.name] = test
    return found


def _day(test: Quarantined, where: str) -> dt.date:
    try:
        return dt.date.fromisoformat(test.until)
    except ValueError:
        raise UsageError(f"{where} ends on {test.until}, and there is no such day.") from None


def _names(file: Path, where: str) -> set[str]:
    """The names of the tests of a suite file."""
    from robot.api.parsing import get_model, TestCase

    if not file.is_file() or file.suffix != ".robot":
        raise UsageError(f"{where} names no suite file: there is no {file}.")
    sections = get_model(file).sections
    return {test.name for section in sections for test in getattr(section, "body", ()) if isinstance(test, TestCase)}
