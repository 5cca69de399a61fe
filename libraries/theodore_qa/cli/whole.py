"""``theodore test all`` and ``regression``: one plan over all areas, one verdict."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

import click

from theodore_qa import paths
from theodore_qa.cli import environments
from theodore_qa.cli.test import common, group, run_suites
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.pack import earlier_results
from theodore_qa.report.promises import PromisesReport
from theodore_qa.report.regression import RegressionReport
from theodore_qa.run import suites as suite_files
from theodore_qa.run.plan import ALONE

if TYPE_CHECKING:
    from pathlib import Path

    from theodore_qa.systems.environment import Environment

# What an area does to its system, which the environment has to grant.
GRANTS = {"chaos": "chaos", "performance": "load_max_rps", "security": "active_scan"}


@group.command("all")
@click.option("--include-real-services", is_flag=True, help="Allow an environment that calls real, paid services.")
@common
def all_areas(include_real_services: bool, **options: Any) -> None:  # click gives flags by name
    """Run all areas: what may run side by side does, the rest alone; then all gates and the readiness score.

    \b
    Incomplete (exit code 3) unless every gate is evaluated or waived.
    """  # noqa: D301  # click's mark for text that keeps its lines
    environment = environments.opened(options["environment_file"], options["system"], real_allowed=include_real_services)
    root = _root()
    refused = _refused(root, environment)
    chosen = [] if include_real_services else ["--exclude", "real-services"]
    chosen += ["--exclude", "chosen-company"]
    for area in refused:
        chosen += _without(root, area)
    click.echo(f"Areas: {', '.join(area for area in _areas(root) if area not in refused)}.")
    promises = (PromisesReport(name) for name in environment.systems)
    run_suites(root, environment, chosen, {}, options, *promises, gates=("all",))


@group.command("regression")
@click.option("--against", metavar="RUN", help="The earlier run: its id, or the folder of its evidence pack.")
@common
def regression(against: str | None, **options: Any) -> None:
    """Run all functional suites, and name what passed in an earlier run and fails now."""
    if not against:
        raise NotEvaluatedError(
            "Regression is NOT EVALUATED: nothing to compare with. Name an earlier run by --against, such as a folder in "
            "results/evidence."
        )
    environment = environments.opened(options["environment_file"], options["system"], real_allowed=False)
    before = earlier_results.read(against, options["results"].resolve() / "evidence")
    root = _root()
    chosen = ["--exclude", "real-services", "--exclude", "chosen-company", "--exclude", ALONE]
    for area in _refused(root, environment):
        chosen += _without(root, area)
    run_suites(root, environment, chosen, {}, options, RegressionReport(before))


def _areas(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir() if path.is_dir() and any(path.rglob("*.robot")))


def _refused(root: Path, environment: Environment) -> list[str]:
    """The areas that the environment does not allow; each is said."""
    refused = [area for area in _areas(root) if area in GRANTS and not getattr(environment.allow, GRANTS[area])]
    for area in refused:
        click.echo(
            f"Left out: suites/{area}, since {environment.path.name} does not allow it (allow: {GRANTS[area]}); "
            f"its gates are NOT EVALUATED."
        )
    return refused


def _root() -> Path:
    """The folder of all suites: the project's own, or else the shipped."""
    own = paths.project() / "suites"
    root = own if own.is_dir() else paths.shipped("suites")
    if root != own:
        click.echo("Suites: those that came with the installation, since there is no folder suites here.")
    return root.resolve()


def _without(root: Path, area: str) -> list[str]:
    """Robot's options that leave out the tests of an area: tags that only they have.

    Raises:
        UsageError: a test has no such tag.
    """
    tests = suite_files.read(root).all_tests
    inside = [test for test in tests if root / area in test.source.parents]
    elsewhere = {tag for test in tests if root / area not in test.source.parents for tag in test.tags}
    own = {tag for test in inside for tag in test.tags} - elsewhere
    for test in inside:
        if not own & set(test.tags):
            raise UsageError(f"The test {test.name} in suites/{area} cannot be left out: give it the tag area:{area}.")
    return [part for tag in sorted(own) for part in ("--exclude", tag)]
