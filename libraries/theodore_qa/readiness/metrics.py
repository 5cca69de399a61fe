"""Observed values that have a limit, with how near they are to it, by scenario."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TYPE_CHECKING

from theodore_qa.observing import evidence
from theodore_qa.readiness.values import counted, quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from theodore_qa.readiness.causes import Cause
    from theodore_qa.readiness.gates import Gate
    from theodore_qa.readiness.located import Key, LocatedTest

SCENARIO = "scenario:"
MOST_METRICS, MOST_ERRORS = 6, 5
UPPER = ("at most", "below", "under", "within", "<", "<=", "≤")
_NUMBER = r"\d+(?:\.\d+)?(?: ?(?:ms|s|min|h|%|MB|GB)\b)?(?: \d+(?:\.\d+)? ?(?:ms|s|min)\b)*"
_LIMIT = re.compile(
    rf"(?:mean |a score of |scores of )?(?P<side>at most|at least|below|above|under|over|within|<=|>=|<|>|≤|≥) "
    rf"(?P<limit>{_NUMBER})"
)
_VALUE = re.compile(rf"(?:p\d+ )?(?P<value>{_NUMBER})")
_SCORE = re.compile(r"= (?P<value>\d(?:\.\d+)?)$")
_QUALITY = re.compile(r"quality\.[a-z_]+")
Record = dict[str, Any]


@dataclass(frozen=True)
class Metric:
    """A value with its limit; the margin is a share of the limit, negative beyond it."""

    check: str
    expected: str
    observed: str
    margin: float
    key: Key


def metric(record: Record) -> Metric | None:
    """The value and the limit that an observation names; None if it names none."""
    expected, observed = str(record["expected"]), str(record["observed"])
    left = _margin(expected, observed)
    return None if left is None else Metric(str(record["check"]), expected, observed, left, evidence.identity(record))


@lru_cache(maxsize=4096)
def _margin(expected: str, observed: str) -> float | None:
    limit = _LIMIT.match(expected)
    if limit is None:
        return None
    value = _SCORE.search(observed) or _VALUE.match(observed)
    if value is None:
        return None
    unit = next((unit for unit in ("s", "%", "MB") if quantity(limit["limit"], unit) is not None), "1")
    bound, measured = quantity(limit["limit"], unit), quantity(value["value"], unit)
    if not bound or measured is None or (unit == "1" and measured == bound):  # a whole number that has to be reached is no limit
        return None
    return margin(measured, bound, limit["side"])


def margin(measured: float, bound: float, side: str) -> float:
    """How far a value is from its bound, as a share of the bound: above 0 on the right side of it."""
    return (bound - measured if side in UPPER else measured - bound) / bound


def margin_of(gate: Gate, measured: str) -> float | None:
    """How far what a gate measured is from its threshold; None where nothing, or no distance, was measured."""
    if gate.operator == "==" or not measured or not gate.threshold:
        return None
    pair = counted(measured)
    value = 100 * pair[0] / pair[1] if pair and pair[1] else quantity(measured, gate.unit)
    return None if value is None else margin(value, gate.threshold, gate.operator)


class ScenarioFigures:
    """What the observations of a scenario say in numbers: quality scores, and of each check the value nearest to its limit."""

    def __init__(self) -> None:
        self.scores: list[float] = []
        self._nearest: dict[str, Metric] = {}

    def add(self, record: Record) -> None:
        """Count an observation."""
        value = metric(record)
        if value is not None:
            known = self._nearest.get(value.check)
            if known is None or value.margin < known.margin:
                self._nearest[value.check] = value
        if _QUALITY.fullmatch(str(record["check"])) and (score := _SCORE.search(str(record["observed"]))):
            self.scores.append(float(score["value"]))

    @property
    def quality(self) -> float | None:
        """The mean quality score; None without scores."""
        return round(sum(self.scores) / len(self.scores), 3) if self.scores else None

    def nearest(self, sources: Mapping[Key, str]) -> list[dict[str, Any]]:
        """The values nearest to their limits, each with its test; the nearest first."""
        values = sorted(self._nearest.values(), key=lambda value: value.margin)[:MOST_METRICS]
        return [
            {
                "check": value.check,
                "expected": value.expected,
                "observed": value.observed,
                "margin": round(value.margin, 4),
                "test": {"source": sources[value.key], "line": value.key[1], "name": value.key[2]},
            }
            for value in values
        ]


def scenarios(
    tests: Sequence[LocatedTest],
    observations: Iterable[Record],
    found: Mapping[Key, Cause],
    seconds: Mapping[Key, float],
    warnings: Mapping[Key, Sequence[str]],
) -> list[dict[str, Any]]:
    """Each scenario with its verdict, duration, quality, the values nearest to their limits, errors and warnings."""
    sources = {test.key: test.source for test in tests}
    names = {test.key: name for test in tests if (name := _scenario(test))}
    groups: dict[str, list[LocatedTest]] = defaultdict(list)
    for test in tests:
        if test.key in names:
            groups[names[test.key]].append(test)
    figures: dict[str, ScenarioFigures] = defaultdict(ScenarioFigures)
    for record in observations:
        if scenario := names.get(evidence.identity(record)):
            figures[scenario].add(record)
    return [
        {
            "scenario": name,
            "verdict": verdict_of([test.verdict for test in own]),
            "tests": counts([test.verdict for test in own]),
            "seconds": round(sum(seconds.get(test.key, 0.0) for test in own), 3),
            "quality": figures[name].quality,
            "metrics": figures[name].nearest(sources),
            "errors": _first_of(found[test.key].sentence for test in own if test.key in found),
            "warnings": _first_of(text for test in own for text in warnings.get(test.key, ())),
        }
        for name, own in sorted(groups.items())
    ]


def _first_of(sentences: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(sentences))[:MOST_ERRORS]


def verdict_of(verdicts: Sequence[str]) -> str:
    """The verdict on several tests: failed if one failed, passed if all passed."""
    if "FAIL" in verdicts:
        return "FAIL"
    return "PASS" if verdicts and set(verdicts) == {"PASS"} else "NOT EVALUATED"


def counts(verdicts: Sequence[str]) -> dict[str, int]:
    """How many have each verdict."""
    return {verdict: verdicts.count(verdict) for verdict in dict.fromkeys(sorted(verdicts))}


def _scenario(test: LocatedTest) -> str:
    return next((tag.removeprefix(SCENARIO) for tag in test.tags if tag.startswith(SCENARIO)), "")
