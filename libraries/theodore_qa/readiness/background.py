"""What a verdict rests on beside its tests: digests, experiments, findings, mutants of the suites, tests of other levels."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, TYPE_CHECKING

from theodore_qa import revision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from theodore_qa.run.finished import FinishedRun

SENSITIVITY, MUTATION = "sensitivity.json", "mutation.json"
COUNTED = ("Killed", "Timeout", "Survived", "NoCoverage")  # the others did not start, or mean the same
BESIDE = ("sensitivity", "traffic", "mutants")  # folders of results in which proofs of the suites are
LEVELS = {
    "unit": re.compile(r"unit", re.IGNORECASE),
    "integration": re.compile(r"integration|component|contract", re.IGNORECASE),
    "end to end": re.compile(r"e2e|end.?to.?end|acceptance|system|ui\b", re.IGNORECASE),
}
NO_LEVEL = "of no level that its names tell"
MOST_FINDINGS = 200
SEVERITIES = ("critical", "high", "medium", "low", "info")


def digests(run: FinishedRun, read_from: Mapping[Path, str]) -> list[dict[str, str]]:
    """What the run was about: what was observed of each system, and the SHA-256 of the files that it was held to."""
    found = []
    for record in run.environments:
        proof = record.get("proof")
        value = proof.get("value", "") if isinstance(proof, dict) else proof
        seen = ", ".join(str(part) for part in (value, record.get("build")) if part)
        seen = seen or "NOT EVALUATED: neither its build nor a proof of its identity was observed"
        found.append({"of": f"system {record.get('system', '')}", "name": str(record.get("url", "")), "digest": seen})
    if not found:
        found = [{"of": "system", "name": "", "digest": "NOT EVALUATED: the evidence says nothing of what was tested"}]
    found = [entry for number, entry in enumerate(found) if entry not in found[:number]]
    files = {"environment": run.environment.path}
    for name in ("thresholds", "companies"):
        if isinstance(path := getattr(run.environment, name, None), Path):
            files[name] = path
    systems = getattr(run.environment, "systems", {})
    for name, system in systems.items():
        if (path := _contract(system, run.environment.path.parent)) is not None:
            files[f"contract of {name}"] = path
    found += [{"of": kind, "name": path.name, "digest": _sha256(path)} for kind, path in files.items()]
    return found + [{"of": "held to", "name": path.name, "digest": f"SHA-256 {digest}"} for path, digest in read_from.items()]


def _contract(system: Any, beside: Path) -> Path | None:
    """The document that a system is held to; None if it serves its own, or has none."""
    from theodore_qa import paths

    name = getattr(getattr(system, "declared", None), "contract", None)
    if not isinstance(name, str):
        return None
    return next((path for path in (beside / name, paths.shipped("contracts") / name) if path.is_file()), None)


def _sha256(path: Path) -> str:
    try:
        return f"SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}"
    except OSError:
        return "NOT EVALUATED: the file is not there any more"


def experiments(folder: Path) -> list[dict[str, Any]]:
    """The chaos experiments of a run, from the journals beside its evidence: when each fault was there, and what probes saw."""
    found = []
    for path in sorted((folder / "experiments").glob("*.json")):
        try:
            found.append(_experiment(json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, KeyError, TypeError, IndexError):
            found.append({"title": path.stem, "status": "unreadable", "seconds": 0.0, "faults": [], "steady": {}})
    return found


def _experiment(journal: dict[str, Any]) -> dict[str, Any]:
    began = dt.datetime.fromisoformat(journal["start"])

    def after(moment: str) -> float:
        return round((dt.datetime.fromisoformat(moment) - began).total_seconds(), 3)

    states = journal["steady_states"]
    steady = {"before": states["before"], "during": states["during"][0], "after": states["after"]}
    return {
        "title": str(journal["experiment"]["title"]),
        "status": str(journal["status"]),
        "seconds": round(float(journal["duration"]), 3),
        "faults": [
            {"name": str(fault["activity"]["name"]), "from": after(fault["start"]), "to": after(fault["end"])}
            for fault in journal["run"]
        ],
        "steady": {
            name: {"met": bool(state["steady_state_met"]), "probes": dict(state["probes"][0]["output"])}
            for name, state in steady.items()
        },
    }


def findings(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The findings, without those that two suites made alike, the most severe first."""
    different = {(finding["fingerprint"], finding["observed"]): finding for finding in found}
    ordered = sorted(different.values(), key=lambda finding: SEVERITIES.index(finding["severity"]))
    return [
        {
            "severity": finding["severity"],
            "title": finding["title"],
            "where": ", ".join(finding["places"][:3]),
            "observed": finding["observed"][:300],
            "remediation": finding["mend"],
            "accepted": finding["accepted"] or None,
        }
        for finding in ordered[:MOST_FINDINGS]
    ]


def mutants(results: Path, sources: Iterable[str], suites: Path | None = None) -> dict[str, Any]:
    """How many mutants of the traffic the suites of a run killed, by a proof of them in the results; NOT EVALUATED without one.

    Args:
        results: the folder of the run; proofs lie in it, or beside it.
        sources: the suites of the run.
        suites: the folder that they stand in; where it is not known, they are taken to be as they were.
    """
    found = _proof(results, sources, suites, SENSITIVITY, _of_traffic)
    advice = f"no {SENSITIVITY} beside these results has mutants of these suites: run theodore test sensitivity --proof traffic"
    return found or _no_mutants(advice)


def source_mutants(results: Path, sources: Iterable[str], suites: Path | None = None) -> dict[str, Any]:
    """The same of mutants of the sandbox's source: those that a suite of this run killed, of all that were tried."""
    found = _proof(results, sources, suites, MUTATION, _of_the_source)
    advice = f"no {MUTATION} beside these results has mutants that were tried: run theodore test sensitivity --proof mutants"
    return found or _no_mutants(advice)


def _proof(
    results: Path, sources: Iterable[str], root: Path | None, name: str, read: Callable[..., tuple[int, int, dict[str, Any]]]
) -> dict[str, Any] | None:
    """The figures of the first proof of the project as it is now; why there is none if it is of another state."""
    by_name = {Path(source).stem: source for source in sources}
    folders = [results, *(place / beside for place in (results, results.parent) for beside in BESIDE)]
    other = ""
    for path in (folder / name for folder in folders):
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            killed, tried, suites = read(data, by_name)
            recorded = data.get("of", data.get("config"))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
            continue
        if not tried:
            continue
        why = revision.differs(recorded, {suite: root / source for suite, source in by_name.items()} if root else {})
        if not why:
            return {"verdict": "OBSERVED", "killed": killed, "tried": tried, "reason": None, "suites": suites}
        other = other or f"{path.parent.name}/{path.name} {why}"
    return _no_mutants(other) if other else None


def _no_mutants(reason: str) -> dict[str, Any]:
    return {"verdict": "NOT EVALUATED", "killed": 0, "tried": 0, "reason": reason, "suites": {}}


def _of_traffic(data: dict[str, Any], suites: Mapping[str, str]) -> tuple[int, int, dict[str, Any]]:
    pairs = {suites[_name(suite)]: pair for suite, pair in data["scores"].items() if _name(suite) in suites}
    killed, tried = (sum(int(pair[place]) for pair in pairs.values()) for place in (0, 1))
    return killed, tried, {suite: {"killed": pair[0], "tried": pair[1]} for suite, pair in sorted(pairs.items())}


def _of_the_source(data: dict[str, Any], suites: Mapping[str, str]) -> tuple[int, int, dict[str, Any]]:
    counted = [mutant for file in data["files"].values() for mutant in file["mutants"] if mutant["status"] in COUNTED]
    by = Counter(_name(str(mutant["killedBy"][0]).partition(" > ")[0]) for mutant in counted if mutant["status"] == "Killed")
    killed = {suites[name]: number for name, number in by.items() if name in suites}
    timed_out = sum(mutant["status"] == "Timeout" for mutant in counted)
    own = {suite: {"killed": number, "tried": len(counted)} for suite, number in sorted(killed.items())}
    return sum(killed.values()) + timed_out, len(counted), own


def _name(suite: str) -> str:
    return suite.rpartition("/")[2].removesuffix(".robot")


def pyramid(reports: Iterable[Path], planned: int) -> list[dict[str, Any]]:
    """How many tests the system has on each level, by the names in the JUnit files that were given; with this run as the top."""
    numbers: dict[str, int] = {}
    for path in reports:
        for name in _cases(path):
            level = next((level for level, pattern in LEVELS.items() if pattern.search(name)), "")
            level = level or next((level for level, pattern in LEVELS.items() if pattern.search(path.name)), NO_LEVEL)
            numbers[level] = numbers.get(level, 0) + 1
    if not numbers:
        return []
    numbers["this run"] = planned
    whole = sum(numbers.values())
    order = [*LEVELS, NO_LEVEL, "this run"]
    return [
        {"level": level, "tests": numbers[level], "share": round(numbers[level] / whole, 4)}
        for level in order
        if level in numbers
    ]


def _cases(path: Path) -> list[str]:
    """The class and suite names of the tests in a file; none if it is no JUnit file."""
    from xml.etree import ElementTree as Xml

    try:
        root = Xml.fromstring(path.read_bytes())  # noqa: S314  # expat since 2.4.1 bounds the growth of entities
    except (OSError, Xml.ParseError):
        return []
    if root.tag not in ("testsuites", "testsuite"):
        return []
    suites = [root, *root.iter("testsuite")] if root.tag == "testsuites" else list(root.iter("testsuite"))
    return [
        f"{suite.get('name', '')} {case.get('classname', '')} {case.get('file', '')}"
        for suite in suites
        for case in suite.findall("testcase")
    ]


def seeds(options: Sequence[str]) -> list[str]:
    """The seeds that the options of a run give."""
    return [seed for option in options for seed in re.findall(r"(?:^|[:=])?SEED:(\S+)", option)]
