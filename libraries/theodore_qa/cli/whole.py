"""``theodore test all`` and ``regression``: one plan over all areas, one verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TYPE_CHECKING

import click

from theodore_qa import paths
from theodore_qa.cli import environments
from theodore_qa.cli.build_comparison import compared, conclude_alone
from theodore_qa.cli.test import common, group, run_suites
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.pack import earlier_results
from theodore_qa.report.builds import BuildsReport, Comparison
from theodore_qa.report.promises import PromisesReport
from theodore_qa.report.regression import RegressionReport
from theodore_qa.run import suites as suite_files
from theodore_qa.run.plan import ALONE

if TYPE_CHECKING:
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
@click.option("--reference", metavar="SYSTEM|URL", help="The build to compare with: a system of the environment, or an address.")
@click.option("--half", type=click.Choice(("both", "functional", "performance")), default="both", show_default=True)
@click.option(
    "--load", type=click.Path(path_type=Path), metavar="FILE", help="A load without url; default: public GET operations."
)
@click.option("--rounds", type=click.IntRange(1, 1000), help="Pairs of rounds; default: 11, with --profile full 41.")
@click.option("--tolerance", type=click.FloatRange(0.01, 10), default=0.2, show_default=True, help="How much slower is the same.")
@click.option("--seed", type=int, help="Of the order within each pair of rounds; drawn by default, and printed.")
@common
def regression(against: str | None, half: str, **options: Any) -> None:
    """Run all functional suites against an earlier run, and load this build and a reference in turn.

    \b
    NOT EVALUATED (exit code 3) for a half without something to compare with: --against, --reference.
    """  # noqa: D301  # click's mark for text that keeps its lines
    performance = {name: options.pop(name) for name in ("reference", "load", "rounds", "tolerance", "seed")}
    lacking = []
    if half != "performance" and not against:
        lacking.append("name an earlier run by --against, such as a folder in results/evidence")
    if half != "functional" and not performance["reference"]:
        lacking.append("name a build by --reference, a system of the environment or an address")
    if lacking:
        raise NotEvaluatedError(
            f"Regression is NOT EVALUATED: nothing to compare with. {_capitalised(', and '.join(lacking))}. "
            f"Each half runs alone by --half functional and --half performance."
        )
    environment = environments.opened(options["environment_file"], options["system"], real_allowed=False)
    before = (
        earlier_results.read(against, options["results"].resolve() / "evidence") if against and half != "performance" else None
    )
    builds = None if half == "functional" else compared(environment, options, performance)
    reports = (BuildsReport(builds),) if builds else ()
    if before is None:
        conclude_alone(builds or Comparison(), environment, options["results"].resolve(), options["profile"])
        return
    root = _root()
    chosen = ["--exclude", "real-services", "--exclude", "chosen-company", "--exclude", ALONE]
    for area in _refused(root, environment):
        chosen += _without(root, area)
    run_suites(root, environment, chosen, {}, options, RegressionReport(before), *reports)


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


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
