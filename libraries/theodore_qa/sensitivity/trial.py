"""One trial: suites against a system that is known to be good or bad, in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING

from theodore_qa import paths, sandbox
from theodore_qa.errors import QaError
from theodore_qa.run import merge, outputs
from theodore_qa.systems.environment import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from theodore_qa.systems.environment import Environment

AS_IT_SHOULD_BE = ("PASS", "SKIP")
LONGEST = 300
OVERDUE = 124
FLAGS = {"e2e": ("--performance-check", "--data-quality-check"), "security": ("--include-penetration-tests",)}


@dataclass
class TrialResult:
    """How a trial ended: exit code, tests by verdict, observations, and what the command printed."""

    code: int
    tests: list[dict[str, Any]] = field(default_factory=list)
    outside: list[dict[str, Any]] = field(default_factory=list)
    console: str = ""

    def passed(self) -> list[str]:
        """The tests that passed."""
        return [f"{test['suite']} > {test['name']}" for test in self.tests if test["verdict"] == "PASS"]

    def not_passed(self) -> list[dict[str, Any]]:
        """The tests that did not pass."""
        return [test for test in self.tests if test["verdict"] != "PASS"]

    def failed_checks(self) -> set[str]:
        """The checks that said FAIL, in tests and in suite setups."""
        seen = [observation for test in self.tests for observation in test["observations"]] + self.outside
        return {observation["check"] for observation in seen if observation["verdict"] == "FAIL"}


stopping = threading.Event()  # once set, no trial begins, and one that ends says nothing


class TrialStoppedError(QaError):
    """The proofs are stopped: what a trial would say is about that alone."""


def ended(command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, unless the proofs are stopped before or meanwhile."""
    if not stopping.is_set():
        done = subprocess.run(command, **options)  # noqa: PLW1510  # given by the callers
        if not stopping.is_set():
            return done
    raise TrialStoppedError("the proofs were stopped")


def command(
    folder: Path,
    *,
    area: str = "e2e",
    environment: str | None = None,
    defects: str = "",
    suites: Sequence[str] = (),
    attack: str = "",
    packages: Path | None = None,
    options: Sequence[str] = (),
    longest: float = LONGEST,
) -> TrialResult:
    """Run ``theodore test`` as a user would, with all checks, in ``folder``; all suites of an area, or those named.

    Args:
        folder: A folder of its own.
        area: The area.
        environment: A file; without it the embedded sandbox.
        defects: Names of the defects that are switched on.
        suites: The suites; all without it.
        attack: Only this attack.
        packages: A folder whose packages stand before ours, such as a sandbox with a change.
        options: More options of robot.
        longest: After how many seconds it is stopped.
    """
    report = folder / "report.json"
    arguments = [
        "test",
        area,
        "--no-parallel",
        *FLAGS.get(area, ()),
        *(("--attack", attack) if attack else ()),
        "--results",
        str(folder / "results"),
        "--output-report",
        str(report),
    ]
    if environment:
        arguments += ["--environment", environment]
    if suites or options:
        arguments += ["--", *(part for suite in suites for part in ("--suite", suite)), *options]
    env = dict(os.environ) | {sandbox.DEFECTS_VARIABLE: defects}
    if packages:
        env |= first_on_path(packages)
    try:
        done = ended(
            [sys.executable, "-c", "from theodore_qa.cli import main; main()", *arguments],
            env=env,
            capture_output=True,
            text=True,
            timeout=longest,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return TrialResult(OVERDUE, console=f"not ended within {longest:.0f} s")
    if not report.is_file():
        return TrialResult(done.returncode, console=(done.stderr or done.stdout).strip())
    data = json.loads(report.read_text(encoding="utf-8"))
    return TrialResult(done.returncode, data["tests"], data["in_suite_setups"], done.stdout)


def first_on_path(packages: Path) -> dict[str, str]:
    """The variables by which the packages of a folder stand before ours, and ours before what is installed or lies about."""
    known = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
    path = os.pathsep.join([str(packages), str(paths.package("theodore_qa").parent), *known])
    return {"PYTHONPATH": path, "PYTHONSAFEPATH": "1"}


def robot(suite: Path, root: Path, folder: Path, environment: Path) -> TrialResult:
    """Run plain robot on one suite or folder, as a tester's IDE would, and read its output.xml."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        done = ended(
            [
                sys.executable, "-m", "robot", "--listener", "theodore_qa.listener.Listener", "--outputdir", str(folder),
                "--log", "NONE", "--report", "NONE", "--exclude", "chosen-company", "--exclude", "real-services", str(suite),
            ],
            env=dict(os.environ) | {VARIABLE: str(environment), "THEODORE_SUITE_ROOT": str(root)},
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return TrialResult(OVERDUE, console=f"not ended within {LONGEST} s")
    result, _, problems = merge.collect([folder])
    tests = outputs.tests(result, root) if result else []
    rows = [
        {"suite": key[0], "name": key[2], "verdict": status, "tags": [], "observations": [], "message": message}
        for key, status, message in tests
    ]
    return TrialResult(done.returncode, rows, console="; ".join(problems) or done.stderr.strip())


def passwords_for(environment: Environment) -> None:
    """Passwords that all trials of this process share."""
    for system in environment.systems.values():
        sandbox.make_passwords(system.declared, system.identities)
