"""``theodore canary``: sites of invented companies for systems that cannot reach the tester's machine."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from theodore_qa.canary import files, site
from theodore_qa.canary.words import LANGUAGES
from theodore_qa.observing.display import plural


@click.group("canary")
def group() -> None:
    """Sites of invented companies, for a static host that the system can reach."""


@group.command("build")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--seed", type=int, default=None, help="Seed of names, facts and layout; random by default, and printed.")
@click.option("--language", type=click.Choice(LANGUAGES), default=None, help="Language of the pages; random by default.")
@click.option("--address", default="", metavar="URL", help="Where DIR will be served: adds robots.txt and sitemap.xml.")
def build(folder: Path, seed: int | None, language: str | None, address: str) -> None:
    """Write a site of random, invented facts into DIR, and its facts into a file beside it.

    Upload DIR alone. Whoever has the facts file could answer without having read the site.
    """
    chosen = secrets.randbelow(10**9) if seed is None else seed
    made = site.make(chosen, language=language)
    kept = files.write(made, folder, address)
    click.echo(f"Seed {chosen}: the site of {made.name} ({made.language}), {plural(len(made.pages()), 'page')} in {folder}")
    click.echo(f"Facts: {kept} (do not upload this file)")
    where = address or "https://WHERE-IT-IS-SERVED"
    click.echo("Serve the folder, add its host to 'hosts' of the environment file, and run:")
    variables = f"--variable CANARY_ADDRESS:{where} --variable CANARY_FACTS:{kept.resolve()}"
    click.echo(f"theodore test e2e --scenario canary_research -- {variables}")
