"""Which cells a run has filled: those for which its evidence holds the check that is named for them, with its facts.

Nothing that a test says of itself fills a cell. Preconditions fill none, nor does what is NOT EVALUATED.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import UsageError
from theodore_qa.observing import evidence
from theodore_qa.observing.observations import Verdict
from theodore_qa.promises.declaring import OPERATION

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from theodore_qa.promises.declaring import Cell, Fill, Filling, Promises

PLACEHOLDER = re.compile(r"(\{[\w.-]+\}|\*)")
OUTSIDE = "OUTSIDE"
WORDS = ("run", "source", "line", "name", "attempt", "check", "subject", "expected", "call")


@dataclass(frozen=True)
class Filled:
    """What a run says of one cell.

    Attributes:
        cell: of a promise.
        verdict: PASS or FAIL where it was observed, NOT EVALUATED, or OUTSIDE where it does not apply.
        reason: why it is not filled.
        rests_on: the test and the check that filled it.
    """

    cell: Cell
    verdict: str
    reason: str = ""
    rests_on: str = ""

    @property
    def filled(self) -> bool:
        """Whether it was observed."""
        return self.verdict in (Verdict.PASS, Verdict.FAIL)


def observed_in(results: Path) -> tuple[str, list[dict[str, Any]]]:
    """The latest run of a results folder that observed something, and its observations.

    Raises:
        UsageError: there is no such folder.
    """
    if not results.is_dir():
        raise UsageError(f"There is no results folder {results}: run a test area first, or name another one by --results.")
    for run in sorted((path.name for path in (results / "evidence").glob("*") if path.is_dir()), reverse=True):
        if observations := evidence.read(results / "evidence", run).observations:
            return run, observations
    return "", []


def fill(promises: Promises, filling: Filling, observations: list[dict[str, Any]]) -> list[Filled]:
    """What the observations of a run say of each cell."""
    by_check: dict[str, list[dict[str, Any]]] = {}
    for record in _standing(observations):
        by_check.setdefault(str(record["check"]), []).append(record)
    ran = {(str(record["source"]), plain(str(record["name"]))) for record in observations}
    return [_of(cell, promises, filling, by_check, ran) for cell in promises.cells]


def _standing(observations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The observations without the failures that a later try of the same call has superseded, as a poll makes them."""
    last = {_try(record): record.get("stands", record["verdict"]) for record in observations}
    return [record for record in observations if not (record["verdict"] == Verdict.FAIL and last[_try(record)] == Verdict.PASS)]


def _try(record: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(record.get(name) for name in WORDS)


def _of(
    cell: Cell, promises: Promises, filling: Filling, by_check: dict[str, list[dict[str, Any]]], ran: set[tuple[str, str]]
) -> Filled:
    own = filling.fills_of(cell)
    matching = [record for fill in own for record in _matching(cell, fill, promises, by_check)]
    seen = [record for record in matching if record["verdict"] != Verdict.NOT_EVALUATED and not record["precondition"]]
    if seen:
        failed = next((record for record in seen if record["verdict"] == Verdict.FAIL), None)
        record = failed or seen[0]
        rests_on = f"{record['source']} > {record['name']}: {record['check']}"
        return Filled(cell, str(record["verdict"]), rests_on=rests_on)
    if outside := filling.outside_reason(cell):
        return Filled(cell, OUTSIDE, outside)
    return Filled(cell, str(Verdict.NOT_EVALUATED), _reason(cell, own, matching, filling, ran))


def _reason(cell: Cell, own: list[Fill], matching: list[dict[str, Any]], filling: Filling, ran: set[tuple[str, str]]) -> str:
    """Why a cell that applies is not filled."""
    if matching:
        kind = "counts as a precondition" if matching[0]["verdict"] != Verdict.NOT_EVALUATED else str(matching[0]["observed"])
        return f"The check {matching[0]['check']} of {matching[0]['name']} was not evaluated: {kind}."
    if not own:
        return filling.unfilled_reason(cell) or "No test observes it."
    tests = {(source, name) for source, name in ran for fill in own if _is_test(cell, fill, source, name)}
    what = f"the check {' or '.join(expand(check, cell) for check in own[0].check)}"
    named = f"The test '{expand(own[0].test, cell)}' of {own[0].suite}" if own[0].test else f"The suite {own[0].suite}"
    return f"{named} ran and did not make {what}." if tests else f"{named} did not run."


def _matching(cell: Cell, fill: Fill, promises: Promises, by_check: dict[str, list[dict[str, Any]]]) -> Iterable[dict[str, Any]]:
    given = {"subject": fill.subject, "expected": fill.expected, "observed": fill.observed}
    facts = {name: _pattern(text, cell, promises) for name, text in given.items() if text}
    for check in fill.check:
        for record in by_check.get(expand(check, cell), ()):
            if _is_test(cell, fill, str(record["source"]), plain(str(record["name"]))) and all(
                pattern.fullmatch(str(record[name])) for name, pattern in facts.items()
            ):
                yield record


def _is_test(cell: Cell, fill: Fill, source: str, name: str) -> bool:
    """Whether a test, by its source and its plain name, is the one that a fill names."""
    right_suite = bool(source) and (fill.suite == source or fill.suite.endswith(f"/{source}"))
    return right_suite and (not fill.test or plain(expand(fill.test, cell)) == name)


def expand(text: str, cell: Cell) -> str:
    """A text with the cell's values in place of ``{dimension}``; ``{dimension.words}`` has spaces for hyphens."""
    for dimension, value in cell.values:
        text = text.replace(f"{{{dimension}}}", value).replace(f"{{{dimension}.words}}", value.replace("-", " "))
    return text


def plain(name: str) -> str:
    """A test's name without case, spaces and punctuation: ``Name 200`` is the row for ``name-200``."""
    return re.sub(r"[\W_]", "", name).casefold()


def _pattern(text: str, cell: Cell, promises: Promises) -> re.Pattern[str]:
    """A fact's pattern: ``{operation}`` stands for a request of the operation, a star for any text."""
    values = dict(cell.values)
    parts = []
    for part in PLACEHOLDER.split(text):
        if part == "*":
            parts.append(".*")
        elif part == f"{{{OPERATION}}}" and OPERATION in values:
            parts.append(_request(promises.operations[values[OPERATION]]))
        else:
            parts.append(re.escape(expand(part, cell)))
    return re.compile("".join(parts), re.DOTALL)


def _request(operation: str) -> str:
    """The requests of an operation: its path with or without the system's prefix, with any identifiers, and with any query."""
    method, _, path = operation.partition(" ")
    if path.startswith("/api/"):
        prefix, path = "(?:/api/v2)?", path.removeprefix("/api/v2")
    else:
        prefix = ""
    path = "".join("[^/?]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{\w+\})", path))
    return f"{method} {prefix}{path}(?:\\?.*)?"
