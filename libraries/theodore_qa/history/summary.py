"""What the history says to a run that ended: changes since the runs before, trend, and tests that have both verdicts.

All of it is plain data for whoever shows it; nothing here changes a verdict.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TYPE_CHECKING

from theodore_qa.history import entry, store
from theodore_qa.readiness import comparing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from pathlib import Path

    from theodore_qa.run.finished import FinishedRun

WINDOW = 50  # the runs that are looked at
MOST_FLAKY = 20
POINT = (
    "run", "time", "root", "exit_code", "low", "high", "label", "seconds", "passed", "failed", "not_evaluated", "skipped",
    "state",
)  # fmt: skip
_RUNS = (
    f"SELECT number, builds, {', '.join(POINT)} FROM runs "  # noqa: S608  # names of columns of our own
    "WHERE environment = ? AND run != ? ORDER BY time DESC, number DESC LIMIT ?"
)
_VERDICTS = (
    "SELECT source, name, run, attempt, place, verdict, digest FROM verdicts JOIN tests ON tests.number = test "
    "WHERE run >= ? ORDER BY run, attempt, place"
)
_SECONDS = (
    "SELECT source, name, seconds FROM verdicts JOIN tests ON tests.number = test "
    "WHERE attempt = 1 AND seconds IS NOT NULL AND run > (SELECT max(number) - ? FROM runs) ORDER BY run"
)
Name = tuple[str, str]


@dataclass(frozen=True)
class _Attempt:
    """One verdict of one test."""

    run: str
    attempt: int
    place: int
    verdict: str
    digest: str
    builds: dict[str, str]


@dataclass
class _Earlier:
    """The runs before, the newest first, and what each said of each test, the oldest first."""

    points: list[dict[str, Any]] = field(default_factory=list)
    attempts: dict[Name, list[_Attempt]] = field(default_factory=dict)
    problem: str = ""


def of(run: FinishedRun, readiness: dict[str, Any] | None = None) -> dict[str, Any]:
    """What earlier runs in the same environment say beside this one, which need not be kept yet.

    Reports call this one function: ``summary.of(run, data)``, where ``data`` is what becomes readiness.json.

    Args:
        run: the run that ended; where its ``history`` is None, there is nothing to compare with.
        readiness: readiness.json of the run as data, for its score and label in the trend.

    Returns:
        ``problem``: why the history could not be read, or an empty text.
        ``previous``: the last run of the same suites before this one, as a point of the trend; None if there is none.
        ``new_failures``, ``fixed``, ``newly_not_evaluated``: tests whose verdict is another than when they were last judged,
        each ``{source, name, before, now, since}``; ``since`` is the run that said ``before``, None for a test that is new.
        ``changing``: tests of this run with both verdicts on one build of the system, each as in ``flakiest``.
        ``flakiest``: at most 20 of them over all runs, those that changed most often first, each
        ``{source, name, passed, failed, changes, builds, last}``.
        ``trend``: the runs of the same suites, the oldest first and this one last, each
        ``{run, time, root, exit_code, low, high, label, seconds, passed, failed, not_evaluated, skipped, state, builds}``; the
        ``state`` is ``tested``, ``judged``, or ``aborted`` with the reason.
    """
    kept = entry.of(run)
    score = (readiness or {}).get("score") or {}
    kept |= {"low": score.get("low"), "high": score.get("high"), "label": (readiness or {}).get("label")}
    now = {name: kept[name] for name in (*POINT, "builds")}
    earlier = _earlier(run.history, run.environment.name, run.id)
    rows = [(test["source"], test["name"], test["attempt"]) for test in kept["tests"]]
    own = [
        (row[:2], _Attempt(run.id, row[2], place, test["verdict"], test["digest"], kept["builds"]))
        for test, row, place in zip(kept["tests"], rows, store.places(rows), strict=True)
    ]
    same = [point for point in earlier.points if point["root"] == run.suites.name]
    changed = _changed(earlier.attempts, own)
    for name, attempt in own:
        earlier.attempts.setdefault(name, []).append(attempt)
    flaky = _flaky(earlier.attempts)
    here = {name for name, _ in own}
    return {
        "problem": earlier.problem,
        "previous": next((point for point in same if not point["state"].startswith(entry.ABORTED)), None),
        **changed,
        "changing": [test for test in flaky if (test["source"], test["name"]) in here],
        "flakiest": flaky[:MOST_FLAKY],
        "trend": [*reversed(same), now],
    }


def usual_seconds(folder: Path | None) -> dict[Name, float]:
    """How long each test took when it last ran, by its file and name; nothing where no history can be read."""
    if folder is None:
        return {}
    try:
        with store.reading(folder) as database:
            rows = database.execute(_SECONDS, (WINDOW,)).fetchall() if database else []
    except store.HistoryError:
        return {}
    return {(source, name): seconds for source, name, seconds in rows}


def _earlier(folder: Path | None, environment: str, run: str) -> _Earlier:
    if folder is None:
        return _Earlier()
    try:
        with store.reading(folder) as database:
            return _read(database, environment, run) if database else _Earlier()
    except store.HistoryError as error:
        return _Earlier(problem=str(error))


def _read(database: sqlite3.Connection, environment: str, run: str) -> _Earlier:
    numbers: dict[int, dict[str, Any]] = {}
    for number, builds, *values in database.execute(_RUNS, (environment, run, WINDOW)):
        numbers[number] = dict(zip(POINT, values, strict=True)) | {"builds": json.loads(builds)}
    found = _Earlier(list(numbers.values()))
    if numbers:
        for source, name, number, attempt, place, verdict, digest in database.execute(_VERDICTS, (min(numbers),)):
            if number in numbers:
                point = numbers[number]
                made = _Attempt(point["run"], attempt, place, verdict, digest, point["builds"])
                found.attempts.setdefault((source, name), []).append(made)
    return found


def _changed(earlier: dict[Name, list[_Attempt]], own: Iterable[tuple[Name, _Attempt]]) -> dict[str, list[dict[str, Any]]]:
    now: dict[Name, Counter[str]] = {}
    for name, attempt in own:
        if attempt.attempt == 1:
            now.setdefault(name, Counter())[attempt.verdict] += 1
    found: dict[str, list[dict[str, Any]]] = {"new_failures": [], "fixed": [], "newly_not_evaluated": []}
    for name, new in sorted(now.items()):
        first = [attempt for attempt in earlier.get(name, ()) if attempt.attempt == 1]
        since = first[-1].run if first else None
        old = Counter(attempt.verdict for attempt in first if attempt.run == since)
        if kind := _kind(old, new):
            change = {"before": comparing.counted(old), "now": comparing.counted(new), "since": since}
            found[kind].append({"source": name[0], "name": name[1], **change})
    return found


def _kind(old: Counter[str], new: Counter[str]) -> str:
    if new[comparing.FAIL] > old[comparing.FAIL]:
        return "new_failures"
    if new["NOT EVALUATED"] > old["NOT EVALUATED"] and old:
        return "newly_not_evaluated"
    repaired = any(new[verdict] < old[verdict] for verdict in (comparing.FAIL, "NOT EVALUATED"))
    return "fixed" if new[comparing.PASS] > old[comparing.PASS] and repaired else ""


def _flaky(attempts: dict[Name, list[_Attempt]]) -> list[dict[str, Any]]:
    """Tests that passed and failed while neither they nor the system changed, those that changed most often first."""
    found = []
    for (source, name), all_of in attempts.items():
        judged = [attempt for attempt in all_of if attempt.verdict in (comparing.PASS, comparing.FAIL)]
        passed = [attempt for attempt in judged if attempt.verdict == comparing.PASS]
        failed = [attempt for attempt in judged if attempt.verdict == comparing.FAIL]
        pairs = [(good, bad) for good in passed for bad in failed if _same(good, bad)]
        if not pairs:
            continue
        flips = sum(before.verdict != after.verdict for before, after in pairwise(judged))
        found.append(
            {
                "source": source,
                "name": name,
                "passed": len(passed),
                "failed": len(failed),
                "changes": flips,
                "builds": pairs[-1][0].builds,
                "last": judged[-1].run,
            }
        )
    return sorted(found, key=lambda test: (-test["changes"], test["source"], test["name"]))


def _same(first: _Attempt, second: _Attempt) -> bool:
    """Whether two verdicts are about one test and one build: attempts of one run, or runs that observed the same builds.

    Tests that data generates and that share a name are told apart by their places.
    """
    if first.place != second.place:
        return False
    if first.run == second.run:
        return first.attempt != second.attempt
    both = first.builds.keys() & second.builds.keys()
    return first.digest == second.digest != "" and bool(both) and all(first.builds[name] == second.builds[name] for name in both)
