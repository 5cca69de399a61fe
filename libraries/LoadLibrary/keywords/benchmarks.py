"""Keywords that measure how long something takes, compare two builds, and judge what other tools measured."""

from __future__ import annotations

import math
import secrets
import time
from pathlib import Path
from typing import Any, Literal, TYPE_CHECKING  # Robot converts arguments by these hints

from assertionengine import AssertionOperator  # Robot converts arguments by these hints
from robot.api import logger
from robotlibcore import keyword

from LoadLibrary import baselines, builds, comparing, foreign, pictures, verdicts
from LoadLibrary.building import LoadJourney, LoadStep  # Robot converts arguments by these hints
from theodore_qa import paths
from theodore_qa.builtin import builtin
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, unknown, UsageError
from theodore_qa.log import log_table
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder
from theodore_qa.redaction.markup import own_html
from theodore_qa.timing import seconds, show

if TYPE_CHECKING:
    from theodore_load.results import Result

RATINGS = ((0.7, "excellent"), (1.0, "good"))
REFERENCE = "-reference"
FEWEST = 2


class BenchmarkKeywords:
    """Benchmarks, comparisons of builds, and results from elsewhere."""

    @keyword(tags=("load",))
    def benchmark(
        self,
        name: str,
        keyword_name: str,
        *arguments: Any,
        expected: str,
        tolerance: str = "20 %",
        iterations: int = 5,
        warm_up: int = 1,
        timed_by: Literal["clock", "result"] = "clock",
    ) -> float:
        """Measures how long a keyword takes, and checks that its mean keeps to a budget.

        The keyword has to check what it observes: one that checks nothing takes no time and proves nothing, and is NOT EVALUATED.
        The rating is by the share of the expected time: up to 70 % excellent, up to 100 % good, up to the tolerance acceptable.
        What earlier runs took (``variables/baselines``, written with ``--baseline-update``) is drawn as a trend and gates
        nothing: another session differs by itself.

        Args:
            name: The name of the benchmark.
            keyword_name: The keyword that is measured.
            arguments: Its arguments.
            expected: The time that it is expected to take, such as ``5 s``.
            tolerance: The share by which it may take longer; 20 % by default.
            iterations: The number of measured calls, at least 2; 5 by default.
            warm_up: The number of calls before, which are not measured; 1 by default.
            timed_by: clock (the default) or result: the seconds that the keyword returns are taken, such as those of a part of
                what it does, which cannot be more than it took by the clock.

        Returns:
            The mean in seconds.

        Raises:
            NotEvaluatedError: The keyword checked nothing, or returned no seconds that can be true.

        Example:

        ```robotframework
        Benchmark    sign in    Sign In Should Work    expected=5 s    iterations=2
        ```
        """
        budget, more = seconds(expected), verdicts.percent(tolerance)
        if iterations < FEWEST or warm_up < 0 or budget <= 0:
            raise UsageError("A benchmark needs at least two iterations and an expected time above 0.")
        durations = []
        for number in range(warm_up + iterations):
            passed, began = recorder.passed, time.monotonic()
            returned = builtin().run_keyword(keyword_name, *arguments)
            took = time.monotonic() - began
            if number >= warm_up:
                durations.append(took if timed_by == "clock" else _returned(returned, took, keyword_name, name))
            if recorder.passed == passed:
                raise NotEvaluatedError(
                    f"NOT EVALUATED: the keyword '{keyword_name}' checked nothing in the benchmark '{name}', so that its time "
                    f"proves nothing: measure a keyword that checks what it observes."
                )
        mean = math.fsum(durations) / len(durations)
        limit = budget * (1 + more)
        rating = next((word for share, word in RATINGS if mean <= share * budget), "acceptable" if mean <= limit else "poor")
        self._log(name, durations, budget, rating)
        checks = Checks("Benchmark", name)
        checks.that("load.benchmark", mean <= limit, f"mean at most {show(limit)}", show(mean), n=iterations)
        checks.conclude()
        return mean

    def _log(self, name: str, durations: list[float], budget: float, rating: str) -> None:
        """The figures and the trend, and a new entry of the baseline where it is to be updated."""
        made = baselines.entry(durations)
        spread, half = baselines.uncertainty(durations)
        figures = [show(value) for value in (budget, made["mean"], half, made["median"], min(durations), max(durations))]
        header = ("n", "Expected", "Mean", "± (95 %)", "Median", "Min", "Max", "CV", "Rating")
        log_table(f"Benchmark: {name}", header, [(len(durations), *figures, f"{spread / made['mean']:.0%}", rating)])
        _log_trend(name, [*baselines.read(name), made])
        if baselines.requested():
            logger.info(f"The baseline was updated: {baselines.update(name, made).name}.")

    @keyword(tags=("load",))
    def builds_should_be_as_fast(
        self,
        *steps: LoadStep | LoadJourney,
        phases: list[str] | str = "",
        reference: str = "",
        restarts: int = 10,
        most_restarts: int = 40,
        iterations: int = 20,
        warm_up: int = 3,
        tolerance: str = "15 %",
        seed: int | None = None,
    ) -> dict[str, comparing.Comparison]:
        """Compares the version under test with a reference build, side by side, step by step.

        A step is REGRESSED, IMPROVED, UNCHANGED or INCONCLUSIVE.

        Both builds are started anew so many times, and asked the same by turns, in random order. The shift between their times in
        a restart is the sample. What is not known to be within the tolerance is measured on, as often as its noise demands,
        and all steps are judged together (Holm), so that at most one in a hundred runs on equal builds is red. A build that was
        not started by us is not restarted: its sessions are compared then, the log says so, and what is slower by less than the
        tolerance and 15 % is INCONCLUSIVE, since one process of each build may differ by as much.

        Args:
            steps: Steps and journeys, as `Define Load Step` and `Define Load Journey` return them.
            phases: Phases of the system that are compared too, by the durations that its answers list (``phases=`` of a step): a
                list, or names with commas between them.
            reference: The system of the environment that is the reference; by default the one that is named as the system under
                test with ``-reference`` after it.
            restarts: The number of restarts of each build at first; 10 by default.
            most_restarts: The most restarts of each build in all; 40 by default.
            iterations: The number of measured rounds through all steps in a restart; 20 by default.
            warm_up: The number of rounds before, which are not measured; 3 by default.
            tolerance: By which share a build may be slower without being worse.
            seed: Of the order of builds; drawn and logged by default.

        Returns:
            The comparison of each step by its name.

        Raises:
            NotEvaluatedError: There is no reference build, or what came was not right; INCONCLUSIVE steps with the number of
                restarts that would decide.

        Example:

        ```robotframework
        ${version} =    Define Load Step    GET    /version    fields={"api_version": "*"}
        Builds Should Be As Fast    ${version}
        ```
        """
        if not steps:
            raise UsageError("There is nothing to compare builds by: define steps by 'Define Load Step'.")
        system, environment = context.system, context.environment
        name = reference or f"{system.name}{REFERENCE}"
        if name not in environment.systems:
            for step in steps:
                _log_trend(str(step), baselines.read(str(step)))
            if reference:
                raise unknown("system", name, environment.systems, f"the environment file {environment.path.name}")
            raise NotEvaluatedError(
                f"NOT EVALUATED: the environment names no reference build: add the system '{name}' to {environment.path.name}. "
                f"What earlier sessions took is a trend and no reference."
            )
        seed = secrets.randbelow(2**32) if seed is None else seed
        listed = phases.split(",") if isinstance(phases, str) else phases
        named = [phase.strip() for phase in listed if phase.strip()]
        compared = builds.Builds(system, environment.system(name), steps, iterations, warm_up, seed, named)
        compared.heard = _heard
        share = verdicts.percent(tolerance)
        found = comparing.measured(compared.names, restarts, share, compared.sample, most_restarts)
        if not compared.restarts:
            found = [comparing.of_lone_processes(other, share) for other in found]
        unit = "restarts" if compared.restarts else "sessions of the client: these builds are not ours to restart"
        logger.info(
            f"The order of builds has the seed {seed}. A pair is of {unit}. {compared.answers} right answers were compared."
        )
        rows = [
            (
                other.name,
                other.change,
                f"{other.ratio:.3f}",
                f"{other.low:.3f} to {other.high:.3f}",
                other.pairs,
                f"{other.detectable:.0%}",
            )
            for other in found
        ]
        log_table("Builds", ("Step", "Verdict", "Ratio", "95 %", "Pairs", "Smallest slow-down that is found"), rows)
        checks = Checks("Builds", name)
        for other in found:
            condition = f"{other.name} no slower than in {name}"
            if other.change is comparing.Change.INCONCLUSIVE:
                checks.not_evaluated("load.regression", condition, str(other) if other.needed else f"{other}; {comparing.LONE}")
            else:
                checks.that(
                    "load.regression", other.change is not comparing.Change.REGRESSED, condition, str(other), n=other.pairs
                )
        checks.conclude()
        return {other.name: other for other in found}

    @keyword(tags=("load",))
    def get_foreign_latency(
        self,
        file: str,
        statistic: str,
        op: AssertionOperator,
        expected: str,
        *,
        step: str = "all requests",
        error_rate: str = "0 %",
    ) -> float:
        """Checks a time in the results of another tool.

        It reads pytest-benchmark (JSON), k6 (exported summary) and JMeter (JTL as CSV or XML).

        The share of errors is held to its limit too, where the file has it. A statistic that the file does not have is
        NOT EVALUATED. The run has to observe the system itself too: a file alone is no observation.

        Args:
            file: The file, by its path or beside the suite.
            statistic: ``mean``, ``min``, ``p50``, ``p90``, ``p95``, ``p99`` or ``max``.
            op: ``<``, ``<=``, ``>``, ``>=`` or ``==``.
            expected: The time that it compares with, such as ``2 s``.
            step: The name of the benchmark or request; all requests by default.
            error_rate: The share of errors that is allowed; none by default.

        Returns:
            The seconds.

        Raises:
            UsageError: The file is of none of these tools, or has no such step.

        Example:

        ```robotframework
        VAR    ${summary}    {"metrics": {"http_req_duration": {"med": 120.5}, "http_reqs": {"count": 9}}}
        Evaluate    open($OUTPUT_DIR + '/summary.json', 'w').write($summary)
        Sign In Should Work
        Get Foreign Latency    ${OUTPUT DIR}/summary.json    p50    <    2 s
        ```
        """
        if statistic not in foreign.STATISTICS:
            raise unknown("statistic", statistic, foreign.STATISTICS, "the results of other tools")
        limit, allowed = seconds(expected), verdicts.share(error_rate)
        sign, compare = verdicts.comparison(op, limit)
        by_name = {figures.name: figures for figures in foreign.read(_located(file))}
        if step not in by_name and not (step == foreign.ALL and len(by_name) == 1):
            raise unknown("step", step, by_name, Path(file).name)
        figures = by_name.get(step) or next(iter(by_name.values()))
        checks = Checks("Results of another tool", f"{figures.name} in {Path(file).name}")
        value, condition = figures.times.get(statistic), f"{statistic} {sign} {show(limit)}"
        if figures.errors is not None:
            rate = figures.errors / figures.count
            observed = f"{figures.errors} of {figures.count} = {rate:.1%}"
            checks.that("load.foreign_errors", rate <= allowed, f"at most {allowed:.1%} errors", observed, n=figures.count)
        if value is None:
            checks.not_evaluated("load.foreign_latency", condition, f"the file has {', '.join(figures.times) or 'no times'}")
        else:
            checks.that("load.foreign_latency", compare(value, limit), condition, f"{statistic} {show(value)}", n=figures.count)
        checks.conclude()
        return float(value or 0.0)


def _returned(value: Any, took: float, keyword_name: str, name: str) -> float:
    """The seconds that a keyword returned.

    Raises:
        NotEvaluatedError: They are none, or more than it took.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= took:
        return float(value)
    raise NotEvaluatedError(
        f"NOT EVALUATED: the benchmark '{name}' is timed by what the keyword '{keyword_name}' returns: expected seconds above 0 "
        f"and at most the {show(took)} that it took, observed {str(value)[:80]}: let it return the seconds of what is measured."
    )


def _heard(result: Result) -> None:
    """Right answers of the system are exchanges of the run."""
    for figures in result.steps:
        if figures.ok:
            recorder.exchanged(figures.sample)


def _located(file: str) -> Path:
    path = Path(file)
    beside = Path(str(builtin().get_variable_value("${SUITE SOURCE}", "."))).parent / file
    return beside if not path.is_absolute() and beside.is_file() else path if path.is_absolute() else paths.project() / file


def _log_trend(name: str, entries: list[dict[str, Any]]) -> None:
    """Earlier and present times, with what tells whether they may be set side by side."""
    if len(entries) < FEWEST:
        return
    own = baselines.machine()
    rows = [
        (
            entry["moment"],
            entry["build"] or "-",
            "this" if entry["machine"] == own else entry["machine"],
            show(entry["mean"]),
            entry["n"],
        )
        for entry in entries[-20:]
    ]
    log_table(f"Trend of {name}, which gates nothing", ("Moment", "Build", "Machine", "Mean", "n"), rows)
    points = [(float(number), float(entry["mean"])) for number, entry in enumerate(entries, 1)]
    logger.info(own_html(pictures.curve("Mean by run", points, ("", " s"))), html=True)
