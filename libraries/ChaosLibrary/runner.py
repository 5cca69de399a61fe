"""Runs an experiment: steady state before, faults with probes beside them, rollback, recovery."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING

from ChaosLibrary.steady_state import Caller, p95, ProbeOutcome, Prober, Sample, success
from theodore_qa.context import context
from theodore_qa.errors import QaError
from theodore_qa.faults import injection, usage
from theodore_qa.observing.observations import recorder
from theodore_qa.statistics import Share
from theodore_qa.timing import show

if TYPE_CHECKING:
    from collections.abc import Callable

    from ChaosLibrary.definitions import Experiment
    from theodore_qa.faults.agent_client import Fault

BASELINE_PROBES = 8
MINIMUM_PROBES = 3
ABORT_FROM = 6
# A good probe shows the fault if it takes more than this many times the baseline's time, and this many seconds more.
SLOWER, MARGIN = 2.0, 0.1
RECOVERY_INTERVAL = 0.1
POLL_INTERVAL = 0.05
PLENTY, LONGER = 6, 10.0


@dataclass
class Result:
    """The samples and moments of an experiment; moments are wall-clock times."""

    experiment: Experiment
    began: float
    before: list[Sample] = field(default_factory=list)
    during: list[Sample] = field(default_factory=list)
    after: list[Sample] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    usage: usage.UsageWatch | None = None
    injected: float | None = None
    undone: float | None = None
    recovered: float | None = None
    aborted: str = ""
    deviation: str = ""

    @property
    def degraded(self) -> float | None:
        """The moment of the first probe that was not good, or that took more than twice the baseline's time."""
        limit = SLOWER * p95(self.before) + MARGIN
        noticed = (sample.began for sample in self.during if sample.outcome is not ProbeOutcome.GOOD or sample.took > limit)
        return next(noticed, None)

    @property
    def recovery(self) -> float | None:
        """Seconds from the rollback to the moment from which the steady state held; None if it did not."""
        if self.undone is None or self.recovered is None:
            return None
        return max(0.0, self.recovered - self.undone)


def deviation(experiment: Experiment, samples: list[Sample]) -> str:
    """How samples deviate from the steady state; empty if they do not."""
    if not samples:
        return "0 probes"
    share = success(samples)
    if share < experiment.success:
        bad = next(sample for sample in samples if sample.outcome is not ProbeOutcome.GOOD)
        return f"{share:.0%} of {len(samples)} probes good, the first bad one: {bad.outcome} ({bad.detail})"
    if p95(samples) > experiment.ceiling:
        return f"p95 {show(p95(samples))}"
    return ""


def run(experiment: Experiment, method: list[Callable[[], Fault]], *, safety: bool, recovery: bool) -> Result:
    """Run an experiment; whatever happens, all of its faults are undone when this returns.

    Raises:
        QaError: a fault could not be injected or undone.
    """
    result = Result(experiment, time.time())
    result.usage = usage.watch(context.system, [fault["target"] for fault in experiment.faults]).start()
    try:
        _run_phases(result, method, safety=safety, recovery=recovery)
    finally:
        result.usage.stop()
    return result


def _run_phases(result: Result, method: list[Callable[[], Fault]], *, safety: bool, recovery: bool) -> None:
    """The baseline, the faults while probes go on, the rollback, and the way back to the steady state."""
    experiment = result.experiment
    caller = Caller.of(context.system)
    result.before = _baseline(experiment, caller)
    result.deviation = deviation(experiment, result.before)
    if result.deviation:
        return
    prober = Prober(experiment.probe, caller, experiment.interval, experiment.concurrent)
    try:
        result.injected = time.time()
        for inject in method:
            result.faults.append(inject())
        prober.start()
        _wait(experiment, result, prober, safety=safety)
    finally:
        prober.halt()
        problems = [_roll_back(fault) for fault in reversed(result.faults)]
        result.undone = time.time()
    if any(problems):
        raise QaError(" ".join(filter(None, problems)))
    recorder.exchanged()
    if recovery:
        _recover(experiment, result, caller)
    result.during = prober.stop()
    time.sleep(experiment.cool_down)


def _baseline(experiment: Experiment, caller: Caller) -> list[Sample]:
    prober = Prober(experiment.probe, caller, experiment.interval, experiment.concurrent).start()
    deadline = time.monotonic() + experiment.probe.within
    while len(prober.since(0)) < BASELINE_PROBES and time.monotonic() < deadline:
        time.sleep(POLL_INTERVAL)
    return prober.stop()


def _wait(experiment: Experiment, result: Result, prober: Prober, *, safety: bool) -> None:
    """Until the duration has passed; longer where probes are so slow that a dependency of few of them may not be asked."""
    ends = time.monotonic() + experiment.duration
    while (now := time.monotonic()) < ends or (now < ends + LONGER and len(prober.since(0)) < PLENTY):
        time.sleep(POLL_INTERVAL)
        result.aborted = abort_reason(experiment, prober.since(0)) if safety else ""
        if result.aborted:
            return


def abort_reason(experiment: Experiment, seen: list[Sample]) -> str:
    """Why an experiment has to be aborted: its error budget is spent, or users wait too long; empty if it may go on."""
    if len(seen) < ABORT_FROM:
        return ""
    good = Share(sum(sample.outcome is ProbeOutcome.GOOD for sample in seen), len(seen))
    if good.upper_bound < experiment.operational:  # few probes that fail together prove no low share
        return f"aborted: {good.hits} of {good.tried} probes good, so that fewer than {experiment.operational:.0%} are (95 %)"
    if p95(seen) > experiment.slowest:
        return f"aborted: p95 {show(p95(seen))} of {len(seen)} probes, above {show(experiment.slowest)}"
    return ""


def _roll_back(fault: Fault) -> str:
    try:
        injection.undo(fault)
    except QaError as error:
        return str(error)
    return ""


def _recover(experiment: Experiment, result: Result, caller: Caller) -> None:
    """Probe every 100 ms until the steady state has held long enough, for twice the expected recovery at most."""
    prober = Prober(experiment.probe, caller, RECOVERY_INTERVAL, experiment.concurrent).start()
    began = result.undone or time.time()
    longest = 2 * experiment.recovery + experiment.hold + experiment.probe.within
    try:
        while time.time() - began < longest and result.recovered is None:
            time.sleep(POLL_INTERVAL)
            result.recovered = steady_since(experiment, prober.since(0), time.time())
    finally:
        result.after = prober.stop()


def steady_since(experiment: Experiment, samples: list[Sample], now: float) -> float | None:
    """The moment since which the steady state holds, if it holds long enough; each bad or slow sample starts it anew.

    Samples count from the moment at which they began; at ``now`` only those that have ended are known.
    """
    good: list[Sample] = []
    for sample in samples:
        good = [*good, sample] if sample.outcome is ProbeOutcome.GOOD and sample.took <= experiment.ceiling else []
    if len(good) < MINIMUM_PROBES or now - good[0].began < experiment.hold + max(probed.took for probed in good):
        return None
    return good[0].began


def counts(samples: list[Sample]) -> dict[str, Any]:
    """The number of samples of each outcome."""
    return {outcome.value: sum(sample.outcome is outcome for sample in samples) for outcome in ProbeOutcome}
