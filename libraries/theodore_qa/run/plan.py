"""What is to be run: every test that Robot would run, found out by Robot itself in a dry-run."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any, Self, TYPE_CHECKING

from theodore_qa.errors import UsageError
from theodore_qa.observing import evidence
from theodore_qa.redaction.secrets import redact
from theodore_qa.run import output, outputs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

ALONE = "lane:alone"
EXCLUDE = "robot:exclude"
LISTENER = "--listener"


@dataclass(frozen=True)
class Planned:
    """A test: its source below the suite root, its line and name, and its tags."""

    source: str
    line: int
    name: str
    tags: tuple[str, ...]

    @classmethod
    def of(cls, test: Any, root: Path) -> Self:
        """A test of Robot's models below a root."""
        return cls(evidence.relative(test.source, root), test.lineno or 0, redact(test.name), tuple(map(str, test.tags)))

    @property
    def key(self) -> tuple[str, int, str]:
        """What identifies the test."""
        return self.source, self.line, self.name

    def __str__(self) -> str:
        return f"{self.name} ({self.source}:{self.line})"


@dataclass(frozen=True)
class Plan:
    """All tests that are to be run below a root."""

    root: Path
    tests: tuple[Planned, ...]
    errors: tuple[str, ...] = ()
    deselected: tuple[Planned, ...] = ()
    suites: Mapping[str, str] = field(default_factory=dict)  # those with tests that may run side by side: full names, and files
    fingerprints: Mapping[tuple[str, int, str], str] = field(default_factory=dict)

    def twice(self) -> list[str]:
        """Tests that share their name with another test of the same suite; rows that one line generates may be alike."""
        names = Counter((source, name.casefold()) for source, line, name in {test.key for test in self.tests})
        return [str(test) for test in self.tests if names[test.source, test.name.casefold()] > 1]

    def excluded(self) -> list[Planned]:
        """Tests that a tag of their own takes out of every run."""
        return [test for test in self.deselected if EXCLUDE in map(str.lower, test.tags)]

    def usual_seconds(self, tests: Mapping[tuple[str, str], float]) -> dict[str, float]:
        """How long the tests of each suite usually take together, where one of them is known."""
        files: dict[str, float] = {}
        for test in self.tests:
            if (seconds := tests.get((test.source, test.name))) is not None and ALONE not in test.tags:
                files[test.source] = files.get(test.source, 0.0) + seconds
        return {suite: files[file] for suite, file in self.suites.items() if file in files}

    def alone(self) -> bool:
        """Whether some tests must have the machine for themselves."""
        return any(ALONE in test.tags for test in self.tests)

    def together(self) -> bool:
        """Whether some tests may run side by side."""
        return any(ALONE not in test.tags for test in self.tests)


def make(root: Path, options: Sequence[str], folder: Path) -> Plan:
    """The plan for ``options`` of robot; options that robot refuses are an error in robot's words."""
    path = folder / "plan.xml"
    command = [sys.executable, "-m", "robot", "--dryrun", "--runemptysuite", "--output", str(path)]
    quiet = ["--log", "NONE", "--report", "NONE", "--xunit", "NONE", "--debugfile", "NONE", "--console", "none"]
    command += [*_without_listeners(options), *quiet, str(root)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if not path.is_file() or done.returncode > 250:  # noqa: PLR2004  # robot's codes for what it could not run
        lines = [line for line in (done.stderr + done.stdout).splitlines() if "ERROR" in line] or done.stderr.splitlines()
        raise UsageError(f"Robot cannot run {root.name}: {(lines or ['it gave no reason'])[0].replace('[ ERROR ]', '').strip()}")
    try:
        result = output.read(path)
    except output.OutputError:
        raise UsageError(
            f"The plan that robot wrote to {folder.parent} is cut off: make room there, or name another folder by --results."
        ) from None
    path.unlink()
    tests = tuple(Planned.of(test, root) for test in result.suite.all_tests)
    return Plan(root, tests, tuple(map(redact, outputs.errors(result))), suites=dict(_side_by_side(result.suite, root)))


def _side_by_side(suite: output.Suite, root: Path, above: str = "") -> Iterator[tuple[str, str]]:
    name = f"{above}.{suite.name}" if above else suite.name
    if test := next((test for test in suite.tests if ALONE not in test.tags), None):
        yield name, evidence.relative(test.source, root)
    for child in suite.suites:
        yield from _side_by_side(child, root, name)


def _without_listeners(options: Sequence[str]) -> list[str]:
    """The options without listeners: what only plans is no run, and their reports would count each test twice."""
    kept: list[str] = []
    parts = iter(options)
    for part in parts:
        if part == LISTENER:
            next(parts, "")
        elif not part.startswith(f"{LISTENER}="):
            kept.append(part)
    return kept


def with_files(plan: Plan, there: Mapping[Planned, str]) -> Plan:
    """The plan with what stands in the suite files beside it: tests that are not to be run, and what each consists of."""
    selected = {test.key for test in plan.tests}
    deselected = tuple(test for test in there if test.key not in selected)
    return replace(plan, deselected=deselected, fingerprints={test.key: digest for test, digest in there.items()})
