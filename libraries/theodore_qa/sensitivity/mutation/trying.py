"""One mutant is tried: does its sandbox start, and which test notices it?"""

from __future__ import annotations

import glob
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any, TYPE_CHECKING

from theodore_qa.sensitivity import trial
from theodore_qa.sensitivity.mutation import NEAREST
from theodore_qa.sensitivity.mutation.mutant import copied, digest
from theodore_qa.sensitivity.mutation.nearness import nearest, nearest_tests

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from theodore_qa.sensitivity.mutation.mutant import Mutant
    from theodore_qa.sensitivity.mutation.reach import Reach, Test

KILLED, TIMED_OUT, SURVIVED = "killed", "timed out", "survived"
NOT_REACHED, NOT_STARTED, NOT_EVALUATED = "not reached", "does not start", "not evaluated"
COUNTED = (KILLED, TIMED_OUT, SURVIVED, NOT_REACHED)
NEAREST_TESTS = 12  # run first, each by its name: most mutants end there, and a dozen tests take no longer than one suite
BATCHES = (3, 6)  # how many of the nearest suites are run together first, and how many after them; then all others
START_TIME = 120
SLACK, FACTOR = 120, 4  # a batch may take so many seconds more than so many times its healthy runs
STOPPED = "exit-on-failure"
WHOLE_AREAS = ("security", "chaos", "performance")
WHOLE_AREA_TIME = 1800
STARTING = "import theodore_sandbox; print(theodore_sandbox.__file__); from theodore_sandbox.__main__ import main; main()"


@dataclass
class Result:
    """What became of a mutant; ``suites`` are those that were run, ``by`` is the test that noticed it."""

    id: str
    file: str
    line: int
    family: str
    operator: str
    start: tuple[int, int]
    end: tuple[int, int]
    before: str
    after: str
    diff: str
    status: str = NOT_EVALUATED
    by: str = ""
    reason: str = ""
    suites: list[str] = field(default_factory=list)
    tests: int = 0
    seconds: float = 0.0

    @classmethod
    def of(cls, mutant: Mutant) -> Result:
        """A result that is still open."""
        place = mutant.candidate
        before, after = mutant.change
        return cls(
            mutant.id, place.file, place.line, place.family, place.operator, place.start, place.end, before, after, mutant.diff
        )

    @property
    def noticed(self) -> bool:
        """Whether a test noticed the mutant."""
        return self.status in {KILLED, TIMED_OUT}

    @property
    def survived(self) -> bool:
        """Whether it was tried and no test noticed it."""
        return self.status in COUNTED and not self.noticed

    def as_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self), ensure_ascii=False)


@dataclass
class Trials:
    """What all trials of a run share: the healthy package, its sources, the reach of the suites, a folder.

    Each mutant meets at most ``most`` suites alone, the nearest.
    """

    package: Path
    sources: Mapping[str, str]
    reach: Reach
    folder: Path
    most: int = NEAREST
    red_alone: set[Test] = field(default_factory=set)  # without any mutant, if the tests before them are not run

    def planned(self, mutant: Mutant) -> list[str]:
        """The suites for a mutant, the nearest first."""
        return self.reaching(mutant)[: self.most]

    def reaching(self, mutant: Mutant) -> list[str]:
        """All suites that reach the changed line of a mutant, the nearest first."""
        return nearest(self.reach, self.sources, mutant.candidate.file, mutant.candidate.line)

    def open(self, mutant: Mutant, before: Result | None) -> bool:
        """Whether something is left to be tried, after what an earlier run says."""
        if before is None or before.status == NOT_EVALUATED:
            return True
        return before.status in {SURVIVED, NOT_REACHED} and bool(self._remaining(mutant, before.suites))

    def try_mutant(
        self,
        mutant: Mutant,
        before: Result | None = None,
        suites: Sequence[str] | None = None,
        tests: Sequence[str] | None = None,
    ) -> Result:
        """Run the nearest tests, then the suites that reach the line, until a test fails; or only what is given.

        Args:
            mutant: The mutant.
            before: What an earlier run says of it.
            suites: Only these suites.
            tests: Of them only tests of these names.
        """
        result = Result.of(mutant)
        result.suites = list(before.suites) if before and before.status == SURVIVED else []
        result.tests = before.tests if before and before.status == SURVIVED else 0
        begun = time.monotonic()
        place = self.folder / f"mutant-{digest([mutant.id])}"
        try:
            packages = copied(self.package, place / "mutated", {mutant.candidate.file: mutant.mutated})
            if not self._starts(result, place, packages):
                return result
            if suites is None and not result.tests and self._noticed_by_tests(result, mutant, place, packages):
                return result
            chosen = self._remaining(mutant, result.suites) if suites is None else suites
            self._try(result, chosen, place, packages, _named(tests or ()))
        finally:
            shutil.rmtree(place, ignore_errors=True)
            result.seconds = round(time.monotonic() - begun, 1)
        return result

    def _remaining(self, mutant: Mutant, done: Sequence[str]) -> list[str]:
        return [suite for suite in self.planned(mutant) if suite not in done]

    def _noticed_by_tests(self, result: Result, mutant: Mutant, place: Path, packages: Path) -> bool:
        """Whether one of the nearest tests notices a mutant; one that is red alone without the mutant too is not asked again."""
        by_area: dict[str, list[Test]] = {}
        near = nearest_tests(self.reach, self.sources, mutant.candidate.file, mutant.candidate.line, NEAREST_TESTS)
        for suite, test in near:
            if (suite, test) not in self.red_alone:
                by_area.setdefault(self.area(suite), []).append((suite, test))
        for area, tests in by_area.items():
            waiting = tests
            for number in range(len(tests)):
                folder = place / f"tests-{area}-{number}"
                folder.mkdir()
                suites = list(dict.fromkeys(suite for suite, _ in waiting))
                outcome = self.run(folder, suites, packages, ("--exitonfailure", *_named(test for _, test in waiting)))
                result.tests += len(outcome.passed())
                red = next((test for test in outcome.tests if self.red(test) and _key(test) not in self.red_alone), None)
                if red is None:
                    break  # each of them passed
                self._noticed(result, red, area, folder / "control", alone=True)
                if result.noticed:
                    return True
                self.red_alone.add(_key(red))
                result.status, result.reason = NOT_EVALUATED, ""
                ended = {_key(test) for test in outcome.tests if STOPPED not in test.get("message", "")}
                waiting = [test for test in waiting if test not in ended]
                if not waiting:
                    break
        return False

    def _try(self, result: Result, suites: Sequence[str], place: Path, packages: Path, options: Sequence[str]) -> None:
        for number, batch in enumerate(self.batches(suites)):
            folder = place / f"batch-{number}"
            folder.mkdir()
            outcome = self.run(folder, batch, packages, ("--exitonfailure", *options))
            if outcome.code == trial.OVERDUE:
                self._overdue(result, batch, place / f"control-{number}")
                return
            if not outcome.tests:
                result.status, result.reason = NOT_EVALUATED, f"{', '.join(batch)} gave no result: {outcome.console[-300:]}"
                return
            red = [test for test in outcome.tests if self.red(test)]
            if red:
                self._noticed(result, red[0], self.area(batch[0]), place / f"control-{number}", alone=bool(options))
                return
            result.suites += batch
            result.tests += len(outcome.passed())
        result.status = SURVIVED if result.tests else NOT_REACHED
        result.reason = "" if result.tests else "no suite reaches the line"

    def _starts(self, result: Result, place: Path, packages: Path) -> bool:
        """Whether the sandbox starts; that it is late proves nothing if it is late without the mutant too."""
        try:
            problem = started(packages)
        except subprocess.TimeoutExpired:
            problem = f"it was not ready within {START_TIME} s"
            try:
                started(copied(self.package, place / "healthy"))
            except subprocess.TimeoutExpired:
                result.status, result.reason = NOT_EVALUATED, f"{problem}, nor was it without the mutant"
                return False
        if problem:
            result.status, result.reason = NOT_STARTED, problem
        return not problem

    def red(self, test: dict[str, Any]) -> bool:
        """Whether a test did not pass that passes without the mutant; what was stopped after the first failure was not run."""
        if test["verdict"] in trial.AS_IT_SHOULD_BE or STOPPED in test.get("message", ""):
            return False
        reach = self.reach.suites.get(_stem(test))
        return reach is None or test["name"] in reach.passed

    def _noticed(self, result: Result, test: dict[str, Any], area: str, folder: Path, *, alone: bool) -> None:
        """A test that is red proves nothing if it is red without the mutant too, ``alone`` or with its whole suite."""
        name, suite = test["name"], _stem(test)
        for number, options in enumerate((_named([name]),) if alone else (_named([name]), [])):
            place = folder / str(number)
            place.mkdir(parents=True)
            control = self.run(place, [self.place_of(test, area)], None, options)
            again = [other for other in control.tests if other["name"] == name]
            if again and all(other["verdict"] == "PASS" for other in again):
                result.status, result.by = KILLED, f"{suite} > {name}"
                result.reason = f"{test['verdict']}: {test.get('message', '')}"
                result.suites.append(suite)
                return
        reason = again[0].get("message", "") if again else control.console[-300:] or "it did not run"
        result.status, result.reason = NOT_EVALUATED, f"{suite} > {name} is red without the mutant too: {reason}"

    def _overdue(self, result: Result, batch: list[str], folder: Path) -> None:
        """That the suites did not end proves nothing if they end no sooner without the mutant."""
        folder.mkdir()
        control = self.run(folder, batch, None, ())
        if control.code == trial.OVERDUE or not control.tests:
            result.status, result.reason = NOT_EVALUATED, f"{', '.join(batch)} did not end in time without the mutant either"
            return
        result.status, result.by = TIMED_OUT, ", ".join(batch)
        result.reason = f"not ended within {self._longest(batch):.0f} s"
        result.suites += batch

    def run(self, folder: Path, batch: Sequence[str], packages: Path | None, options: Sequence[str]) -> trial.TrialResult:
        """Run suites of one area: by their names, or a whole area by its name and a slash."""
        area = self.area(batch[0])
        if batch[0].endswith("/"):
            return trial.command(folder, area=area, packages=packages, options=options, longest=WHOLE_AREA_TIME)
        names = [_name(suite) for suite in batch]
        return trial.command(folder, area=area, suites=names, packages=packages, options=options, longest=self._longest(batch))

    def batches(self, suites: Sequence[str]) -> Iterator[list[str]]:
        """The suites in parts that are run together, each of one area; a whole area is a part of its own."""
        plain = [suite for suite in suites if not suite.endswith("/")]
        for size in (*BATCHES, len(plain)):
            parts: dict[str, list[str]] = {}
            for suite in plain[:size]:
                parts.setdefault(self.area(suite), []).append(suite)
            yield from parts.values()
            plain = plain[size:]
        yield from ([area] for area in suites if area.endswith("/"))

    def place_of(self, test: dict[str, Any], area: str) -> str:
        """How the suite of a test of an area is called here: by its name where its reach is known, else after its area."""
        name = _stem(test)
        return name if name in self.reach.suites and self.area(name) == area else f"{area}/{name}"

    def area(self, suite: str) -> str:
        """The area of ``theodore test`` in which a suite is."""
        return self.reach.suites[suite].area if suite in self.reach.suites else suite.partition("/")[0]

    def _longest(self, batch: Sequence[str]) -> float:
        return FACTOR * sum(self.reach.suites[suite].seconds for suite in batch if suite in self.reach.suites) + SLACK


def started(packages: Path) -> str:
    """An empty text if the sandbox in a folder starts by itself, else why not.

    Raises:
        TimeoutExpired: it was neither ready nor gone in time.
    """
    env = dict(os.environ) | trial.first_on_path(packages)
    done = trial.ended(
        [sys.executable, "-c", STARTING],
        input="{}\n",
        env=env,
        cwd=packages,
        capture_output=True,
        text=True,
        timeout=START_TIME,
        check=False,
    )
    lines = done.stdout.splitlines()
    if lines and not lines[0].startswith(str(packages)):
        return f"another sandbox was started: {lines[0]}"
    if done.returncode == 0 and len(lines) > 1 and '"urls"' in lines[1]:
        return ""
    errors = done.stderr.strip().splitlines()
    return errors[-1] if errors else f"exit code {done.returncode}"


def _named(tests: Iterable[str]) -> list[str]:
    """The options of robot that choose tests by their names."""
    return [part for test in tests for part in ("--test", glob.escape(test))]


def _name(suite: str) -> str:
    return suite.rpartition("/")[2]


def _key(test: dict[str, Any]) -> Test:
    """The suite and the name of a test."""
    return _stem(test), str(test["name"])


def _stem(test: dict[str, Any]) -> str:
    """The name of the file in which a test stands."""
    return str(test["suite"]).rpartition("/")[2].removesuffix(".robot")
