"""``theodore report``: figures of reports, computed anew."""

from __future__ import annotations

from pathlib import Path

import click

from theodore_qa.run.judge import INCOMPLETE


@click.group("report")
def group() -> None:
    """Look at reports that are there already."""


@group.command("recompute")
@click.argument("file", type=click.Path(path_type=Path), metavar="READINESS.JSON")
def recompute(file: Path) -> None:
    """Compute the readiness score anew from the tests in readiness.json, and name every figure that does not follow."""
    from theodore_qa.readiness.recompute import differences

    found = differences(file)
    for sentence in found:
        click.echo(f"DIFFERS: {sentence}")
    if found:
        click.get_current_context().exit(INCOMPLETE)
    click.echo(f"All figures of {file} follow from its tests, gates and weights.")
