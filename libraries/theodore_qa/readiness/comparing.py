"""What changed between two runs: verdicts, gates, controls, demands, waivers and scores, out of their readiness.json."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import UsageError
from theodore_qa.readiness.controls import CONTRADICTED, SUPPORTED
from theodore_qa.readiness.recompute import differences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FILE = "readiness.json"
Verdicts = dict[tuple[str, str], Counter[str]]  # by file, from ``suites/`` on, and name of the test
PASS, FAIL, GONE = "PASS", "FAIL", "not in this run"
WORSE, UNKNOWN, BETTER, CHANGED = "worse", "unknown now", "better", "changed"
"""A change: failed after a pass; no verdict after a pass; passes now; neither."""


@dataclass(frozen=True)
class Change:
    """A difference between two runs: of what kind, of what, and what stood before and stands now."""

    kind: str
    of: str
    name: str
    before: str
    now: str

    def __str__(self) -> str:
        return f"{self.kind:<11}  {self.of} {self.name}: {self.before} -> {self.now}"


@dataclass(frozen=True)
class Readiness:
    """A readiness.json that was read, and where."""

    path: Path
    data: dict[str, Any]

    @property
    def run(self) -> str:
        """The id of the run."""
        return str(self.data["run"])


def read(reference: Path) -> Readiness:
    """A readiness.json, by itself or in a folder of results.

    Raises:
        UsageError: there is none, or its figures do not follow from its tests, gates and weights.
    """
    path = reference / FILE if reference.is_dir() else reference
    if not path.is_file():
        raise UsageError(f"There is no {FILE} at {reference}: name that file or the folder of results that holds it.")
    if found := differences(path):
        raise UsageError(f"The file {path} was changed after its run: {found[0]}")
    return Readiness(path, json.loads(path.read_text(encoding="utf-8")))


def changes(before: Readiness, now: Readiness) -> list[Change]:
    """Every difference, the worst kinds first.

    Raises:
        UsageError: both are one run.
    """
    if before.run == now.run:
        raise UsageError(f"Both are the run {now.run}: name two runs.")
    found = [
        *_fields(before.data, now.data),
        *_tests(before.data, now.data),
        *_gates(before.data, now.data),
        *_controls(before.data, now.data),
        *_files(before.data, now.data),
    ]
    order = (WORSE, UNKNOWN, CHANGED, BETTER)
    return sorted(found, key=lambda change: order.index(change.kind))


def exit_code(found: list[Change]) -> int:
    """1 if a test or gate fails that passed, 3 if what passed has no verdict now, else 0."""
    kinds = {change.kind for change in found}
    return 1 if WORSE in kinds else 3 if UNKNOWN in kinds else 0


def _fields(before: dict[str, Any], now: dict[str, Any]) -> Iterator[Change]:
    for name in ("environment", "sandbox", "label", "exit_code"):
        if before[name] != now[name]:
            yield Change(CHANGED, "run", name, _plain(before[name]), _plain(now[name]))
    if before["score"] != now["score"]:
        yield Change(CHANGED, "run", "score", _range(before["score"]), _range(now["score"]))
    for problem in now["problems"]:
        if problem not in before["problems"]:
            yield Change(UNKNOWN, "run", "incomplete", "no such problem", str(problem))


def _tests(before: dict[str, Any], now: dict[str, Any]) -> Iterator[Change]:
    return tests(
        *(verdicts((test["source"], test["name"], test["verdict"]) for test in _all_tests(data)) for data in (before, now))
    )


def _all_tests(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [*data["tests"], *data["tests_of_no_area"]]


def verdicts(rows: Iterable[tuple[str, str, str]]) -> Verdicts:
    """The verdicts of tests out of file, name and verdict of each; tests of one name are counted together."""
    found: Verdicts = {}
    for source, name, verdict in rows:
        found.setdefault((source, name), Counter())[verdict] += 1
    return found


def tests(before: Verdicts, now: Verdicts) -> Iterator[Change]:
    """The changes of tests; those of one name are compared by how many have each verdict."""
    for name in sorted(before.keys() | now.keys()):
        old, new = before.get(name, Counter()), now.get(name, Counter())
        if old != new:
            yield Change(kind(old, new), "test", f"{name[1]} ({name[0]})", counted(old), counted(new))


def kind(old: Counter[str], new: Counter[str]) -> str:
    """What became of the tests of one name."""
    if new[FAIL] > old[FAIL] and old[PASS]:
        return WORSE
    if new[PASS] < old[PASS]:
        return UNKNOWN
    return BETTER if new[PASS] > old[PASS] or new[FAIL] < old[FAIL] else CHANGED


def counted(verdicts: Counter[str]) -> str:
    """Verdicts with how many tests have each."""
    if verdicts.total() == 1:
        return next(iter(verdicts.elements()))
    return ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items())) or GONE


def _gates(before: dict[str, Any], now: dict[str, Any]) -> Iterator[Change]:
    earlier, later = ({gate["id"]: gate for gate in data["gates"]} for data in (before, now))
    for name in [*earlier, *(name for name in later if name not in earlier)]:
        old, new = earlier.get(name, {}), later.get(name, {})
        verdicts = old.get("verdict", GONE), new.get("verdict", GONE)
        if verdicts[0] != verdicts[1]:
            yield Change(_gate_kind(*verdicts), "gate", name, *verdicts)
        for entry in ("expected", "minimum", "critical", "measured", "n"):
            if old and new and old.get(entry) != new.get(entry):
                yield Change(CHANGED, "gate", f"{name}, {entry}", _plain(old.get(entry)), _plain(new.get(entry)))
        if old.get("waiver") != new.get("waiver"):
            yield Change(CHANGED, "gate", f"{name}, waiver", _waiver(old), _waiver(new))


def _controls(before: dict[str, Any], now: dict[str, Any]) -> Iterator[Change]:
    """The controls with another verdict; runs of before there were any have none."""
    earlier, later = (
        {control["id"]: control["verdict"] for control in data.get("controls", {}).get("controls", ())} for data in (before, now)
    )
    for name in [*earlier, *(name for name in later if name not in earlier)]:
        verdicts = earlier.get(name, GONE), later.get(name, GONE)
        if earlier and verdicts[0] != verdicts[1]:
            yield Change(_control_kind(*verdicts), "control", name, *verdicts)


def _control_kind(old: str, new: str) -> str:
    if new == CONTRADICTED:
        return WORSE
    if old == SUPPORTED:
        return UNKNOWN
    return BETTER if new == SUPPORTED or old == CONTRADICTED else CHANGED


def _gate_kind(old: str, new: str) -> str:
    if old == PASS:
        return WORSE if new == FAIL else UNKNOWN
    return BETTER if new == PASS else CHANGED


def _files(before: dict[str, Any], now: dict[str, Any]) -> Iterator[Change]:
    """The files of gates, weights and waivers that are not the same: demands may have changed with them."""
    earlier, later = before["read_from"], now["read_from"]
    for name in sorted(earlier.keys() | later.keys()):
        old, new = earlier.get(name), later.get(name)
        if old != new:
            yield Change(CHANGED, "file", name, *(f"SHA-256 {digest[:12]}" if digest else GONE for digest in (old, new)))


def _waiver(gate: dict[str, Any]) -> str:
    waiver = gate.get("waiver")
    return f"{waiver['reason']} (owner {waiver['owner']}, until {waiver['until']}, {waiver['where']})" if waiver else "none"


def _range(score: dict[str, float] | None) -> str:
    return f"{score['low']:g} to {score['high']:g}" if score else "none"


def _plain(value: object) -> str:
    return {True: "yes", False: "no", None: "none"}.get(value, str(value)) if isinstance(value, bool | None) else str(value)
