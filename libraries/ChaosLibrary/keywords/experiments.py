"""The keyword that runs an experiment, and the arithmetic of its verdict."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any, TYPE_CHECKING

from robot.api import logger
from robotlibcore import keyword

from ChaosLibrary import chaostoolkit_journal, definitions, timeline
from ChaosLibrary.course import counts, ENOUGH, Result, run, steady_since
from ChaosLibrary.keywords.machines import MachineKeywords
from ChaosLibrary.keywords.network import NetworkKeywords
from ChaosLibrary.steady_state import ProbeOutcome, slowest, success
from theodore_qa.builtin import builtin
from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.faults import injection
from theodore_qa.log import log_table
from theodore_qa.observing import evidence
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder
from theodore_qa.redaction.markup import own_html
from theodore_qa.timing import show

if TYPE_CHECKING:
    from collections.abc import Callable

    from ChaosLibrary.definitions import Experiment
    from theodore_qa.faults.agent_client import Fault

SPARE = timedelta(seconds=30)
SEED = 1  # of which requests are hit: the first one is, at an intensity of more than 0.13


class ExperimentKeywords:
    """Experiments by name."""

    @keyword(tags=("experiment",))
    def run_experiment(
        self,
        name: str,
        *,
        intensity: float | None = None,
        duration: timedelta | None = None,
        target: str | None = None,
        recovery_validation: bool | None = None,
        safety_checks: bool | None = None,
    ) -> dict[str, Any]:
        """Runs a chaos experiment: the steady state before, the fault, what users saw meanwhile, everything undone, recovery.

        What is not given here is taken from ``theodore test chaos`` and its options.

        The log says where the journal in Chaos Toolkit's shape lies.

        Safety limits: from 6 probes on the experiment is broken off when fewer are good than it tolerates (its error budget), or
        when the 95th percentile of their durations is above its ``slowest``; then the system cools down.

        If the steady state does not hold before, nothing is injected. A fault that touched nothing, that was undone by its lease,
        or during which there were fewer than 3 probes proves nothing: NOT EVALUATED. Everything is undone in any case. Thresholds
        are those of the enterprise testing ticket: 90 % of the probes good, 50 % while the fault lasts.

        Args:
            name: An experiment of experiments.yaml; docs/CHAOS_EXPERIMENTS.md lists them.
            intensity: 0 to 1; what it means for each kind of fault stands in docs/CHAOS_EXPERIMENTS.md.
            duration: How long the fault lasts; the experiment's own by default, a tenth of it in the profile quick.
            target: Another link or process than the experiment's own.
            recovery_validation: Whether recovery is measured and held to its limit; yes by default.
            safety_checks: Whether an experiment that does too much harm is broken off; yes by default.

        Returns:
            The figures: ``baseline`` and ``impact`` (share of good probes, 95th percentile in seconds), ``recovery`` in
            seconds, why it was ``aborted``, and the ``exposure`` of each fault.

        Example:

        ```robotframework
        Run Experiment    network_latency_basic    intensity=0.3    duration=3 s
        ```
        """
        experiment = _configured(definitions.named(name), intensity, duration, target)
        context.system.proxied() if _needs_proxies(experiment) else None
        method = [_method(fault, experiment) for fault in experiment.faults]
        recovery = _flag("RECOVERY", given=recovery_validation)
        result = run(experiment, method, safety=_flag("SAFETY", given=safety_checks), recovery=recovery)
        return _judged(result, recovery=recovery)


def _configured(experiment: Experiment, intensity: float | None, duration: timedelta | None, target: str | None) -> Experiment:
    robot = builtin()
    chosen = {name: robot.get_variable_value(f"${{CHAOS_{name}}}") for name in ("INTENSITY", "DURATION", "TARGET")}
    if os.environ.get(evidence.PROFILE_VARIABLE, "quick") == "quick":
        experiment = experiment.quick()
    strength = float(chosen["INTENSITY"] if intensity is None and chosen["INTENSITY"] else intensity or experiment.intensity)
    if not 0 < strength <= 1:
        raise UsageError(f"The intensity is {strength:g}, expected more than 0 and at most 1.")
    experiment = replace(experiment, intensity=strength)
    lasts = duration.total_seconds() if duration else float(chosen["DURATION"] or 0)
    if lasts:
        experiment = replace(experiment, duration=lasts)
    if other := target or chosen["TARGET"]:
        experiment = replace(experiment, faults=[fault | {"target": other} for fault in experiment.faults])
    return experiment


def _flag(name: str, *, given: bool | None) -> bool:
    chosen = builtin().get_variable_value(f"${{CHAOS_{name}}}")
    return given if given is not None else str(chosen) != "False"


def _needs_proxies(experiment: Experiment) -> bool:
    return any(fault["kind"] in _ON_LINKS for fault in experiment.faults)


def _method(fault: dict[str, str], experiment: Experiment) -> Callable[[], Fault]:
    """What injects a fault with the strength that the experiment's intensity means for it."""
    kind, target, strength = fault["kind"], fault["target"], experiment.intensity
    lasts = timedelta(seconds=experiment.duration) + SPARE
    network, machine = NetworkKeywords(), MachineKeywords()
    left = 1 - strength
    ways: dict[str, Callable[[], Fault]] = {
        "latency": lambda: network.add_latency(
            target, timedelta(seconds=2 * strength), jitter=timedelta(seconds=0.2 * strength), duration=lasts
        ),
        "reset": lambda: network.reset_connections(target, share=strength, duration=lasts),
        "swallow": lambda: network.swallow_data(target, share=strength, duration=lasts),
        "error": lambda: network.let_dependency_answer(target, "status", rate=strength, seed=SEED, duration=lasts),
        "malformed": lambda: network.let_dependency_answer(target, "malformed_json", rate=strength, seed=SEED, duration=lasts),
        "hang": lambda: network.let_dependency_answer(target, "hang", rate=strength, seed=SEED, duration=lasts),
        "cut": lambda: network.cut_link(target, duration=lasts),
        "bandwidth": lambda: network.limit_bandwidth(target, max(1.0, 200 * left), duration=lasts),
        "memory": lambda: machine.limit_process_memory(target, room=int(64 * left), duration=lasts),
        "starve": lambda: machine.starve_process(target, share=min(0.95, strength), duration=lasts),
        "files": lambda: machine.limit_file_handles(target, room=int(20 * left), duration=lasts),
        "connections": lambda: machine.exhaust_connections(max(1, int(500 * strength)), duration=lasts),
        "kill": lambda: machine.kill_process(target),
        "pause": lambda: machine.pause_process(target, duration=lasts),
    }
    return ways[kind]


_ON_LINKS = ("latency", "reset", "swallow", "hang", "error", "malformed", "cut", "bandwidth")


def _judged(result: Result, *, recovery: bool) -> dict[str, Any]:
    experiment = result.experiment
    checks = Checks("Experiment", experiment.name)
    _show(result)
    if result.unsteady:
        checks.not_evaluated(
            "chaos.steady_before", "the steady state before the fault", f"nothing was injected: {result.unsteady}"
        )
        _close(checks, result, "NOT EVALUATED")
        checks.conclude()
    n = len(result.before)
    checks.that("chaos.steady_before", holds=True, expected="steady state", observed=f"{success(result.before):.0%} good", n=n)
    injection.judge_exposure(checks, result.faults)
    seen = len(result.during)
    if seen < ENOUGH:
        checks.not_evaluated("chaos.observed", f"at least {ENOUGH} probes during the fault", f"{seen}")
    share = success(result.during)
    good_enough = f"at least {experiment.operational:.0%} of the probes good during the fault"
    checks.that("chaos.operational", share >= experiment.operational, good_enough, f"{share:.0%}", n=seen)
    wrong = [entry for entry in (*result.during, *result.after) if entry.outcome is ProbeOutcome.WRONG]
    observed = f"{len(wrong)}, the first: {wrong[0].detail}" if wrong else "none"
    checks.that("chaos.honest", not wrong, "no wrong answer during the fault and after it", observed, n=seen)
    checks.that("chaos.safety", not result.aborted, "not broken off", result.aborted or "it was not", n=seen)
    if recovery:
        limit = f"steady again within {show(experiment.recovery)}, for {show(experiment.hold)}"
        took = result.recovery
        held = took is not None and took <= experiment.recovery
        checks.that("chaos.recovered", held, limit, "not again" if took is None else show(took), n=len(result.after))
    failed = any(entry.verdict == "FAIL" for entry in checks.done)
    unseen = any(entry.verdict == "NOT EVALUATED" for entry in checks.done)
    _close(checks, result, "FAIL" if failed else "NOT EVALUATED" if unseen else "PASS")
    checks.conclude()
    return {
        "baseline": {"success": success(result.before), "p95_seconds": slowest(result.before)},
        "impact": {"success": share, "p95_seconds": slowest(result.during), "outcomes": counts(result.during)},
        "recovery": result.recovery,
        "aborted": result.aborted,
        "exposure": {str(fault): fault.exposure for fault in result.faults},
    }


def _show(result: Result) -> None:
    rows = [
        (when, len(samples), f"{success(samples):.0%}", show(slowest(samples)), *counts(samples).values())
        for when, samples in (("baseline", result.before), ("fault", result.during), ("recovery", result.after))
    ]
    header = ("Phase", "Probes", "Good", "95th percentile", *(outcome.value for outcome in ProbeOutcome))
    title = f"{result.experiment.title} (intensity {result.experiment.intensity:g}, {show(result.experiment.duration)})"
    log_table(title, header, rows)
    if result.injected and result.undone:
        log_table("Moments", ("What", "After the start"), [(what, show(moment)) for what, moment in _moments(result) if moment])
    if picture := timeline.drawn(result):
        logger.info(own_html(picture), html=True)


def _moments(result: Result) -> list[tuple[str, float | None]]:
    moments = {
        "fault injected": result.injected,
        "first degraded": result.degraded,
        "fault undone": result.undone,
        "recovered": result.recovered,
    }
    return [(what, moment - result.began if moment else None) for what, moment in moments.items()]


def _close(checks: Checks, result: Result, verdict: str) -> None:
    """Write the journal beside the evidence."""
    if recorder.writer:
        path = chaostoolkit_journal.write(result, verdict, recorder.writer.folder / "experiments")
        logger.info(f"{checks.title} {checks.subject}: {verdict}. Journal: {path}")


__all__ = ["ExperimentKeywords", "steady_since"]
