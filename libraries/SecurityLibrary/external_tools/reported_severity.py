"""How severe a result of SARIF is: by scores, by words, by CVSS, or by its level."""

from __future__ import annotations

import math
from typing import Any, TYPE_CHECKING

from SecurityLibrary.findings.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

SCORES = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW), (0.0, Severity.INFO))
LEVELS = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "note": Severity.LOW, "none": Severity.INFO}
WORDS = {
    Severity.CRITICAL: ("critical", "blocker"),
    Severity.HIGH: ("high", "important"),
    Severity.MEDIUM: ("medium", "moderate"),
    Severity.LOW: ("low", "minor", "negligible"),
    Severity.INFO: ("info", "informational"),
}
BY_WORD = {word: severity for severity, words in WORDS.items() for word in words}
NAMES = ("security-severity", "severity", "issue_severity")
SCORE_NAMES = ("score", "basescore", "base_score", "vector", "vectorstring", "vector_string")
HIGHEST = 10.0


def of(result: dict[str, Any], rule: dict[str, Any], level: str) -> Severity:
    """The severity of a result; what it says itself goes before what its rule says, and both before the ``level``."""
    bags = [result.get("properties") or {}, rule.get("properties") or {}]
    for look in (_scored, _worded, _tagged):
        for properties in bags:
            if (severity := look(properties)) is not None:
                return severity
    return LEVELS.get(level, Severity.MEDIUM)


def _scored(properties: dict[str, Any]) -> Severity | None:
    """By a number: that of code hosts, else the highest of CVSS."""
    score = _number(properties.get("security-severity"))
    if score is None:
        score = max(_cvss(properties), default=None)
    return None if score is None else next(severity for least, severity in SCORES if score >= least)


def _worded(properties: dict[str, Any]) -> Severity | None:
    words = (BY_WORD.get(str(properties.get(name, "")).strip().lower()) for name in NAMES)
    return next((severity for severity in words if severity is not None), None)


def _tagged(properties: dict[str, Any]) -> Severity | None:
    return max((BY_WORD[tag.lower()] for tag in map(str, properties.get("tags") or []) if tag.lower() in BY_WORD), default=None)


def _cvss(properties: dict[str, Any]) -> Iterator[float]:
    """Each score of CVSS among some properties, under whatever name it stands."""
    for name, value in properties.items():
        if "cvss" in name.lower() and "version" not in name.lower():
            yield from _scores(value)


def _scores(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, dict | list) or name.lower() in SCORE_NAMES or "cvss" in name.lower():
                yield from _scores(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _scores(inner)
    elif (score := _number(value)) is not None or (score := _of_vector(str(value))) is not None:
        yield score


def _number(value: Any) -> float | None:
    """A score from 0 to 10, or none: others write words, or NaN."""
    if isinstance(value, bool):
        return None
    try:
        score = float(value)
    except (TypeError, ValueError):
        return None
    return score if math.isfinite(score) and 0 <= score <= HIGHEST else None


def _of_vector(text: str) -> float | None:
    """The base score of a vector of CVSS 2, 3 or 4."""
    import cvss

    kinds: dict[str, Any] = {"CVSS:3": cvss.CVSS3, "CVSS:4": cvss.CVSS4, "AV:": cvss.CVSS2}
    kind = next((kind for start, kind in kinds.items() if text.startswith(start)), None)
    try:
        return float(kind(text).base_score) if kind else None
    except cvss.CVSSError:
        return None
