"""``theodore compare``: what changed between two runs."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import click

from theodore_qa.redaction.secrets import redact


@click.command("compare")
@click.argument("before", type=click.Path(path_type=Path), metavar="A")
@click.argument("now", type=click.Path(path_type=Path), metavar="B")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="The changes as JSON, too.")
def command(before: Path, now: Path, output: Path | None) -> None:
    """Say what changed from run A to run B: tests, gates, thresholds, waivers and scores.

    A and B are folders of results, or their readiness.json. Exit code 1 if a test or gate fails in B that passed in A,
    3 if it has no verdict in B.
    """
    from theodore_qa.readiness import comparing

    earlier, later = comparing.read(before), comparing.read(now)
    found = comparing.changes(earlier, later)
    if output:
        listed = [asdict(change) for change in found]
        about = {"before": earlier.run, "now": later.run, "changes": listed}
        output.write_text(redact(json.dumps(about, indent=1, ensure_ascii=False)), encoding="utf-8")
    for change in found:
        click.echo(redact(str(change)))
    counted = Counter(change.kind for change in found)
    summary = ", ".join(
        f"{counted[kind]} {kind}" for kind in (comparing.WORSE, comparing.UNKNOWN, comparing.CHANGED, comparing.BETTER)
    )
    click.echo(f"From {earlier.run} to {later.run}: {summary}")
    click.get_current_context().exit(comparing.exit_code(found))
