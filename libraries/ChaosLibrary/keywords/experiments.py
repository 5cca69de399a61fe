"""The keyword that runs an experiment."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any, TYPE_CHECKING

from robot.api import logger
from robotlibcore import keyword

from ChaosLibrary import chaostoolkit_journal, definitions, timeline
from ChaosLibrary.method import method_of, needs_proxies
from ChaosLibrary.runner import counts, run
from ChaosLibrary.steady_state import p95, ProbeOutcome, success
from ChaosLibrary.verdict import figures, judge, verdict_of
from theodore_qa.builtin import builtin
from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.log import log_table
from theodore_qa.observing import evidence
from theodore_qa.observing.observations import recorder
from theodore_qa.redaction.markup import own_html
from theodore_qa.timing import show

if TYPE_CHECKING:
    from ChaosLibrary.definitions import Experiment
    from ChaosLibrary.runner import Result


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
        """Runs a chaos experiment: steady state, faults with probes beside them, rollback, recovery.

        Arguments that are not given come from the options of ``theodore test chaos``. The log names the journal, which has the
        format of Chaos Toolkit.

        The experiment is aborted, from 6 probes on, when the upper 95 % bound of the share of good probes (one-sided, Clopper and
        Pearson) is below its error budget, or when the 95th percentile of their durations is above its ``slowest``. Then the
        system cools down. All faults are undone in any case.

        The experiment is NOT EVALUATED when the steady state does not hold before (nothing is injected then), when a fault
        touched nothing, when its lease lapsed, or when fewer than 3 probes ran during it. By default at least 90 % of the probes
        have to be good before and after, 50 % during the fault.

        Args:
            name: Name of an experiment in experiments.yaml; docs/CHAOS_EXPERIMENTS.md lists them.
            intensity: 0 to 1; the experiment's own by default. It is explained in
                docs/CHAOS_EXPERIMENTS.md#what-an-intensity-of-0-to-1-means. With 0 it is a control run without a fault: its
                probes are judged, and what needs a fault is NOT EVALUATED.
            duration: Duration of the fault; the experiment's own by default, a tenth of it with ``--profile quick``.
            target: Link, group of links or process to hit; the experiment's own by default. The environment names groups, such as
                ai_services, in ``proxies.groups``.
            recovery_validation: Whether recovery is measured and checked against its limit; yes by default.
            safety_checks: Whether an experiment that exceeds its error budget is aborted; yes by default.

        Returns:
            The figures: ``baseline`` and ``impact`` (share of good probes, 95th percentile in seconds), ``recovery`` in
            seconds, the reason why it was ``aborted`` (empty if it was not), and the ``exposure`` of each fault.

        Example:

        ```robotframework
        Run Experiment    network_latency_basic    intensity=0.3    duration=3 s
        ```
        """
        experiment = _configured(definitions.named(name), intensity, duration, target)
        if experiment.intensity and needs_proxies(experiment):
            context.system.proxied()
        method = method_of(experiment) if experiment.intensity else []
        recovery = _flag("RECOVERY", given=recovery_validation)
        result = run(experiment, method, safety=_flag("SAFETY", given=safety_checks), recovery=recovery)
        _show(result)
        checks = judge(result, recovery=recovery)
        _write_journal(result, verdict_of(checks))
        checks.conclude()
        return figures(result)


def _configured(experiment: Experiment, intensity: float | None, duration: timedelta | None, target: str | None) -> Experiment:
    robot = builtin()
    chosen = {name: robot.get_variable_value(f"${{CHAOS_{name}}}") for name in ("INTENSITY", "DURATION", "TARGET")}
    if os.environ.get(evidence.PROFILE_VARIABLE, "quick") == "quick":
        experiment = experiment.quick()
    strength = float(_first(intensity, chosen["INTENSITY"], experiment.intensity))
    if not 0 <= strength <= 1:
        raise UsageError(f"The intensity is {strength:g}, expected 0 to 1.")
    lasts = float(_first(duration.total_seconds() if duration is not None else None, chosen["DURATION"], experiment.duration))
    if lasts <= 0:
        raise UsageError(f"The duration is {lasts:g} s, expected more than 0: a fault of no duration disturbs nothing.")
    experiment = replace(experiment, intensity=strength, duration=lasts)
    if other := target or chosen["TARGET"]:
        experiment = replace(experiment, faults=[fault | {"target": other} for fault in experiment.faults])
    return experiment


def _first(*values: Any) -> Any:
    return next(value for value in values if value is not None)


def _flag(name: str, *, given: bool | None) -> bool:
    chosen = builtin().get_variable_value(f"${{CHAOS_{name}}}")
    return given if given is not None else str(chosen) != "False"


def _show(result: Result) -> None:
    """Show the phases, the moments and the timeline in the log."""
    rows = [
        (phase, len(samples), f"{success(samples):.0%}", show(p95(samples)), *counts(samples).values())
        for phase, samples in (("baseline", result.before), ("fault", result.during), ("recovery", result.after))
    ]
    header = ("Phase", "Probes", "Good", "95th percentile", *(outcome.value for outcome in ProbeOutcome))
    title = f"{result.experiment.title} (intensity {result.experiment.intensity:g}, {show(result.experiment.duration)})"
    log_table(title, header, rows)
    if result.injected and result.undone:
        moments = [(event, show(moment)) for event, moment in _moments(result) if moment]
        log_table("Moments", ("Event", "Time after the start"), moments)
    if picture := timeline.svg(result):
        logger.info(own_html(picture), html=True)
    if result.usage and not result.usage.samples:
        reason = result.usage.reason or "no two samples of one process were taken"
        logger.info(f"What the target used was not recorded: {reason}.")


def _moments(result: Result) -> list[tuple[str, float | None]]:
    moments = {
        "fault injected": result.injected,
        "first degraded probe": result.degraded,
        "fault undone": result.undone,
        "steady state recovered": result.recovered,
    }
    return [(event, moment - result.began if moment else None) for event, moment in moments.items()]


def _write_journal(result: Result, verdict: str) -> None:
    """Write the journal in the format of Chaos Toolkit beside the evidence."""
    if recorder.writer:
        path = chaostoolkit_journal.write(result, verdict, recorder.writer.folder / "experiments")
        logger.info(f"Experiment {result.experiment.name}: {verdict}. Journal: {path}")
