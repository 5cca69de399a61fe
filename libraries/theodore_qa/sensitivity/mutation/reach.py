"""Which suites reach which lines of the sandbox, recorded in one healthy run of each suite."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any, TYPE_CHECKING

from theodore_qa.sensitivity import trial
from theodore_qa.sensitivity.mutation.mutant import copied, digest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

RECORDER = """

import coverage as _coverage

_recorder = _coverage.Coverage(
    data_file={data!r}, data_suffix=True, include=[{files!r}], auto_data=True, config_file=False, messages=False
)
_recorder.start()
"""
TRIES = 2
_writing = threading.Lock()


@dataclass(frozen=True)
class SuiteReach:
    """A healthy run of a suite: how long it took, the tests that passed, the lines of each file that it reached."""

    suite: str
    text: str
    seconds: float
    passed: list[str]
    lines: dict[str, list[int]]
    area: str = "e2e"


@dataclass
class Reach:
    """The healthy runs of all suites, and those that were red without any mutant: these can kill none."""

    source: str
    suites: dict[str, SuiteReach] = field(default_factory=dict)
    red: dict[str, str] = field(default_factory=dict)

    def reaching(self, file: str, lines: Iterable[int]) -> list[str]:
        """The suites that reach one of the lines of a file."""
        chosen = set(lines)
        return [name for name, reach in self.suites.items() if not chosen.isdisjoint(reach.lines.get(file, ()))]

    def write(self, path: Path) -> None:
        """Keep it for a run that goes on."""
        data = {"source": self.source, "suites": [asdict(reach) for _, reach in sorted(self.suites.items())]}
        with _writing:
            path.write_text(json.dumps(data), encoding="utf-8")


def read(path: Path, source: str) -> Reach:
    """What an earlier run recorded on the same source; nothing where there is none."""
    found = Reach(source)
    if path.is_file():
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if data["source"] == source:
            found.suites = {entry["suite"]: SuiteReach(**entry) for entry in data["suites"]}
    return found


def text_of(suite: Path) -> str:
    """What a recording is bound to, beside the sandbox's source."""
    return digest([suite.read_text(encoding="utf-8")])


def record(suite: Path, package: Path, folder: Path, area: str = "e2e") -> SuiteReach | str:
    """A healthy run of a suite against a copy of the sandbox that notes its lines; a sentence where it is red twice."""
    reason = ""
    for attempt in range(TRIES):
        place = folder / f"{suite.stem}-{attempt}"
        data = place / "lines"
        data.mkdir(parents=True)
        recorder = RECORDER.format(data=str(data / "data"), files=f"{place / package.name}/*")
        init = (package / "__init__.py").read_text(encoding="utf-8") + recorder
        begun = time.monotonic()
        outcome = trial.command(place, area=area, suites=(suite.stem,), packages=copied(package, place, {"__init__.py": init}))
        seconds = time.monotonic() - begun
        red = [test for test in outcome.tests if test["verdict"] not in trial.AS_IT_SHOULD_BE]
        passed = [test["name"] for test in outcome.tests if test["verdict"] == "PASS"]
        if passed and not red:
            return SuiteReach(suite.stem, text_of(suite), round(seconds, 1), passed, _lines(data, place / package.name), area)
        reason = f"{red[0]['name']}: {red[0].get('message', '')}" if red else outcome.console or "no test ran"
    return reason


def _lines(data: Path, package: Path) -> dict[str, list[int]]:
    """The lines that the processes of a sandbox reached, by file."""
    import coverage

    found: dict[str, set[int]] = {}
    for part in data.iterdir():
        measured = coverage.CoverageData(str(part))
        measured.read()
        for file in measured.measured_files():
            found.setdefault(file.removeprefix(f"{package}/"), set()).update(measured.lines(file) or ())
    return {name: sorted(lines) for name, lines in sorted(found.items())}
