"""``theodore test all`` and ``regression``: one plan over all areas, one verdict."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

import click

from theodore_qa import paths
from theodore_qa.cli import environments
from theodore_qa.cli.test import BENCHMARKS, common, group, of_profile, run_suites
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.pack import earlier_results
from theodore_qa.report.promises import PromisesReport
from theodore_qa.report.regression import RegressionReport
from theodore_qa.run import suites as suite_files
from theodore_qa.run.plan import ALONE

if TYPE_CHECKING:
    from pathlib import Path

    from theodore_qa.systems.environment import Environment

COMPARES_BUILDS = "check:regression"  # the tag of tests that need a reference build

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
    chosen += ["--exclude", "chosen-company", "--exclude", COMPARES_BUILDS, *of_profile(options["profile"], BENCHMARKS)]
    for area in refused:
        chosen += _without(root, area)
    click.echo(f"Areas: {', '.join(area for area in _areas(root) if area not in refused)}.")
    promises = (PromisesReport(name) for name in environment.systems)
    run_suites(root, environment, chosen, {}, options, *promises, gates=("all",))


@group.command("regression")
@click.option("--against", metavar="RUN", help="The earlier run: its id, or the folder of its evidence pack.")
@click.option(
    "--reference", metavar="NAME", help="The system that is the reference build; default: the one named SYSTEM-reference."
)
@click.option("--half", type=click.Choice(("both", "functional", "performance")), default="both", show_default=True)
@common
def regression(against: str | None, reference: str | None, half: str, **options: Any) -> None:
    """Run all functional suites against an earlier run, and compare this build with a reference, side by side.

    \b
    NOT EVALUATED (exit code 3) for a half without something to compare with: --against, --reference.
    """  # noqa: D301  # click's mark for text that keeps its lines
    functional, performance = half != "performance", half != "functional"
    if functional and not against:
        raise NotEvaluatedError(
            "Regression is NOT EVALUATED: nothing to compare with. Name an earlier run by --against, such as a folder in "
            "results/evidence, or take the other half by --half performance."
        )
    environment = environments.opened(options["environment_file"], options["system"], real_allowed=False)
    before = earlier_results.read(against or "", options["results"].resolve() / "evidence") if functional else None
    root = _root()
    chosen = ["--exclude", "real-services", "--exclude", "chosen-company"]
    refused = _refused(root, environment)
    variables = {"REFERENCE": _reference(environment, options["system"], reference, root, refused)} if performance else {}
    chosen += ["--exclude", f"{ALONE}NOT{COMPARES_BUILDS}"] if performance else ["--exclude", ALONE, "--exclude", COMPARES_BUILDS]
    chosen += [] if functional else ["--exclude", f"NOT{COMPARES_BUILDS}"]
    chosen += of_profile(options["profile"])
    for area in refused:
        chosen += _without(root, area)
    run_suites(root, environment, chosen, variables, options, *([RegressionReport(before)] if before else []))


def _reference(environment: Environment, system: str | None, named: str | None, root: Path, refused: list[str]) -> str:
    """The system that is the reference build.

    Raises:
        NotEvaluatedError: there is none, no load is allowed, or no test compares builds.
        UsageError: the environment has no system of the given name.
    """
    tested = system or environment.default or next(iter(environment.systems))
    name = environment.system(named).name if named else f"{tested}-reference"
    alone = "or take the other half by --half functional"
    if name == tested:
        raise UsageError(f"The reference is the system under test itself, {tested}: name another build by --reference.")
    if name not in environment.systems:
        raise NotEvaluatedError(
            f"Regression of performance is NOT EVALUATED: nothing to compare with. Add a reference build as the system '{name}' "
            f"to {environment.path.name}, name one by --reference, {alone}."
        )
    if "performance" in refused:
        raise NotEvaluatedError(
            f"Regression of performance is NOT EVALUATED: {environment.path.name} allows no load. Allow it, {alone}."
        )
    if COMPARES_BUILDS not in suite_files.tags(root):
        raise NotEvaluatedError(
            f"Regression of performance is NOT EVALUATED: no test has the tag {COMPARES_BUILDS}. Add one that says "
            f"'Builds Should Be As Fast', {alone}."
        )
    return name


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
    tests = list(suite_files.read(root).all_tests)
    inside = [test for test in tests if root / area in test.source.parents]
    elsewhere = {tag for test in tests if root / area not in test.source.parents for tag in test.tags}
    own = {tag for test in inside for tag in test.tags} - elsewhere
    for test in inside:
        if not own & set(test.tags):
            raise UsageError(f"The test {test.name} in suites/{area} cannot be left out: give it the tag area:{area}.")
    return [part for tag in sorted(own) for part in ("--exclude", tag)]
