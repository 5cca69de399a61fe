"""Why tests did not pass: the observation that decided each of them, what kind of failure that is, and which causes are alike."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from theodore_qa.observing import evidence
from theodore_qa.observing.observations import ALL_ANSWERS, EVERY_ANSWER, KEYWORD, LIVE_ANSWER
from theodore_qa.readiness.gates import FAIL, NOT_EVALUATED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from theodore_qa.readiness.located import Key
    from theodore_qa.run.judged import Judged

ASSERTION, TIME_OUT, CONNECTION = "assertion", "time-out", "connection"
CONTRACT, ENVIRONMENT, TEST_ERROR = "contract", "environment", "test error"
CATEGORIES = {
    ASSERTION: "the system answered, and what it answered is not what was expected",
    TIME_OUT: "an answer or an end did not come in time",
    CONNECTION: "no connection, or it broke",
    CONTRACT: "an answer is not what the contract says",
    ENVIRONMENT: "what the test needs was not there, or it was not run",
    TEST_ERROR: "the test itself is wrong: no observation of the system decided it",
}
TOP = 5
LONGEST = 300
Record = dict[str, Any]
_LATE = re.compile(
    r"timed? ?out|time-?out|not (?:complete|end|answer|finished)[^.]* (?:with)?in \d|no answer (?:with)?in"
    r"|\bwithin \d[^,]*$|deadline",
    re.IGNORECASE,
)
_CUT = re.compile(
    r"connection (?:refused|broke|was|reset|closed|aborted)|refused the connection|unreachable|cannot be reached|does not answer"
    r"|no route to|name or service|no HTTP\b|broken pipe",
    re.IGNORECASE,
)
_VARYING = re.compile(r"\d+|\b[0-9a-f]{8,}\b", re.IGNORECASE)


@dataclass(frozen=True)
class Cause:
    """Why a test has no pass: the category, the check that decided it, what was expected and observed."""

    category: str
    check: str
    expected: str
    observed: str

    @property
    def sentence(self) -> str:
        """The observation, as a reader sees it."""
        if not self.check:
            return self.observed
        return f"{self.check}: expected {self.expected}, observed {self.observed}"

    @property
    def kind(self) -> tuple[str, str, str]:
        """What causes that are alike share: numbers and identifiers in them differ from test to test."""
        return self.category, self.check, "" if self.check else _VARYING.sub("#", self.observed)


def causes(tests: Iterable[Judged], observations: Iterable[Record]) -> dict[Key, Cause]:
    """The cause of each test that failed or is NOT EVALUATED."""
    wanting = {test.key: test for test in tests if test.verdict in (FAIL, NOT_EVALUATED)}
    deciding: dict[Key, Record] = {}
    for record in observations:
        key = evidence.identity(record)
        test = wanting.get(key)
        if test is None or _standing(record) != test.verdict or record.get("waived"):
            continue
        known = deciding.get(key)
        if known is None or (_is_swallowed(known) and not _is_swallowed(record)):
            deciding[key] = record
    return {key: _cause(test, deciding.get(key)) for key, test in wanting.items()}


def _standing(record: Record) -> str:
    return str(record.get("stands") or record["verdict"])


def _is_swallowed(record: Record) -> bool:
    """Whether a record says of a keyword that it failed, and not what was observed."""
    return str(record["check"]).startswith(KEYWORD)


def _cause(test: Judged, record: Record | None) -> Cause:
    if record is None:
        message = (test.message.splitlines() or ["no reason was given"])[0][:LONGEST]
        return Cause(TEST_ERROR if test.verdict == FAIL else ENVIRONMENT, "", "", message)
    expected, observed = str(record["expected"]), str(record["observed"])
    return Cause(category(record, test.verdict), str(record["check"]), expected[:LONGEST], observed[:LONGEST])


def category(record: Record, verdict: str) -> str:
    """What kind of failure an observation is."""
    check, observed = str(record["check"]), str(record["observed"])
    if _CUT.search(observed):
        return CONNECTION
    if _LATE.search(observed):
        return TIME_OUT
    if verdict == NOT_EVALUATED:
        return ENVIRONMENT
    if check.startswith(KEYWORD):
        return ASSERTION if record.get("exchange") and " expected " in f" {observed}" else TEST_ERROR
    if check in (ALL_ANSWERS, EVERY_ANSWER, LIVE_ANSWER) or check.endswith("contract"):
        return CONTRACT
    return ASSERTION


def alike(found: Mapping[Key, Cause]) -> list[tuple[Cause, list[Key]]]:
    """The causes by how many tests they decided, the most first; of those that are alike the first stands for all."""
    groups: dict[tuple[str, str, str], list[Key]] = {}
    for key, cause in found.items():
        groups.setdefault(cause.kind, []).append(key)
    ordered = sorted(groups.values(), key=lambda keys: -len(keys))
    return [(found[keys[0]], keys) for keys in ordered]


def counted(found: Mapping[Key, Cause]) -> dict[str, int]:
    """How many tests each category has, those without one too."""
    numbers = Counter(cause.category for cause in found.values())
    return {name: numbers[name] for name in CATEGORIES}
