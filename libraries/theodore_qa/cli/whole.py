"""``theodore test all``: one plan over all areas, one verdict, all gates."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

import click

from theodore_qa import paths
from theodore_qa.cli import environments
from theodore_qa.cli.test import common, group, run_suites
from theodore_qa.errors import UsageError
from theodore_qa.run import suites as suite_files

if TYPE_CHECKING:
    from pathlib import Path

# What an area does to its system, which the environment has to grant.
GRANTS = {"chaos": "chaos", "security": "active_scan"}


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
    areas = sorted(path.name for path in root.iterdir() if path.is_dir() and any(path.rglob("*.robot")))
    refused = [area for area in areas if area in GRANTS and not getattr(environment.allow, GRANTS[area])]
    chosen = [] if include_real_services else ["--exclude", "real-services"]
    chosen += ["--exclude", "chosen-company"]
    for area in refused:
        click.echo(
            f"Left out: suites/{area}, since {environment.path.name} does not allow it (allow: {{{GRANTS[area]}: true}}); "
            f"its gates are NOT EVALUATED."
        )
        chosen += _without(root, area)
    click.echo(f"Areas: {', '.join(area for area in areas if area not in refused)}.")
    run_suites(root, environment, chosen, {}, options, gates=("all",))


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
