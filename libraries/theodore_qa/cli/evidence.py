"""``theodore evidence``: whether a pack is what was sealed, and a pack as one file."""

from __future__ import annotations

from pathlib import Path

import click

from theodore_qa.errors import UsageError
from theodore_qa.run.judge import FAILED


@click.group("evidence")
def group() -> None:
    """Verify and export evidence packs."""


@group.command("verify")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--key", type=click.Path(path_type=Path), metavar="PUBLIC.PEM", help="Ed25519 key, from outside the pack.")
def verify(folder: Path, key: Path | None) -> None:
    """Name every file of a pack that was changed, removed, added or moved since it was sealed.

    DIR is the folder of one run, such as results/evidence/RUN, or results/evidence with the packs of all.
    """
    from theodore_qa.pack import chain, verifying
    from theodore_qa.run import ledger

    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}.")
    if (folder / ledger.FILE).is_file():
        found = [(ledger.FILE, sentence) for sentence in chain.all_problems(folder)]
        packs = sorted(path.parent for path in folder.glob("*/manifest.sha256"))
    else:
        found, packs = [], [folder.resolve()]
    found += [(pack.name, sentence) for pack in packs for sentence in verifying.problems(pack, key)]
    for name, sentence in found:
        click.echo(f"{name}: {sentence}")
    if found or not packs:
        click.echo(f"The evidence does not hold: {len(found)} differences in {len(packs)} packs.")
        click.get_current_context().exit(FAILED)
    signed = "their signatures fit the key" if key else "their signatures were not looked at (--key)"
    click.echo(f"The evidence holds: {len(packs)} packs are what was sealed; {signed}.")


@group.command("export")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--to", "target", type=click.Path(path_type=Path), metavar="FILE.ZIP", help="Default: RUN.zip here.")
def export(folder: Path, target: Path | None) -> None:
    """Make one ZIP of the pack of a run."""
    from theodore_qa.pack import archive, verifying

    folder = folder.resolve()
    if found := verifying.problems(folder):
        raise UsageError("\n".join(["The pack is not what was sealed:", *found]))
    path = target or Path(f"{folder.name}.zip")
    number = archive.export(folder, path)
    click.echo(f"{path}: {number} files")
