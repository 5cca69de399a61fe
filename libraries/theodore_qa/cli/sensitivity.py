"""``theodore test sensitivity``: proves that the suites notice what they are for."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from theodore_qa import paths, sandbox
from theodore_qa.errors import unknown
from theodore_qa.observing import evidence
from theodore_qa.statistics import Share
from theodore_qa.systems import environment as environments

if TYPE_CHECKING:
    from theodore_qa.sensitivity.proofs import Row

PROOFS = ("healthy", "defects", "nulls", "replay", "mutants")
SYSTEM = "theodore"
LEAST_SCORE = 0.9
LEAST_SAMPLE = 10


@click.command("sensitivity")
@click.option("--proof", "selected", multiple=True, type=click.Choice(PROOFS), help="Only these proofs; all by default.")
@click.option("--system", default=SYSTEM, show_default=True, help="The embedded system whose suites are proved.")
@click.option("--defect", "names", multiple=True, help="Only these defects.")
@click.option("--defects", "most", type=click.IntRange(1), help="So many defects, drawn by the seed; default: all.")
@click.option("--everywhere", is_flag=True, help="Run all suites with each defect, not the one named for it and one other.")
@click.option("--named-only", is_flag=True, help="Run with each defect only the suite that is named for it.")
@click.option(
    "--suites",
    "sampled",
    type=click.IntRange(1),
    default=None,
    help="Mutants for so many suites, drawn by the seed; default: all.",
)
@click.option("--rounds", type=click.IntRange(1, 1000), default=2, show_default=True, help="Healthy rounds.")
@click.option("--mutants", "count", type=click.IntRange(1, 10_000), default=10, show_default=True, help="Mutants for each suite.")
@click.option("--seed", type=int, default=None, help="Seed of the choice of mutants; printed.")
@click.option("--processes", type=click.IntRange(1, 64), default=None, help="Trials at a time; default: one a core.")
@click.option("--results", type=click.Path(path_type=Path), default=Path("results"), help="Where the figures go.")
def command(
    selected: tuple[str, ...],
    names: tuple[str, ...],
    *,
    system: str,
    most: int | None,
    everywhere: bool,
    named_only: bool,
    sampled: int | None,
    rounds: int,
    count: int,
    seed: int | None,
    processes: int | None,
    results: Path,
) -> None:
    """Prove that the suites fail when they should.

    Healthy rounds pass; each defect of the sandbox is caught by its check; nothing passes against six null systems and a
    replay; mutants of healthy traffic are noticed. Exit code 0 if all that holds, and no suite scores below 90 % for certain:
    the upper end of the 95 % interval decides, for each suite and for all together, from 10 mutants on.
    """
    from theodore_qa.sensitivity import proofs, trial

    if names:
        known = [defect["name"] for defect in sandbox.known_defects()]
        for name in names:
            if name not in known:
                raise unknown("defect", name, known)
    chosen = selected or (("defects",) if names else PROOFS)
    seed = int(time.time()) if seed is None else seed
    folder = results.resolve() / f".sensitivity-{evidence.new_run_id()}"
    environment = environments.load(environments.locate("sandbox"))
    trial.passwords_for(environment)
    declared = environment.system(system)
    others = tuple(name for name in environment.systems if name != system)
    bench = proofs.Bench(paths.suites("e2e"), folder, processes or os.cpu_count() or 2, _tell, system, others)
    scores: dict[str, tuple[int, int]] = {}
    click.echo(f"Seed {seed}")
    try:
        if "healthy" in chosen:
            proofs.healthy(bench, rounds)
        if "defects" in chosen:
            proofs.defects(bench, list(names) or drawn(most, seed), seed, everywhere=everywhere, named_only=named_only)
        if "nulls" in chosen:
            proofs.nulls(bench, declared)
        if "replay" in chosen:
            proofs.replay(bench, declared, seed, everywhere=everywhere)
        if "mutants" in chosen:
            click.echo(f"Mutants: {count} for each suite, seed {seed}")
            scores = proofs.mutants(bench, declared, count, seed, proofs.drawn(bench, sampled, seed))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _conclude(bench.rows, scores, results / "sensitivity.json", seed)


def drawn(count: int | None, seed: int) -> list[str]:
    """The names of so many defects, at random; of none in particular without a number."""
    names = [str(defect["name"]) for defect in sandbox.known_defects()]
    return random.Random(seed).sample(names, min(count, len(names))) if count else []  # noqa: S311  # chooses, keeps no secret


def _tell(row: Row) -> None:
    if row.proof != "mutant" or not row.noticed:
        click.echo(f"{'ok ' if row.noticed else 'NOT'} {row.proof:<12} {row.what}: {row.detail}")


def _conclude(rows: list[Row], scores: dict[str, tuple[int, int]], path: Path, seed: int) -> None:
    missed = [row for row in rows if not row.noticed and row.proof != "mutant"]
    low = []
    for suite, (killed, tried) in sorted(scores.items()):
        score = Share(killed, tried)
        click.echo(f"Mutation score of {suite}: {score}")
        if tried >= LEAST_SAMPLE and score.interval[1] < LEAST_SCORE:
            low.append(suite)
    killed, tried = (sum(pair[index] for pair in scores.values()) for index in (0, 1))
    if tried:
        whole = Share(killed, tried)
        click.echo(f"Mutation score of all suites: {whole}")
        if tried >= LEAST_SAMPLE and whole.interval[1] < LEAST_SCORE:
            low.append("all suites")
    path.parent.mkdir(parents=True, exist_ok=True)
    data = {"seed": seed, "rows": [asdict(row) for row in rows], "scores": scores}
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False), encoding="utf-8")
    noticed = sum(row.noticed for row in rows if row.proof != "mutant")
    for row in missed:
        _tell(row)
    for suite in low:
        click.echo(f"NOT mutation score of {suite}: below {LEAST_SCORE:.0%}, the upper end of its interval included")
    click.echo(f"{noticed} of {noticed + len(missed)} trials as they should be; figures in {path}")
    click.get_current_context().exit(1 if missed or low or not rows else 0)
