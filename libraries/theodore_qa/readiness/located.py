"""The tests of a run by the folder of ``suites/`` that they stand in, those that were not selected among them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from theodore_qa.run.finished import FinishedRun

COMPOSED = re.compile(r"[?\[&]|OR|NOT")  # what Robot alone reads in a pattern of tags
NO_TAGS = {"", "none"}  # for Robot
NOT_SELECTED = "NOT SELECTED"
SUITES = "suites"
Key = tuple[str, int, str]


@dataclass(frozen=True)
class LocatedTest:
    """A test with its verdict.

    Attributes:
        key: by which evidence knows it.
        source: its file, from ``suites/`` on.
        tags: it has.
        verdict: PASS, FAIL, NOT EVALUATED, SKIP, or NOT SELECTED.
    """

    key: Key
    source: str
    tags: tuple[str, ...]
    verdict: str

    @property
    def folder(self) -> str:
        """The folder of ``suites/`` that it stands in."""
        return self.source.partition("/")[0]

    @property
    def name(self) -> str:
        """Its name."""
        return self.key[2]

    @property
    def evaluated(self) -> bool:
        """Whether it passed or failed."""
        return self.verdict in ("PASS", "FAIL")

    def has(self, patterns: Iterable[str]) -> bool:
        """Whether one of the patterns, as Robot's ``--include`` has them, matches its tags."""
        return _match(tuple(patterns), self.tags)


@lru_cache(maxsize=65536)
def _match(patterns: tuple[str, ...], tags: tuple[str, ...]) -> bool:
    if any(map(COMPOSED.search, patterns)):
        return bool(_patterns(patterns).match(tags))
    own = set(map(_normalized, tags))  # what is simple needs no Robot, whose import takes long
    return any(all(_is_among(_normalized(part), own) for part in pattern.split("AND")) for pattern in patterns)


def _is_among(part: str, tags: set[str]) -> bool:
    return (part in tags and part not in NO_TAGS) or ("*" in part and any(fnmatchcase(tag, part) for tag in tags))


@lru_cache(maxsize=4096)
def _normalized(tag: str) -> str:
    """A tag as Robot compares it."""
    return "".join(tag.lower().split()).replace("_", "")


@lru_cache(maxsize=512)
def _patterns(patterns: tuple[str, ...]) -> Any:
    from robot.model import TagPatterns

    return TagPatterns(patterns)


def by_folder(run: FinishedRun) -> list[LocatedTest]:
    """The tests of a run of ``suites/`` or of a folder in it; none of another run, whose tests are no whole area."""
    if source_of(run, "") is None:
        return []
    judged = [LocatedTest(test.key, f"{source_of(run, test.suite)}", test.tags, test.verdict) for test in run.judgement.tests]
    left = [LocatedTest(test.key, f"{source_of(run, test.source)}", test.tags, NOT_SELECTED) for test in run.deselected]
    return judged + left


def source_of(run: FinishedRun, suite: str) -> str | None:
    """A suite file of a run from ``suites/`` on; None of a run that is of no folder there."""
    root = run.suites
    if root.name == SUITES:
        return suite
    return f"{root.name}/{suite}" if root.parent.name == SUITES and not root.suffix else None
