"""``theodore coverage``: which cells of the promises the latest runs have filled by what they observed."""

from __future__ import annotations

from pathlib import Path

import click

from theodore_qa.errors import UsageError
from theodore_qa.run.judge import FAILED, INCOMPLETE, PASSED
from theodore_qa.systems.files import writable_folder


@click.command("coverage")
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    multiple=True,
    default=(Path("results"),),
    show_default="results",
    help="Where a run left its evidence; repeatable, for several areas.",
)
@click.option("--system", metavar="NAME", default="theodore", show_default=True, help="Whose promises.")
@click.option("--output", type=click.Path(path_type=Path), help="Also write them as data (.json), with a page (.html) beside.")
@click.option("--at-least", type=click.FloatRange(0, 100), metavar="PERCENT", help="Exit code 1 if fewer cells are filled.")
def command(results: tuple[Path, ...], system: str, output: Path | None, at_least: float | None) -> None:
    """Show which cells of the promises the latest run in a results folder filled, and which not and why.

    A cell is filled by a check that was observed, PASS or FAIL, with the facts that NAME.checks.yaml names for it.

    Exit code 1 below --at-least, 2 if a file is wrong, 3 if nothing was observed.
    """
    from theodore_qa.promises.declaring import filling_of, places, promises_of
    from theodore_qa.promises.existing import problems
    from theodore_qa.promises.filling import fill, observed_in
    from theodore_qa.promises.matrix import Matrix
    from theodore_qa.redaction.secrets import redact
    from theodore_qa.report.promises import write

    if output and output.suffix != ".json":
        raise UsageError(f"The file {output} cannot be written: its name must end with .json.")
    place, suites = places()
    promises = promises_of(place / f"{system}.yaml")
    filling = filling_of(place / f"{system}.checks.yaml", promises)
    if wrong := problems(promises, filling, suites, Path(__file__).parents[2]):
        raise UsageError("\n".join(wrong))
    observed = [observed_in(path) for path in results]
    observations = [record for _, records in observed for record in records]
    runs = [run for run, _ in observed if run]
    if not observations:
        click.echo(f"NOT EVALUATED: nothing was observed in {', '.join(map(str, results))}.")
        click.get_current_context().exit(INCOMPLETE)
    matrix = Matrix(promises, fill(promises, filling, observations), runs)
    click.echo(redact(matrix.text()))
    if output:
        writable_folder(output.absolute().parent, "Name a file in a folder that you may write to by --output")
        click.echo(f"Coverage: {', '.join(map(str, write(matrix, output)))}")
    click.get_current_context().exit(FAILED if at_least is not None and matrix.share < at_least else PASSED)
