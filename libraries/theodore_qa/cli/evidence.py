"""``theodore evidence``: whether a pack is what was sealed, and a pack as one file."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from theodore_qa.errors import UsageError
from theodore_qa.observing.display import plural
from theodore_qa.run.judge import FAILED

if TYPE_CHECKING:
    import datetime as dt


@click.group("evidence")
def group() -> None:
    """Verify and export evidence packs."""


@group.command("verify")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--key", type=click.Path(path_type=Path), metavar="PUBLIC.PEM", help="Ed25519 key, from outside the pack.")
@click.option("--tsa-ca", type=click.Path(path_type=Path), metavar="CA.PEM", help="Certificate of the time-stamping authority.")
def verify(folder: Path, key: Path | None, tsa_ca: Path | None) -> None:
    """Name every file of a pack that was changed, removed, added or moved since it was sealed.

    DIR is the folder of one run, such as results/evidence/RUN, or results/evidence with the packs of all.
    """
    from theodore_qa.pack import chain, verifying
    from theodore_qa.run import ledger

    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}.")
    found: list[tuple[str, str]] = []  # what does not hold: the pack or file, and a sentence
    if (folder / ledger.FILE).is_file():
        found = [(ledger.FILE, sentence) for sentence in chain.all_problems(folder)]
        packs = sorted(path.parent for path in folder.glob("*/manifest.sha256"))
        for run in chain.unsealed(folder):
            click.echo(f"NOT SEALED: the run {run} has records and no manifest: made without 'theodore test', or broken off.")
    else:
        packs = [folder.resolve()]
    found += [(pack.name, sentence) for pack in packs for sentence in verifying.problems(pack, key)]
    times: Counter[str] = Counter()  # what is known of the time of each pack, as a sentence
    for pack in packs:
        sentence, holds = _time(pack, tsa_ca)
        if holds:
            times[sentence] += 1
        else:
            found.append((pack.name, sentence))
    for name, sentence in found:
        click.echo(f"{name}: {sentence}")
    for sentence, count in times.items():
        click.echo(f"{count} packs: {sentence}" if len(packs) > 1 else sentence)
    if found or not packs:
        click.echo(f"The evidence does not hold: {plural(len(found), 'difference')} in {plural(len(packs), 'pack')}.")
        click.get_current_context().exit(FAILED)
    signed = "their signatures fit the key" if key else "their signatures were not looked at (--key)"
    click.echo(f"The evidence holds: {plural(len(packs), 'pack')} as sealed; {signed}.")


def _time(pack: Path, authority: Path | None) -> tuple[str, bool]:
    """What is known of the time of a pack, and whether its stamp, if it was looked at, holds."""
    from theodore_qa.pack import manifest, timestamps

    stamp = pack / manifest.TIMESTAMP
    if not stamp.is_file():
        return f"{timestamps.UNPROVEN}: nobody stamped it.", True
    if authority is None:
        return f"{timestamps.UNPROVEN}: its stamp was not looked at (--tsa-ca).", True
    if proven := timestamps.proven(pack / manifest.MANIFEST, stamp, authority):
        return f"It existed at {proven}, by its time stamp.", True
    return f"CHANGED {manifest.MANIFEST} or {manifest.TIMESTAMP}: the stamp is none of {authority.name} for it.", False


@group.command("attest")
@click.argument("gate")
@click.option("--name", required=True, help="Who looked at it.")
@click.option("--evidence", required=True, type=click.Path(path_type=Path), help="The file that shows what was seen.")
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The last day on which it holds.")
@click.option("--key", required=True, type=click.Path(path_type=Path), metavar="KEY.PEM", help="Ed25519 key of who attests.")
@click.option("--into", type=click.Path(path_type=Path), default=Path("variables/attestations.yaml"), show_default=True)
@click.option("--gates", type=click.Path(path_type=Path), metavar="FILE", help="Gates; default: gates.yaml.")
def attest(gate: str, name: str, evidence: Path, until: dt.datetime, key: Path, into: Path, gates: Path | None) -> None:
    """Sign what a person looked at, for a gate that no test can decide."""
    from theodore_qa import paths, signing
    from theodore_qa.errors import unknown
    from theodore_qa.readiness import attestations, files
    from theodore_qa.readiness.gates import read

    path = gates or paths.find("variables", files.GATES) or Path(files.GATES)
    known = attestations.attestable(read(path))
    if gate not in known:
        raise unknown("gate to attest", gate, known, path.name)
    entry = attestations.signed_entry(gate, name, until.date(), evidence, into.parent, signing.private_key(key))
    head = "" if into.is_file() else "attestations:\n"
    into.parent.mkdir(parents=True, exist_ok=True)
    with into.open("a", encoding="utf-8") as file:
        file.write(f"{head}  - {json.dumps(entry, ensure_ascii=False)}\n")
    click.echo(f"{into}: {gate} is attested by {name} until {entry['until']}")


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
    click.echo(f"{path}: {plural(number, 'file')}")
