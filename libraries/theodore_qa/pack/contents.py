"""What a pack says beside the records of the run: results, environment, digests of all that was read, versions."""

from __future__ import annotations

import datetime as dt
import sys
from collections import Counter
from typing import Any, TYPE_CHECKING

from theodore_qa import paths, revision
from theodore_qa.errors import UsageError
from theodore_qa.pack.manifest import digest
from theodore_qa.run.recorded_options import recorded, VARIABLE
from theodore_qa.systems.files import read_yaml
from theodore_qa.systems.validation import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from theodore_qa.run.finished import FinishedRun

ENDINGS = ("*.robot", "*.resource", "*.py", "*.yaml", "*.csv", "*.json")  # of what suites are made of
LOCKS = ("uv.lock", "poetry.lock", "Pipfile.lock", "requirements.txt")
SEED = "SEED:"


def results(run: FinishedRun) -> dict[str, Any]:
    """The result of each planned test, with the proof that plan and results are one multiset."""
    tests = run.judgement.tests
    rows = [
        {"source": test.suite, "line": test.key[1], "name": test.name, "verdict": test.verdict, "message": test.message}
        | ({"waived": list(test.waived)} if test.waived else {})
        | ({"notes": [sentence for _, sentence in notes]} if (notes := run.judgement.notes.get(test.key)) else {})
        for test in tests
    ]
    return {
        "root": run.suites.name,
        "exit_code": run.exit_code,
        "planned": len(tests),
        "not_selected": len(run.deselected),
        "by_verdict": dict(Counter(test.verdict for test in tests)),
        "without_result": [row["name"] for row in rows if row["message"] == "The test was planned and has no result."],
        "problems": run.judgement.problems,
        "failures": run.judgement.failures,
        "failed_gates": run.judgement.failed_gates,
        "missing_gates": run.judgement.missing_gates,
        "excused": [list(key) for key in sorted(run.judgement.excused)],
        "tests": rows,
    }


def environment(run: FinishedRun) -> dict[str, Any]:
    """The environment file, and what the run observed of its systems; passwords stand in neither."""
    try:
        entries = plain(read_yaml(run.environment.path))
    except UsageError:  # an environment that is known by its evidence alone
        entries = None
    fields = ("system", "url", "services", "proof", "build", "embedded_sandbox", "profile")
    seen = [{name: record[name] for name in fields if name in record} for record in run.environments]
    return {
        "name": run.environment.name,
        "kind": run.environment.kind,
        "entries": entries,
        "observed": [record for number, record in enumerate(seen) if record not in seen[:number]],
    }


def inputs(run: FinishedRun, more: Iterable[Path], previous: dict[str, str] | None) -> dict[str, Any]:
    """The SHA-256 of every file that the run was held to or that it ran, and what changed since the run before."""
    digests: dict[str, str] = {}
    for path in dict.fromkeys([*more, run.environment.path]):
        if path.is_file():
            digests[f"{path.parent.name}/{path.name}" if path.name in digests else path.name] = digest(path)
    suites = run.suites if run.suites.is_dir() else run.suites.parent
    folders = {"suites": suites, "resources": paths.project() / "resources"}
    for name, folder in folders.items():
        for path in sorted(path for ending in ENDINGS for path in folder.rglob(ending)):
            digests[f"{name}/{path.relative_to(folder).as_posix()}"] = digest(path)
    return {"sha256": digests, "changed": None if previous is None else changes(previous, digests)}


def changes(before: dict[str, str], now: dict[str, str]) -> dict[str, list[str]]:
    """Names whose digest is another now, that are new, and that are gone."""
    return {
        "changed": sorted(name for name in before.keys() & now.keys() if before[name] != now[name]),
        "added": sorted(now.keys() - before.keys()),
        "removed": sorted(before.keys() - now.keys()),
    }


def versions(options: Sequence[str], stamped_by: str = "") -> dict[str, Any]:
    """With what the run was made: versions, commit, lock file, options and seeds; and the file that may prove the time."""
    import platform
    from importlib import metadata

    project = paths.project()
    described = (found.metadata for found in metadata.distributions())  # each look reads and parses a file
    packages = {str(package["Name"]): str(package["Version"]) for package in described}
    values = [part for before, part in zip(("", *options), options, strict=False) if VARIABLE.fullmatch(before)]
    return {
        **revision.state(),
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "packages": dict(sorted(packages.items())),
        "lock_sha256": {name: digest(project / name) for name in LOCKS if (project / name).is_file()},
        "options": recorded(options),
        "seeds": [value.removeprefix(SEED) for value in values if value.startswith(SEED)],
        "time": {"utc": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), "proven": False, "stamp": stamped_by or None},
    }
