"""Earlier runs in the results folder, out of their evidence packs: what changed since the last, and how figures went."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from theodore_qa.readiness.located import LocatedTest

FILE = "readiness.json"
MOST_RUNS = 20
HIGHEST = 100
LEAST_SHARE = 0.5  # of the tests of this run that another has too, so that both are of one kind
EVALUATED = ("PASS", "FAIL")
Name = tuple[str, str]
Earlier = dict[str, Any]


def read(evidence: Path, run: str, tests: Sequence[LocatedTest]) -> list[Earlier]:
    """The readiness.json of earlier runs that have at least half of the tests that ran now; the oldest first, 20 at most."""
    own = {(test.source, test.name) for test in tests if test.verdict != "NOT SELECTED"}
    found: list[Earlier] = []
    for path in sorted(evidence.glob(f"*/artefacts/{FILE}"), key=lambda path: path.parts[-3], reverse=True):
        if len(found) == MOST_RUNS:
            break
        data = _data(path)
        if data is None or data["run"] == run:
            continue
        ran = {name for name, verdict in verdicts(data).items() if verdict != "NOT SELECTED"}
        if len(own & ran) >= LEAST_SHARE * max(len(own), 1):
            found.append(data)
    return found[::-1]


def verdicts(data: Earlier) -> dict[Name, str]:
    """The verdict of each test of a run; of several of one name the worst."""
    order = ("NOT SELECTED", "PASS", "SKIP", "NOT EVALUATED", "FAIL")
    found: dict[Name, str] = {}
    for test in [*data["tests"], *data["tests_of_no_area"]]:
        name = test["source"], test["name"]
        found[name] = max(found.get(name, order[0]), test["verdict"], key=order.index)
    return found


def since(before: Sequence[Earlier], now: dict[Name, str]) -> dict[str, Any]:
    """What is otherwise than in the last run, and which tests had both verdicts over the runs."""
    if not before:
        return {"run": None, "new_failures": [], "fixed": [], "newly_not_evaluated": [], "changing": []}
    last, courses = verdicts(before[-1]), [verdicts(data) for data in before]
    courses.append(now)
    changed: dict[str, list[str]] = {"new_failures": [], "fixed": [], "newly_not_evaluated": [], "changing": []}
    for name, verdict in sorted(now.items()):
        earlier = last.get(name, "NOT SELECTED")
        if verdict == "FAIL" and earlier != "FAIL":
            changed["new_failures"].append(written(name))
        elif verdict == "PASS" and earlier == "FAIL":
            changed["fixed"].append(written(name))
        elif verdict == "NOT EVALUATED" and earlier in EVALUATED:
            changed["newly_not_evaluated"].append(written(name))
        course = [seen for data in courses if (seen := data.get(name)) in EVALUATED]
        if sum(first != second for first, second in pairwise(course)) > 1:
            changed["changing"].append(f"{written(name)}: {' → '.join(map(str, course))}")
    return {"run": before[-1]["run"]} | changed


def trend(before: Sequence[Earlier], others: Sequence[dict[str, Any]] = ()) -> list[dict[str, Any]]:
    """The figures of each run: its range, its tests by verdict and its failures by category, the oldest first.

    Args:
        before: runs with a pack.
        others: points of the history without one: runs that were judged afterwards, and runs that broke off.
    """
    packed = [
        {
            "run": data["run"],
            "score": data["score"],
            "tests_by_verdict": data["tests_by_verdict"],
            "categories": data.get("categories", {}),
        }
        for data in before
    ]
    there = {point["run"] for point in packed}
    return sorted([*packed, *(_point(point) for point in others if point["run"] not in there)], key=lambda point: point["run"])


def _point(point: dict[str, Any]) -> dict[str, Any]:
    """A point of the history as the trend has it."""
    verdicts = (("PASS", "passed"), ("FAIL", "failed"), ("NOT EVALUATED", "not_evaluated"), ("SKIP", "skipped"))
    return {
        "run": point["run"],
        "score": None if point["low"] is None else {"low": point["low"], "high": point["high"]},
        "tests_by_verdict": {verdict: point[name] for verdict, name in verdicts},
        "categories": {},
        "state": point["state"],
    }


def written(name: Name) -> str:
    """The name of a test, as a reader sees it."""
    return f"{name[1]} ({name[0]})"


def _data(path: Path) -> Earlier | None:
    try:
        data: Earlier = json.loads(path.read_text(encoding="utf-8"))
        verdicts(data)
        figures = [*data["tests_by_verdict"].values(), *data.get("categories", {}).values()]
        score = [data["score"][end] for end in ("low", "high")] if data["score"] is not None else []
        whole = isinstance(data["run"], str) and all(type(figure) is int for figure in figures)
        return data if whole and all(0 <= end <= HIGHEST for end in score) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # `theodore evidence verify` names a pack that was changed
