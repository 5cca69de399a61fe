"""The results in the JSON that reporters of mutation testing read: mutation-testing-elements, schema version 2."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, TYPE_CHECKING

from theodore_qa.sensitivity.mutation.figures import GOAL, LEAST_LOWER_END
from theodore_qa.sensitivity.mutation.trying import KILLED, NOT_EVALUATED, NOT_REACHED, NOT_STARTED, Result, SURVIVED, TIMED_OUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from theodore_qa.sensitivity.mutation.mutant import Mutant

STATUS = {
    KILLED: "Killed",
    TIMED_OUT: "Timeout",
    SURVIVED: "Survived",
    NOT_REACHED: "NoCoverage",
    NOT_STARTED: "RuntimeError",
    NOT_EVALUATED: "Pending",
}


def document(
    results: Iterable[Result],
    sources: Mapping[str, str],
    equivalents: Iterable[tuple[Mutant, str]] = (),
    state: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The document; ``equivalents`` are there as ignored, with the reason. ``state`` is that of the project and its suites."""
    entries = [(result, STATUS[result.status], result.reason) for result in results]
    entries += [(Result.of(mutant), "Ignored", reason) for mutant, reason in equivalents]
    files: dict[str, Any] = {}
    tests: dict[str, dict[str, Any]] = {}
    for result, status, reason in sorted(entries, key=lambda entry: (entry[0].file, entry[0].line, entry[0].id)):
        file = files.setdefault(result.file, {"language": "python", "source": sources[result.file], "mutants": []})
        file["mutants"].append(_mutant(result, status, reason))
        if result.status == KILLED:
            suite, _, name = result.by.partition(" > ")
            tests.setdefault(f"{suite}.robot", {})[result.by] = {"id": result.by, "name": name}
    return {
        "schemaVersion": "2",
        "thresholds": {"high": round(GOAL * 100), "low": round(LEAST_LOWER_END * 100)},
        "files": files,
        "testFiles": {name: {"tests": list(found.values())} for name, found in tests.items()},
        "config": dict(state or {}),
        "framework": {"name": "robotframework-theodore", "version": version("robotframework-theodore")},
    }


def _mutant(result: Result, status: str, reason: str) -> dict[str, Any]:
    mutant: dict[str, Any] = {
        "id": result.id,
        "mutatorName": f"{result.family} ({result.operator})",
        "replacement": result.after,
        "description": result.diff,
        "location": {"start": _point(result.start), "end": _point(result.end)},
        "status": status,
        "testsCompleted": result.tests,
        "duration": round(result.seconds * 1000),
    }
    if reason:
        mutant["statusReason"] = reason
    if result.status == KILLED:
        mutant["killedBy"] = [result.by]
    return mutant


def _point(point: tuple[int, int]) -> dict[str, int]:
    return {"line": point[0], "column": point[1] + 1}
