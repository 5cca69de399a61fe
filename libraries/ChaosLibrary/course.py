"""The course of an experiment: steady state before, faults, what it was like meanwhile, everything undone, recovery."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING

from ChaosLibrary.steady_state import ProbeOutcome, Prober, Sample, slowest, success
from theodore_qa.context import context
from theodore_qa.errors import QaError
from theodore_qa.faults import injection
from theodore_qa.observing.observations import recorder

if TYPE_CHECKING:
    from collections.abc import Callable

    from ChaosLibrary.definitions import Experiment
    from theodore_qa.faults.agent_client import Fault

BASELINE = 8
ENOUGH = 3
ABORT_AFTER = 6
TWICE = 2.0
NOTICEABLE = 0.1
RECOVERY_INTERVAL = 0.1
LOOK = 0.05


@dataclass
class Result:
    """What was seen in an experiment, by the wall clock."""

    experiment: Experiment
    began: float
    before: list[Sample] = field(default_factory=list)
    during: list[Sample] = field(default_factory=list)
    after: list[Sample] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    injected: float | None = None
    undone: float | None = None
    recovered: float | None = None
    aborted: str = ""
    unsteady: str = ""

    @property
    def degraded(self) -> float | None:
        """When the fault first showed: the first probe that was not good, or that took more than twice the baseline's time."""
        usual = TWICE * slowest(self.before) + NOTICEABLE
        noticed = (sample.began for sample in self.during if sample.outcome is not ProbeOutcome.GOOD or sample.took > usual)
        return next(noticed, None)

    @property
    def recovery(self) -> float | None:
        """Seconds from the undoing to the first moment of the time through which the steady state held."""
        if self.undone is None or self.recovered is None:
            return None
        return max(0.0, self.recovered - self.undone)


def unsteady(experiment: Experiment, samples: list[Sample]) -> str:
    """Why samples are not the steady state; empty if they are."""
    if not samples:
        return "there was no probe"
    share = success(samples)
    if share < experiment.success:
        bad = next(sample for sample in samples if sample.outcome is not ProbeOutcome.GOOD)
        return f"{share:.0%} of {len(samples)} probes were good, expected {experiment.success:.0%}: {bad.outcome}, {bad.detail}"
    if slowest(samples) > experiment.ceiling:
        return f"the 95th percentile was {slowest(samples):.2f} s, expected at most {experiment.ceiling:g} s"
    return ""


def run(experiment: Experiment, method: list[Callable[[], Fault]], *, safety: bool, recovery: bool) -> Result:
    """Run an experiment; whatever happens, all of its faults are undone when this returns."""
    result = Result(experiment, time.time())
    token, url = context.system.token(), context.system.url
    result.before = _several(experiment, url, token)
    result.unsteady = unsteady(experiment, result.before)
    if result.unsteady:
        return result
    prober = Prober(experiment.probe, url, token, experiment.interval)
    try:
        result.injected = time.time()
        for inject in method:
            result.faults.append(inject())
        prober.start()
        _wait(experiment, result, prober, safety=safety)
    finally:
        prober.halt()
        problems = [_undone(fault) for fault in reversed(result.faults)]
        result.undone = time.time()
    if any(problems):
        raise QaError(" ".join(filter(None, problems)))
    recorder.exchanged()
    if recovery:
        _recover(experiment, result, url, token)
    result.during = prober.stop()
    time.sleep(experiment.cool_down)
    return result


def _several(experiment: Experiment, url: str, token: str) -> list[Sample]:
    prober = Prober(experiment.probe, url, token, experiment.interval).start()
    deadline = time.monotonic() + experiment.probe.within
    while len(prober.since(0)) < BASELINE and time.monotonic() < deadline:
        time.sleep(LOOK)
    return prober.stop()


def _wait(experiment: Experiment, result: Result, prober: Prober, *, safety: bool) -> None:
    ends = time.monotonic() + experiment.duration
    while time.monotonic() < ends:
        time.sleep(LOOK)
        result.aborted = too_harmful(experiment, prober.since(0)) if safety else ""
        if result.aborted:
            return


def too_harmful(experiment: Experiment, seen: list[Sample]) -> str:
    """Why an experiment has to be broken off: its error budget is spent, or users wait too long; empty if it may go on."""
    if len(seen) < ABORT_AFTER:
        return ""
    if success(seen) < experiment.operational:
        return f"after {len(seen)} probes only {success(seen):.0%} were good, which is less than {experiment.operational:.0%}"
    if slowest(seen) > experiment.slowest:
        return f"the 95th percentile of {len(seen)} probes was {slowest(seen):.2f} s, which is more than {experiment.slowest:g} s"
    return ""


def _undone(fault: Fault) -> str:
    try:
        injection.undo(fault)
    except QaError as error:
        return str(error)
    return ""


def _recover(experiment: Experiment, result: Result, url: str, token: str) -> None:
    """Probe every 100 ms until the steady state has held for its time, for twice the expected recovery at most."""
    prober = Prober(experiment.probe, url, token, RECOVERY_INTERVAL).start()
    began = result.undone or time.time()
    longest = 2 * experiment.recovery + experiment.hold + experiment.probe.within
    try:
        while time.time() - began < longest and result.recovered is None:
            time.sleep(LOOK)
            result.recovered = steady_since(experiment, prober.since(0), time.time())
    finally:
        result.after = prober.stop()


def steady_since(experiment: Experiment, samples: list[Sample], now: float) -> float | None:
    """Since when the steady state holds, if that is as long as it has to; the last sample that was not good ends what was before.

    Counted from when probes began, and only what has ended by ``now`` is known.
    """
    good: list[Sample] = []
    for sample in samples:
        good = [*good, sample] if sample.outcome is ProbeOutcome.GOOD and sample.took <= experiment.ceiling else []
    if len(good) < ENOUGH or now - good[0].began < experiment.hold + max(probed.took for probed in good):
        return None
    return good[0].began


def counts(samples: list[Sample]) -> dict[str, Any]:
    """How many samples had each outcome."""
    return {outcome.value: sum(sample.outcome is outcome for sample in samples) for outcome in ProbeOutcome}
