"""Which suites, and which of their tests, reach which lines of the sandbox, recorded in one healthy run of each suite."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, TYPE_CHECKING

from theodore_qa.sensitivity import trial
from theodore_qa.sensitivity.mutation.mutant import copied, digest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# What a sandbox executes is noted under the test that runs meanwhile, whose name is looked up a hundred times a second.
RECORDER = """

import threading as _threading
import time as _time

import coverage as _coverage

_recorder = _coverage.Coverage(
    data_file={data!r}, data_suffix=True, include=[{files!r}], auto_data=True, config_file=False, messages=False
)
_recorder.start()


def _follow_tests():
    known = ""
    while True:
        try:
            with open({current!r}, encoding="utf-8") as file:
                name = file.read()
        except OSError:
            name = ""
        if name and name != known:
            _recorder.switch_context(name)
            known = name
        _time.sleep(0.01)


_threading.Thread(target=_follow_tests, daemon=True).start()
"""
LISTENER = "theodore_qa.sensitivity.mutation.current_test.CurrentTest"
TRIES = 2
Lines = dict[str, list[int]]
Test = tuple[str, str]  # suite and name
_writing = threading.Lock()


@dataclass(frozen=True)
class SuiteReach:
    """A healthy run of a suite: how long it took, the tests that passed, the lines of each file that it and each test reached."""

    suite: str
    text: str
    seconds: float
    passed: list[str]
    lines: Lines
    area: str = "e2e"
    tests: dict[str, Lines] = field(default_factory=dict)


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

    def tests_reaching(self, file: str, lines: Iterable[int]) -> set[Test]:
        """The tests that reach one of the lines of a file and pass without any mutant, each with its suite."""
        return set().union(*(self._tests.get((file, line), ()) for line in lines))

    @cached_property
    def _tests(self) -> dict[tuple[str, int], set[Test]]:
        found: dict[tuple[str, int], set[Test]] = {}
        for name, reach in self.suites.items():
            for test, files in reach.tests.items():
                for file, number in ((file, number) for file, numbers in files.items() for number in numbers):
                    found.setdefault((file, number), set()).add((name, test))
        return found

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
        current = place / "current-test"
        recorder = RECORDER.format(data=str(data / "data"), files=f"{place / package.name}/*", current=str(current))
        init = (package / "__init__.py").read_text(encoding="utf-8") + recorder
        packages = copied(package, place, {"__init__.py": init})
        begun = time.monotonic()
        outcome = trial.command(
            place, area=area, suites=(suite.stem,), packages=packages, options=("--listener", f"{LISTENER};{current}")
        )
        seconds = time.monotonic() - begun
        red = [test for test in outcome.tests if test["verdict"] not in trial.AS_IT_SHOULD_BE]
        passed = [test["name"] for test in outcome.tests if test["verdict"] == "PASS"]
        if passed and not red:
            lines, tests = _lines(data, place / package.name)
            tests = {name: tests[name] for name in passed if name in tests}
            return SuiteReach(suite.stem, text_of(suite), round(seconds, 1), passed, lines, area, tests)
        if red:
            reason = f"{red[0]['name']}: {red[0].get('message', '')}"
        else:
            reason = "its tests are skipped here" if outcome.tests else outcome.console or "no test ran"
    return reason


def _lines(data: Path, package: Path) -> tuple[Lines, dict[str, Lines]]:
    """The lines that the processes of a sandbox reached, by file: in all, and while each test ran."""
    import coverage

    whole: dict[str, set[int]] = {}
    tests: dict[str, dict[str, set[int]]] = {}
    for part in data.iterdir():
        measured = coverage.CoverageData(str(part))
        measured.read()
        for file in measured.measured_files():
            name = file.removeprefix(f"{package}/")
            for line, contexts in measured.contexts_by_lineno(file).items():
                whole.setdefault(name, set()).add(line)
                for test in contexts:
                    tests.setdefault(test, {}).setdefault(name, set()).add(line)
    return _sorted(whole), {test: _sorted(lines) for test, lines in tests.items()}


def _sorted(lines: dict[str, set[int]]) -> Lines:
    return {name: sorted(numbers) for name, numbers in sorted(lines.items())}
