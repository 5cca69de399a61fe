"""The verdict on an experiment: its checks and its figures."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from ChaosLibrary.runner import counts, MINIMUM_PROBES
from ChaosLibrary.steady_state import p95, ProbeOutcome, success
from theodore_qa.faults import injection
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural
from theodore_qa.observing.observations import Verdict
from theodore_qa.timing import show

if TYPE_CHECKING:
    from ChaosLibrary.runner import Result
    from ChaosLibrary.steady_state import Sample
    from theodore_qa.faults.agent_client import Fault


def judge(result: Result, *, recovery: bool) -> Checks:
    """Record the checks of an experiment; ``conclude`` of the result raises if one did not pass.

    What a fault did is judged only of a system that was steady before it. Without a fault (intensity 0, the control run) the
    checks of the system stand, and those of fault and recovery are not evaluated.
    """
    experiment = result.experiment
    checks = Checks("Experiment", experiment.name)
    steady = f"at least {experiment.success:.0%} of the probes good and p95 at most {show(experiment.ceiling)} before the fault"
    if result.deviation:
        checks.not_evaluated("chaos.steady_before", steady, f"{result.deviation}; no fault injected")
        return checks
    checks.that("chaos.steady_before", holds=True, expected=steady, observed=_summary(result.before), n=len(result.before))
    if experiment.intensity:
        injection.judge_exposure(checks, _representative(result.faults))
    else:
        checks.not_evaluated("chaos.exposure", "a fault is injected", "a control run: the intensity is 0")
    lost = next((fault.ended for fault in result.faults if fault.lapsed), "")
    bound = _FaultBoundChecks(checks, lost)
    _judge_impact(checks, bound, result)
    if recovery:
        _judge_recovery(checks, bound, result)
    return checks


def _judge_impact(checks: Checks, bound: _FaultBoundChecks, result: Result) -> None:
    """The system stays operational, answers nothing wrong, and stays within the limits of safety."""
    experiment, probes = result.experiment, len(result.during)
    if probes < MINIMUM_PROBES:
        checks.not_evaluated("chaos.observed", f"at least {MINIMUM_PROBES} probes during the fault", plural(probes, "probe"))
    share = success(result.during)
    tolerated = f"at least {experiment.operational:.0%} of the probes good during the fault"
    bound.that("chaos.operational", share >= experiment.operational, tolerated, _summary(result.during), n=probes)
    answers = [*result.during, *result.after]
    wrong = [sample for sample in answers if sample.outcome is ProbeOutcome.WRONG]
    observed = f"{len(wrong)} of {len(answers)} answers wrong" + (f", the first: {wrong[0].detail}" if wrong else "")
    bound.that("chaos.honest", not wrong, "no wrong answer during the fault and after it", observed, n=probes)
    bound.that("chaos.safety", not result.aborted, "run to the end", result.aborted or "completed", n=probes)


def _judge_recovery(checks: Checks, bound: _FaultBoundChecks, result: Result) -> None:
    """The steady state is back in time after the rollback."""
    experiment, took = result.experiment, result.recovery
    limit = f"steady state within {show(experiment.recovery)} after the rollback, held for {show(experiment.hold)}"
    if not experiment.intensity:
        checks.not_evaluated("chaos.recovered", limit, "a control run: there was no fault to recover from")
        return
    held = took is not None and took <= experiment.recovery
    observed = f"no steady state in {plural(len(result.after), 'probe')}" if took is None else f"after {show(took)}"
    bound.that("chaos.recovered", held, limit, observed, n=len(result.after))


class _FaultBoundChecks:
    """Checks that mean nothing when a fault was lost, as by the proxy's death: the system may have suffered from that."""

    def __init__(self, checks: Checks, lost: str) -> None:
        self._checks = checks
        self._lost = lost

    def that(self, check: str, holds: bool, expected: str, observed: str, n: int) -> None:
        if self._lost:
            self._checks.not_evaluated(check, expected, f"{observed}; but {self._lost}")
        else:
            self._checks.that(check, holds, expected, observed, n=n)


def _representative(faults: list[Fault]) -> list[Fault]:
    """The faults that count: of a group of links those that disturbed something, or its first one if none did."""
    groups: dict[str, list[Fault]] = {}
    for fault in faults:
        groups.setdefault(fault.group or fault.id, []).append(fault)
    counting = []
    for members in groups.values():
        counting += [fault for fault in members if fault.lapsed or fault.disturbed] or members[:1]
    return counting


def verdict_of(checks: Checks) -> str:
    """FAIL before NOT EVALUATED before PASS."""
    verdicts = {check.verdict for check in checks.done}
    return next((verdict for verdict in (Verdict.FAIL, Verdict.NOT_EVALUATED) if verdict in verdicts), Verdict.PASS)


def figures(result: Result) -> dict[str, Any]:
    """The figures of an experiment, as the keyword returns them."""
    return {
        "baseline": {"success": success(result.before), "p95_seconds": p95(result.before)},
        "impact": {"success": success(result.during), "p95_seconds": p95(result.during), "outcomes": counts(result.during)},
        "recovery": result.recovery,
        "aborted": result.aborted,
        "exposure": {str(fault): fault.exposure for fault in result.faults},
    }


def _summary(samples: list[Sample]) -> str:
    share = success(samples)
    return f"{share:.0%} of {len(samples)} probes good" + (f", p95 {show(p95(samples))}" if share else "")
