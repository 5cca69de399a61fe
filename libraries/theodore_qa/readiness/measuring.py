"""What a run says of a gate: the observations that feed it, counted or compared, and whether there are enough of them."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, replace
from typing import Any, TYPE_CHECKING

from theodore_qa.observing import evidence
from theodore_qa.readiness.gates import FAIL, Gate, GateResult, NOT_EVALUATED, PASS
from theodore_qa.readiness.located import NOT_SELECTED
from theodore_qa.readiness.values import counted, quantity, written
from theodore_qa.statistics import needed, Share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from theodore_qa.readiness.located import LocatedTest
    from theodore_qa.readiness.waivers import GateWaiver

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}
AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "maximum": max,
    "minimum": min,
    "mean": lambda values: math.fsum(values) / len(values),
}
ATTESTED = "attestation"
INCOMPLETE_RUN = "the run is incomplete, so that nothing can pass by it"
Record = dict[str, Any]


@dataclass(frozen=True)
class ReportValue:
    """What the report of another tool says: a share, or why it says none."""

    share: Share
    reason: str = ""


def evaluate(
    gate: Gate,
    tests: Iterable[LocatedTest],
    observations: Iterable[Record],
    inputs: Mapping[str, ReportValue],
    waiver: GateWaiver | None = None,
    *,
    complete: bool = True,
) -> GateResult:
    """The verdict on a gate.

    Args:
        gate: that is evaluated.
        tests: of the run.
        observations: of the run, the last word of each.
        inputs: what reports of other tools say, by their kind.
        waiver: that the environment has for the gate.
        complete: whether the run is complete; nothing passes otherwise.
    """
    if gate.measure in ("input", ATTESTED):
        value = inputs.get(gate.input if gate.measure == "input" else f"{ATTESTED}:{gate.id}")
        if value is None:
            attest = f"nobody attested it: theodore evidence attest {gate.id}"
            return _unknown(gate, f"no report was given by {gate.fed_by}" if gate.measure == "input" else attest, waiver)
        result = replace(_of_share(gate, value.share, value.reason), waiver=waiver)
    else:
        fed = tuple(test for test in tests if gate.takes(test))
        if not any(test.verdict != NOT_SELECTED for test in fed):
            state = "was selected" if fed else "was run"
            return replace(_unknown(gate, f"none of the {gate.fed_by} {state}", waiver), tests=fed)
        own = {test.key for test in fed}
        records = [record for record in observations if evidence.identity(record) in own and gate.reads(str(record["check"]))]
        result = replace(_measured(gate, fed, records), tests=fed, waiver=waiver)
        if result.verdict == PASS and (missing := [test for test in fed if not test.evaluated]):
            result = _with_missing(result, missing)
    if result.verdict == PASS and not complete:
        return replace(result, verdict=NOT_EVALUATED, reason=INCOMPLETE_RUN)
    return result


def last_words(observations: Iterable[Record]) -> list[Record]:
    """Of several records of one check by one call, the last: tries of a poll are one observation."""
    last: dict[tuple[Any, ...], Record] = {}
    for record in observations:
        words = tuple(record.get(name) for name in ("run", "attempt", "check", "subject", "expected", "call"))
        last[*evidence.identity(record), *words] = record
    return [record for record in last.values() if not record.get("precondition")]


def _unknown(gate: Gate, reason: str, waiver: GateWaiver | None = None) -> GateResult:
    return GateResult(gate, NOT_EVALUATED, reason=reason, waiver=waiver)


def _with_missing(result: GateResult, missing: Sequence[LocatedTest]) -> GateResult:
    """A gate that would pass, but for tests that feed it and have no verdict."""
    names = ", ".join(f"{test.name} ({test.verdict})" for test in missing[:3])
    more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""  # noqa: PLR2004  # as many as are named
    reason = f"{len(missing)} of {len(result.tests)} tests that feed it have no verdict: {names}{more}"
    skipped = all(test.verdict == "SKIP" for test in missing)  # only what not_available waives is a SKIP
    waived = ("what its skipped tests lack is waived by not_available",) if skipped else ()
    return replace(result, verdict=NOT_EVALUATED, reason=reason, waived_by_environment=waived)


def _measured(gate: Gate, fed: Sequence[LocatedTest], records: Sequence[Record]) -> GateResult:
    if gate.measure == "tests":
        tried = [test for test in fed if test.evaluated]
        return _of_share(gate, Share(sum(test.verdict == "PASS" for test in tried), len(tried)))
    missing = [record for record in records if _verdict(record) == NOT_EVALUATED]
    seen = [record for record in records if _verdict(record) != NOT_EVALUATED]
    if not seen:
        why = f"its checks were not evaluated: {missing[0]['observed']}" if missing else "none of its checks was made"
        return _unknown(gate, why)
    if gate.measure == "checks":
        result = _of_share(gate, Share(sum(_verdict(record) == "PASS" for record in seen), len(seen)))
    elif gate.measure == "counted":
        pairs = [counted(str(record["observed"])) for record in seen]
        if None in pairs:
            return _unreadable(gate, seen[pairs.index(None)], "as such as '9 of 10'")
        read = [pair for pair in pairs if pair]
        result = _of_share(gate, Share(sum(hits for hits, _ in read), sum(tried for _, tried in read)))
    else:
        result = _of_values(gate, seen)
    if result.verdict == PASS and missing:
        first = missing[0]
        reason = f"{len(missing)} of {len(records)} of its checks were not evaluated: {first['check']}: {first['observed']}"
        return replace(result, verdict=NOT_EVALUATED, reason=reason)
    return result


def _verdict(record: Record) -> str:
    return str(record.get("stands") or record["verdict"])


def _unreadable(gate: Gate, record: Record, form: str) -> GateResult:
    return _unknown(gate, f"the observed value '{record['observed']}' of {record['check']} does not read {form}")


def _of_values(gate: Gate, seen: Sequence[Record]) -> GateResult:
    numbers = [quantity(str(record["observed"]), gate.unit) for record in seen]
    if None in numbers:
        return _unreadable(gate, seen[numbers.index(None)], f"as a number with a unit that becomes {gate.unit}")
    n = sum(int(record.get("n", 1)) for record in seen)
    measured = AGGREGATES[gate.aggregate]([number for number in numbers if number is not None])
    holds = OPERATORS[gate.operator](measured, gate.threshold)
    result = GateResult(gate, PASS if holds else FAIL, written(measured, gate.unit), n)
    if n < gate.minimum and (holds or gate.aggregate == "mean"):
        return replace(result, verdict=NOT_EVALUATED, reason=f"{n} values are too few: it needs {gate.minimum}")
    return result if holds else replace(result, reason="the observed value does not meet the demand")


def _of_share(gate: Gate, share: Share, reason: str = "") -> GateResult:
    """The verdict by a share: a failure is what was observed; a pass needs as many as prove it."""
    bounds = (share.lower_bound, share.upper_bound)
    measured = f"{share.hits} of {share.tried} = {_percent(share.value)}" if share.tried else ""
    result = GateResult(gate, NOT_EVALUATED, measured, share.tried, bounds if share.tried else None, reason)
    if reason or not share.tried:
        return replace(result, reason=reason or "nothing was counted")
    target = gate.threshold / 100
    enough = share.tried >= gate.minimum
    if share.value < target:
        if enough or target == 1 or share.upper_bound < target:
            return replace(result, verdict=FAIL, reason="the observed share is below the demand")
        return replace(result, reason=f"{share.tried} observations are too few: it needs {gate.minimum}")
    required = gate.minimum
    if target < 1 and gate.bound == "lower":
        required = max(required, needed(target, share.tried - share.hits))
    if share.tried < required:
        return replace(result, reason=f"{share.tried} observations are too few: it needs {required} with no further error")
    return replace(result, verdict=PASS)


def _percent(value: float) -> str:
    """A share in percent, never rounded up to 100."""
    text = f"{value:.2%}"
    return "99.99%" if value < 1 and text == "100.00%" else text
