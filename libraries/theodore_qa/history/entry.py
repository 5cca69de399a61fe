"""A run as the history keeps it."""

from __future__ import annotations

import datetime as dt
import os
from typing import Any, TYPE_CHECKING

from theodore_qa.observing import evidence
from theodore_qa.pack.manifest import digest
from theodore_qa.readiness.located import by_folder, NOT_SELECTED, source_of
from theodore_qa.run import outputs
from theodore_qa.run.judge import INCOMPLETE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from theodore_qa.readiness.assessing import Assessment
    from theodore_qa.run.finished import FinishedRun

ABORTED = "aborted"
VERDICTS = {"passed": "PASS", "failed": "FAIL", "not_evaluated": "NOT EVALUATED", "skipped": "SKIP"}


def of(run: FinishedRun, assessment: Assessment | None = None) -> dict[str, Any]:
    """A run as plain data: figures, builds of its systems, gates, and each attempt of each test."""
    ready = assessment.readiness if assessment else None
    return {
        "run": run.id,
        "time": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "environment": run.environment.name,
        "root": run.suites.name,
        "profile": os.environ.get(evidence.PROFILE_VARIABLE, "quick"),
        "builds": builds(run.environments),
        "exit_code": run.exit_code,
        "low": ready.low if ready else None,
        "high": ready.high if ready else None,
        "label": (ready.label if ready else "") or None,
        "seconds": round(run.duration, 3),
        **{name: run.judgement.count(verdict) for name, verdict in VERDICTS.items()},
        "not_selected": len(run.deselected),
        "state": run.state,
        "gates": [{"id": result.gate.id, "verdict": result.verdict} for result in (assessment.gates if assessment else ())],
        "tests": tests(run),
    }


def aborted(run: str, *, environment: str, root: str, reason: str) -> dict[str, Any]:
    """A run that broke off: it has no verdict on any test, and stands in the trend all the same."""
    return {
        "run": run,
        "time": dt.datetime.strptime(run[:15], "%Y%m%dT%H%M%S").replace(tzinfo=dt.UTC).isoformat(),
        "environment": environment,
        "root": root,
        "profile": os.environ.get(evidence.PROFILE_VARIABLE, "quick"),
        "builds": {},
        "exit_code": INCOMPLETE,
        **dict.fromkeys(("low", "high", "label")),
        **dict.fromkeys(("seconds", *VERDICTS, "not_selected"), 0),
        "state": f"{ABORTED}: {reason}",
        "gates": [],
        "tests": [],
    }


def builds(environments: Iterable[dict[str, Any]]) -> dict[str, str]:
    """The build that was observed of each system; one of which processes saw several builds has all of them."""
    found: dict[str, set[str]] = {}
    for record in environments:
        found.setdefault(str(record.get("system", "")), set()).add(str(record.get("build") or ""))
    return {system: ", ".join(sorted(seen)) for system, seen in found.items() if "" not in seen}


def tests(run: FinishedRun) -> list[dict[str, Any]]:
    """Each attempt of each test that was planned: where it stands, its verdict and its seconds."""
    seconds = (
        {outputs.key(test, run.suites): test.elapsed_time.total_seconds() for test in run.result.suite.all_tests}
        if run.result
        else {}
    )
    digests: dict[str, str] = {}
    attempts = [(1, test.key, test.source, test.verdict) for test in by_folder(run) if test.verdict != NOT_SELECTED]
    attempts += [(2, test.key, source, test.verdict) for test in run.reruns if (source := source_of(run, test.suite)) is not None]
    found = []
    for attempt, key, source, verdict in attempts:
        if source not in digests:
            path = run.suites / key[0] if run.suites.is_dir() else run.suites
            digests[source] = digest(path) if path.is_file() else ""
        took = seconds.get(key) if attempt == 1 else None
        found.append(
            {"source": source, "name": key[2], "attempt": attempt, "verdict": verdict, "seconds": took, "digest": digests[source]}
        )
    return found
