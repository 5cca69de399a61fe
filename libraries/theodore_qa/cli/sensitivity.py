"""``theodore test sensitivity``: proves that the suites notice what they are for."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, TYPE_CHECKING

import click

from theodore_qa import extras, paths, revision, sandbox
from theodore_qa.errors import unknown, UsageError
from theodore_qa.observing import evidence
from theodore_qa.sensitivity.mutation import NEAREST
from theodore_qa.statistics import Share
from theodore_qa.systems import environment as environments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from theodore_qa.sensitivity.mutation.figures import Figures
    from theodore_qa.sensitivity.mutation.slip_proof import SlipFigures
    from theodore_qa.sensitivity.proofs import Bench, Row

ALWAYS = ("healthy", "defects", "nulls", "replay", "traffic", "mutants")
SLIPS = "slips"
PROOFS = (*ALWAYS, SLIPS)
SLIP_AREAS = ("e2e", "cli", "tenants", "quality", "security")  # whose reach is recorded; --everywhere adds the other areas
OFTEN = ("traffic", "mutant", "slip")  # so many that only the survivors are shown, and judged as a share
LIBRARIES = ("cosmic_ray", "mutmut", "coverage")
SYSTEM = "theodore"
LEAST_SCORE = 0.9
LEAST_SAMPLE = 10


@click.command("sensitivity")
@click.option("--proof", "selected", multiple=True, type=click.Choice(PROOFS), help="Only these proofs; all by default.")
@click.option("--system", default=SYSTEM, show_default=True, help="The embedded system whose suites are proved.")
@click.option("--defect", "names", multiple=True, help="Only these defects.")
@click.option("--defects", "most", type=click.IntRange(1), help="So many defects, drawn by the seed; default: all.")
@click.option("--nulls", "systems", type=click.IntRange(1), help="So many null systems, drawn by the seed; default: all.")
@click.option("--everywhere", is_flag=True, help="Run all suites with each defect and each surviving mutant.")
@click.option("--named-only", is_flag=True, help="Run with each defect only the suite that is named for it.")
@click.option(
    "--suites",
    "sampled",
    type=click.IntRange(1),
    default=None,
    help="Mutants of the traffic and of the source for so many suites, drawn by the seed; default: all.",
)
@click.option("--suite", "suites", multiple=True, help="Mutants of the traffic and of the source for this suite; repeatable.")
@click.option(
    "--file",
    "files",
    multiple=True,
    help="Mutants of the source only in files that this pattern fits, such as 'theodore/export*.py'; repeatable.",
)
@click.option("--rounds", type=click.IntRange(1, 1000), default=2, show_default=True, help="Healthy rounds.")
@click.option(
    "--mutants",
    "count",
    type=click.IntRange(1, 10_000),
    default=10,
    show_default=True,
    help="Mutants: of the traffic for each suite, of the source in all.",
)
@click.option(
    "--nearest",
    type=click.IntRange(0),
    default=NEAREST,
    show_default=True,
    help="Try each mutant of the source, or slip, alone by the nearest tests and so many suites, then survivors together.",
)
@click.option(
    "--slips",
    "slip_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file of slips for --proof slips: small changes that a person wrote.",
)
@click.option("--only", "slip_ids", multiple=True, help="Of the slips only this; repeatable.")
@click.option("--sample", type=click.IntRange(1), help="So many of the slips, drawn by the seed; default: all.")
@click.option(
    "--resume", is_flag=True, help="Go on with the mutants of the source, or the slips, whose results are in the folder."
)
@click.option("--seed", type=int, default=None, help="Seed of the choice of mutants; printed.")
@click.option("--processes", type=click.IntRange(1, 64), default=None, help="Trials at a time; default: one a core.")
@click.option("--results", type=click.Path(path_type=Path), default=Path("results"), help="Where the figures go.")
def command(
    selected: tuple[str, ...],
    names: tuple[str, ...],
    *,
    system: str,
    most: int | None,
    systems: int | None,
    everywhere: bool,
    named_only: bool,
    sampled: int | None,
    suites: tuple[str, ...],
    files: tuple[str, ...],
    rounds: int,
    count: int,
    nearest: int,
    slip_file: Path | None,
    slip_ids: tuple[str, ...],
    sample: int | None,
    resume: bool,
    seed: int | None,
    processes: int | None,
    results: Path,
) -> None:
    """Prove that the suites fail when they should.

    Healthy rounds pass; each defect of the sandbox is caught by its check; nothing passes against six null systems and a
    replay; mutants of healthy traffic and of the sandbox's source are noticed. Exit code 0 if all that holds. Of traffic no suite
    may score below 90 % for certain: the upper end of the 95 % interval decides, for each suite and for all together, from 10
    mutants on. Of the source the score must be 90 %, and the lower end of its interval 85 %; where too few were tried to say, it
    is NOT EVALUATED, which counts as incomplete (exit code 3) from 22 mutants on. Slips that a person wrote are tried only if a
    file of them is given; 85 % of them must be caught.
    """
    from theodore_qa.sensitivity import proofs, trial

    if resume and not {"mutants", SLIPS} & set(selected):
        raise UsageError("--resume goes on with mutants of the source or slips: give --proof mutants or --proof slips too.")
    if (SLIPS in selected) != (slip_file is not None) or ((slip_ids or sample) and not slip_file):
        raise UsageError("Slips are tried by --proof slips with --slips FILE; --only and --sample choose among them.")
    _check_scope(selected, suites, files, sampled)
    _check_defects(names)
    chosen = selected or (("defects",) if names else ALWAYS)
    seed = int(time.time()) if seed is None else seed
    folder = results.resolve() / f".sensitivity-{evidence.new_run_id()}"
    environment = environments.load(environments.locate("sandbox"))
    trial.passwords_for(environment)
    declared = environment.system(system)
    others = tuple(name for name in environment.systems if name != system)
    bench = proofs.Bench(paths.suites("e2e"), folder, processes or os.cpu_count() or 2, _tell, system, others)
    _check_bench(bench)
    scores: dict[str, tuple[int, int]] = {}
    figures: list[Figures | SlipFigures] = []
    click.echo(f"Seed {seed}")
    try:
        if "healthy" in chosen:
            proofs.healthy(bench, rounds)
        if "defects" in chosen:
            proofs.defects(bench, list(names) or drawn(most, seed), seed, everywhere=everywhere, named_only=named_only)
        if "nulls" in chosen:
            proofs.nulls(bench, declared, systems, seed)
        if "replay" in chosen:
            proofs.replay(bench, declared, seed, everywhere=everywhere)
        if "traffic" in chosen:
            click.echo(f"Mutants of traffic: {count} for each suite, seed {seed}")
            _check_suites(() if "mutants" in chosen else suites, proofs.answered_files(bench))
            scores = proofs.traffic(bench, declared, count, seed, suites or proofs.drawn(bench, sampled, seed))
        if "mutants" in chosen:
            figures += [_of_the_source(
                bench, results, suites, count=count, seed=seed, only=suites or proofs.drawn(bench, sampled, seed),
                files=files or None, most=nearest, everywhere=everywhere, resumed=resume,
            )]  # fmt: skip
        if slip_file:
            figures += [_of_slips(
                bench, results, path=slip_file, only=slip_ids, sample=sample, seed=seed, most=nearest, everywhere=everywhere,
                resumed=resume,
            )]  # fmt: skip
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _conclude(bench.rows, scores, figures, results / "sensitivity.json", seed)


def _of_slips(bench: Bench, results: Path, **scope: Any) -> SlipFigures:
    """The proof by slips of a file, with the machinery of the mutants."""
    for module in LIBRARIES:
        extras.demand(module, "slips in the sandbox's source")
    from theodore_qa.sensitivity import proofs
    from theodore_qa.sensitivity.mutation import slip_proof

    suites = proofs.suite_files_of(bench, SLIP_AREAS)
    return slip_proof.prove(bench, suites, slip_proof.SlipScope(**scope), results.resolve(), click.echo)


def _of_the_source(bench: Bench, results: Path, named: tuple[str, ...], **scope: Any) -> Figures:
    """The proof by mutants of the sandbox's source, which needs what only developers have."""
    for module in LIBRARIES:
        extras.demand(module, "mutants of the sandbox's source")
    from theodore_qa.sensitivity import proofs
    from theodore_qa.sensitivity.mutation import proof

    suites = proofs.suite_files_of(bench, SLIP_AREAS)
    _check_suites(named, suites)
    return proof.prove(bench, suites, proof.Scope(**scope), results.resolve(), click.echo)


def _check_bench(bench: Bench) -> None:
    from theodore_qa.sensitivity import proofs

    if not proofs.suite_files(bench):
        raise UsageError(
            f"No suite of {bench.system} is in {bench.own}, and nothing can be proved of none: "
            "run it in a folder that has some, or in one without 'suites', where those of the installation are taken."
        )


def _check_suites(named: tuple[str, ...], files: Sequence[Path]) -> None:
    known = [suite.stem for suite in files]
    for name in named:
        if name not in known:
            raise unknown("suite", name, known)


def _check_scope(selected: tuple[str, ...], suites: tuple[str, ...], files: tuple[str, ...], sampled: int | None) -> None:
    if files and "mutants" not in selected:
        raise UsageError("--file chooses mutants of the source: give --proof mutants too.")
    if suites and not {"mutants", "traffic"} & set(selected):
        raise UsageError("--suite chooses mutants of the source or of the traffic: give --proof mutants or --proof traffic too.")
    if suites and sampled:
        raise UsageError("--suite names suites and --suites draws them: give one of the two.")


def _check_defects(names: tuple[str, ...]) -> None:
    known = [defect["name"] for defect in sandbox.known_defects()] if names else []
    for name in names:
        if name not in known:
            raise unknown("defect", name, known)


def drawn(count: int | None, seed: int) -> list[str]:
    """The names of so many defects, at random; of none in particular without a number."""
    names = [str(defect["name"]) for defect in sandbox.known_defects()]
    return random.Random(seed).sample(names, min(count, len(names))) if count else []  # noqa: S311  # chooses, keeps no secret


def _tell(row: Row) -> None:
    if row.proof not in OFTEN or not row.noticed:
        click.echo(f"{'ok ' if row.noticed else 'NOT'} {row.proof:<12} {row.what}: {row.detail}")


def _conclude(
    rows: list[Row], scores: dict[str, tuple[int, int]], figures: list[Figures | SlipFigures], path: Path, seed: int
) -> None:
    missed = [row for row in rows if not row.noticed and row.proof not in OFTEN]
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
    state = revision.of_suites(paths.suites("e2e").rglob("*.robot"))
    data = {"seed": seed, "of": state, "rows": [asdict(row) for row in rows], "scores": scores}
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False), encoding="utf-8")
    noticed = sum(row.noticed for row in rows if row.proof not in OFTEN)
    for row in missed:
        _tell(row)
    for suite in low:
        click.echo(f"NOT mutation score of {suite}: below {LEAST_SCORE:.0%}, the upper end of its interval included")
    click.echo(f"{noticed} of {noticed + len(missed)} trials as they should be; figures in {path}")
    for figure in figures:
        for line in figure.lines():
            click.echo(line)
    failed = bool(missed or low or not (rows or figures))
    click.get_current_context().exit(max((figure.exit_code for figure in figures), default=0) or int(failed))
