"""The verdict on an experiment: its checks and its figures."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from ChaosLibrary.runner import counts, MINIMUM_PROBES
from ChaosLibrary.steady_state import ProbeOutcome, slowest, success
from theodore_qa.faults import injection
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import Verdict
from theodore_qa.timing import show

if TYPE_CHECKING:
    from ChaosLibrary.runner import Result
    from ChaosLibrary.steady_state import Sample


def judge(result: Result, *, recovery: bool) -> Checks:
    """Record the checks of an experiment; ``conclude`` of the result raises if one did not pass."""
    experiment = result.experiment
    checks = Checks("Experiment", experiment.name)
    steady = f"at least {experiment.success:.0%} of the probes good and p95 at most {show(experiment.ceiling)} before the fault"
    if result.deviation:
        checks.not_evaluated("chaos.steady_before", steady, f"{result.deviation}; no fault injected")
        return checks
    checks.that("chaos.steady_before", holds=True, expected=steady, observed=_summary(result.before), n=len(result.before))
    injection.judge_exposure(checks, result.faults)
    probes = len(result.during)
    if probes < MINIMUM_PROBES:
        checks.not_evaluated("chaos.observed", f"at least {MINIMUM_PROBES} probes during the fault", f"{probes} probes")
    share = success(result.during)
    tolerated = f"at least {experiment.operational:.0%} of the probes good during the fault"
    checks.that("chaos.operational", share >= experiment.operational, tolerated, _summary(result.during), n=probes)
    answers = [*result.during, *result.after]
    wrong = [sample for sample in answers if sample.outcome is ProbeOutcome.WRONG]
    observed = f"{len(wrong)} of {len(answers)} answers wrong" + (f", the first: {wrong[0].detail}" if wrong else "")
    checks.that("chaos.honest", not wrong, "no wrong answer during the fault and after it", observed, n=probes)
    checks.that("chaos.safety", not result.aborted, "run to the end", result.aborted or "completed", n=probes)
    if recovery:
        limit = f"steady state within {show(experiment.recovery)} after the rollback, held for {show(experiment.hold)}"
        took = result.recovery
        held = took is not None and took <= experiment.recovery
        observed = f"no steady state in {len(result.after)} probes" if took is None else f"after {show(took)}"
        checks.that("chaos.recovered", held, limit, observed, n=len(result.after))
    return checks


def verdict_of(checks: Checks) -> str:
    """FAIL before NOT EVALUATED before PASS."""
    verdicts = {check.verdict for check in checks.done}
    return next((verdict for verdict in (Verdict.FAIL, Verdict.NOT_EVALUATED) if verdict in verdicts), Verdict.PASS)


def figures(result: Result) -> dict[str, Any]:
    """The figures of an experiment, as the keyword returns them."""
    return {
        "baseline": {"success": success(result.before), "p95_seconds": slowest(result.before)},
        "impact": {"success": success(result.during), "p95_seconds": slowest(result.during), "outcomes": counts(result.during)},
        "recovery": result.recovery,
        "aborted": result.aborted,
        "exposure": {str(fault): fault.exposure for fault in result.faults},
    }


def _summary(samples: list[Sample]) -> str:
    share = success(samples)
    return f"{share:.0%} of {len(samples)} probes good" + (f", p95 {show(slowest(samples))}" if share else "")
