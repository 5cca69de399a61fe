"""The proof by slips that a person wrote: each meets the nearest tests and suites alone, the survivors all others together."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from theodore_qa import paths
from theodore_qa.errors import QaError, unknown, UsageError
from theodore_qa.run.judge import INCOMPLETE
from theodore_qa.sensitivity.mutation import journal, NEAREST, proof, slips
from theodore_qa.sensitivity.mutation.mutant import digest, EVERYTHING, Mutant, sources
from theodore_qa.sensitivity.mutation.stages import Stages
from theodore_qa.sensitivity.mutation.trying import COUNTED, NOT_EVALUATED, NOT_STARTED, Trials
from theodore_qa.statistics import Share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from theodore_qa.sensitivity.mutation.slips import Slip
    from theodore_qa.sensitivity.mutation.trying import Result
    from theodore_qa.sensitivity.proofs import Bench

GOAL = 0.85  # 51 of 60
JOURNAL, REPORT = "slips.jsonl", "slips.json"


@dataclass(frozen=True)
class SlipScope:
    """Which slips of a file are tried, and how far.

    Args:
        path: The file.
        only: The ids of some; all without it.
        sample: So many, drawn by the seed; all without it.
        seed: of the draw.
        most: By how many suites, the nearest, each slip is tried alone.
        everywhere: Survivors also meet the areas whose reach is not known, such as security.
        resumed: Go on with the run whose results are there.
    """

    path: Path
    only: Sequence[str] = ()
    sample: int | None = None
    seed: int = 0
    most: int = NEAREST
    everywhere: bool = False
    resumed: bool = False


@dataclass(frozen=True)
class SlipFigures:
    """What became of each slip, by its id; ``unfit`` are those that could not be applied, with the reason."""

    results: dict[str, Result]
    unfit: dict[str, str] = field(default_factory=dict)

    def share(self, area: str | None = None) -> Share:
        """Caught of tried, of an area or of all."""
        counted = [result for result in self.results.values() if result.status in COUNTED and area in {None, result.family}]
        return Share(sum(result.noticed for result in counted), len(counted))

    @property
    def survivors(self) -> list[str]:
        """The ids of those that no test caught."""
        return [name for name, result in self.results.items() if result.survived]

    @property
    def exit_code(self) -> int:
        """3 where a slip has no result or could not be applied, 1 where fewer than the goal were caught, else 0."""
        states = {result.status for result in self.results.values()}
        if self.unfit or states & {NOT_EVALUATED, NOT_STARTED} or not self.share().tried:
            return INCOMPLETE
        return int(self.share().value < GOAL)

    def lines(self) -> Iterator[str]:
        """The figures for a reader."""
        for area in dict.fromkeys(result.family for result in self.results.values()):
            if self.share(area).tried:
                yield f"Slips, {area}: {self.share(area)}"
        yield f"Slips, all areas: {self.share()}"
        count = Counter(result.status for result in self.results.values())
        for number, note in (
            (len(self.unfit), f"could not be applied: {', '.join(self.unfit)}"),
            (count[NOT_STARTED], "in no share: the sandbox does not start"),
            (count[NOT_EVALUATED], "in no share: not evaluated, go on with --resume"),
        ):
            if number:
                yield f"Slips, {note} ({number})"
        if self.survivors:
            yield f"Survivors: {', '.join(self.survivors)}"
        verdict = {0: "PASS", 1: "FAIL"}.get(self.exit_code, "NOT EVALUATED")
        yield f"{verdict} at least {GOAL:.0%} of the slips are caught"


def prove(bench: Bench, suites: Sequence[Path], scope: SlipScope, results: Path, say: Callable[[str], None]) -> SlipFigures:
    """Try the slips of a file; each result is kept as soon as it is there.

    Raises:
        QaError: No suite is green without slips.
        UsageError: The file is no file of slips, an id is in none of them, or there is nothing to go on with.
    """
    package = paths.package(slips.PACKAGE)
    texts = {name: text for name, text in sources(package, EVERYTHING).items() if not name.startswith("defects/")}
    chosen = _chosen(scope)
    source = digest(texts.values())
    header = {"source": source, "slips": digest(repr(slip) for slip in chosen), "seed": scope.seed}
    kept = journal.resume(results, source, JOURNAL) if scope.resumed else journal.begin(results, header, JOURNAL)
    if kept.header["slips"] != header["slips"]:
        raise UsageError(f"The run in {results} tried other slips than these: begin a new one without --resume.")
    applied = {slip.id: slip.mutant(texts) for slip in chosen}
    mutants = {name: mutant for name, mutant in applied.items() if isinstance(mutant, Mutant)}
    unfit = {name: reason for name, reason in applied.items() if isinstance(reason, str)}
    reached = proof.recorded(bench, suites, package, results / proof.REACH)
    for name, reason in reached.red.items():
        say(f"NOT {name} is not green without any slip, so it can catch none: {reason}")
    if not reached.suites:
        raise QaError("No suite is green on the healthy sandbox: slips would prove nothing.")
    say(f"Slips: {len(chosen)} of {scope.path.name}{f', seed {scope.seed}' if scope.sample else ''}")
    trials = Trials(package, texts, reached, bench.folder, scope.most)
    found = {name: kept.results[mutant.id] for name, mutant in mutants.items() if mutant.id in kept.results}

    def keep(name: str, result: Result) -> None:
        kept.add(result)
        found[name] = result
        say(f"{'ok ' if result.noticed else '...'} {name}: {_outcome(result)} ({result.seconds:.0f} s)")

    stages = Stages(bench, trials, mutants, found, keep, scope.everywhere)
    stages.alone()
    stages.together()
    figures = SlipFigures({name: found[name] for name in mutants}, unfit)
    for name in applied:
        caught = name in found and found[name].noticed
        bench.add("slip", name, caught, _outcome(found[name]) if name in found else f"could not be applied: {unfit[name]}")
    (results / REPORT).write_text(json.dumps(_document(chosen, figures), indent=1, ensure_ascii=False), encoding="utf-8")
    return figures


def _chosen(scope: SlipScope) -> list[Slip]:
    known = slips.read(scope.path)
    for name in scope.only:
        if name not in {slip.id for slip in known}:
            raise unknown("slip", name, [slip.id for slip in known], scope.path.name)
    chosen = [slip for slip in known if not scope.only or slip.id in scope.only]
    if scope.sample is not None and scope.sample < len(chosen):
        drawn = random.Random(scope.seed).sample([slip.id for slip in chosen], scope.sample)  # noqa: S311  # chooses, keeps no secret
        chosen = [slip for slip in chosen if slip.id in drawn]
    return chosen


def _outcome(result: Result) -> str:
    if result.noticed:
        return f"caught by {result.by}"
    reason = f": {result.reason}" if result.reason else ""
    return f"{result.status} {result.tests} tests of {len(result.suites)} suites{reason}"


def _document(chosen: Sequence[Slip], figures: SlipFigures) -> dict[str, object]:
    share = figures.share()
    entries = []
    for slip in chosen:
        entry: dict[str, object] = {"id": slip.id, "area": slip.area, "promise": slip.promise, "expected_suite": slip.suite}
        if slip.id in figures.unfit:
            entry |= {"status": "not applied", "reason": figures.unfit[slip.id]}
        else:
            entry |= asdict(figures.results[slip.id]) | {"id": slip.id}
        entries.append(entry)
    low, high = share.interval
    return {"caught": share.hits, "tried": share.tried, "interval": [round(low, 3), round(high, 3)], "slips": entries}
