"""The proof by mutants of the sandbox's source: healthy runs with their reach, the draw, the trials, the files."""

from __future__ import annotations

import fnmatch
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from theodore_qa import paths, revision
from theodore_qa.errors import QaError, UsageError
from theodore_qa.sensitivity.mutation import equivalents, journal, NEAREST, reach, report_json
from theodore_qa.sensitivity.mutation.choice import draw
from theodore_qa.sensitivity.mutation.figures import Figures, survivors_text
from theodore_qa.sensitivity.mutation.mutant import digest, EVERYTHING, handlers, sources
from theodore_qa.sensitivity.mutation.nearness import statement_lines
from theodore_qa.sensitivity.mutation.stages import Stages
from theodore_qa.sensitivity.mutation.trying import NOT_STARTED, Trials

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from theodore_qa.sensitivity.mutation.mutant import Mutant
    from theodore_qa.sensitivity.mutation.trying import Result
    from theodore_qa.sensitivity.proofs import Bench

PACKAGE = "theodore_sandbox"
MOST_DRAWN = 5  # times as many as are to be tried
REACH, REPORT, SURVIVORS = "reach.json", "mutation.json", "survivors.txt"


@dataclass(frozen=True)
class Scope:
    """How many mutants, drawn by which seed, and by how many suites each is tried.

    Args:
        count: Mutants in all.
        seed: of the draw.
        only: Names of suites: no others are run, and mutated are only lines that they reach.
        files: Patterns of files of the source, such as ``theodore/export*.py``: mutated are only these.
        most: By how many suites, the nearest, each mutant is tried alone.
        everywhere: Survivors also meet the areas whose reach is not known, such as security.
        resumed: Go on with the run whose results are there; count, seed and suites are its.
    """

    count: int
    seed: int
    only: Sequence[str] | None = None
    files: Sequence[str] | None = None
    most: int = NEAREST
    everywhere: bool = False
    resumed: bool = False


def prove(bench: Bench, suites: Sequence[Path], scope: Scope, results: Path, say: Callable[[str], None]) -> Figures:
    """Try the mutants; each result is kept as soon as it is there.

    Raises:
        QaError: No suite is green without mutants.
        UsageError: A judgement of equivalence fits no mutant, a pattern no file, or there is nothing to go on with.
    """
    package = paths.package(PACKAGE)
    texts = handlers(package, bench.system) | sources(package, scope.files or ())
    source = digest(texts.values())
    header = {"source": source, "seed": scope.seed, "mutants": scope.count}
    header |= {"suites": list(scope.only) if scope.only else None, "files": list(scope.files) if scope.files else None}
    reasons = equivalents.checked(equivalents.read(), sources(package, EVERYTHING))
    kept = journal.resume(results, source) if scope.resumed else journal.begin(results, header)
    for name in (REPORT, SURVIVORS):
        (results / name).unlink(missing_ok=True)
    count, seed, only = (kept.header[name] for name in ("mutants", "seed", "suites"))
    patterns = kept.header.get("files")
    for pattern in patterns or ():
        if not fnmatch.filter(texts, pattern):
            raise UsageError(f"--file {pattern} fits no file of the sandbox's source: name one such as {next(iter(texts))}.")
    chosen = [suite for suite in suites if only is None or suite.stem in only]
    reached = recorded(bench, chosen, package, results / REACH)
    for name, reason in reached.red.items():
        say(f"NOT {name} is not green without any mutant, so it can notice none: {reason}")
    if not reached.suites:
        raise QaError("No suite is green on the healthy sandbox: mutants would prove nothing.")
    within = _within(texts, reached, patterns) if only or patterns else None
    mutants: dict[str, Mutant] = {}

    def keep(name: str, result: Result) -> None:
        kept.add(result)
        say(f"{'ok ' if result.noticed else '...'} {mutants[name].describe()}: {_outcome(result)} ({result.seconds:.0f} s)")

    trials = Trials(package, texts, reached, bench.folder, scope.most)
    stages = Stages(bench, trials, mutants, kept.results, keep, scope.everywhere)
    size = count
    while True:
        drawn = draw(texts, size, seed, equivalents=reasons, **({"within": within} if within else {}))
        say(f"Mutants: {len(drawn.mutants)} of {drawn.population} lines and families, seed {seed}")
        mutants.update({mutant.id: mutant for mutant in drawn.mutants})
        stages.alone()
        # Those that do not start show nothing: as many more are drawn, the same ones first.
        more = count + sum(kept.results[name].status == NOT_STARTED for name in mutants)
        if len(drawn.mutants) < size or not size < more <= MOST_DRAWN * count:
            break
        size = more
    stages.together()
    for name, mutant in mutants.items():
        bench.add("mutant", mutant.describe(), kept.results[name].noticed, _outcome(kept.results[name]))
    found = [kept.results[mutant.id] for mutant in drawn.mutants]
    figures = Figures(found, part=bool(only or patterns), red=reached.red)
    report = report_json.document(found, texts, drawn.equivalents, revision.of_suites(chosen))
    (results / REPORT).write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
    (results / SURVIVORS).write_text(survivors_text(figures.survivors), encoding="utf-8")
    return figures


def _outcome(result: Result) -> str:
    """What became of a mutant, by which test, and why."""
    return f"{result.status}{f' by {result.by}' if result.by else ''}{f': {result.reason}' if result.reason else ''}"


def _within(texts: Mapping[str, str], reached: reach.Reach, patterns: Sequence[str] | None) -> Callable[[str, int], bool]:
    """Whether a line may be changed: it stands in a file that a pattern fits, and a suite reaches it."""
    files = {file for pattern in patterns or ("*",) for file in fnmatch.filter(texts, pattern)}
    return lambda file, line: file in files and bool(reached.reaching(file, statement_lines(texts[file], line)))


def recorded(bench: Bench, suites: Sequence[Path], package: Path, path: Path) -> reach.Reach:
    """A healthy run of each suite; those that an earlier run recorded of the same package are taken."""
    source = digest(sources(package, EVERYTHING).values())
    earlier = reach.read(path, source)
    known = {s.stem: earlier.suites[s.stem] for s in suites if s.stem in earlier.suites}
    found = reach.Reach(source, {n: entry for n, entry in known.items() if entry.text == reach.text_of(_named(suites, n))})

    def run_healthy(number: int, suite: Path) -> None:  # noqa: ARG001  # one signature for all trials
        area = suite.relative_to(bench.suites.parent).parts[0]
        outcome = reach.record(suite, package, bench.folder / "healthy", area)
        if isinstance(outcome, str):
            found.red[suite.stem] = outcome
        else:
            found.suites[suite.stem] = outcome
            found.write(path)

    bench.each([suite for suite in suites if suite.stem not in found.suites], run_healthy)
    found.suites = {name: found.suites[name] for name in sorted(found.suites)}
    found.write(path)
    return found


def _named(suites: Sequence[Path], name: str) -> Path:
    return next(suite for suite in suites if suite.stem == name)
