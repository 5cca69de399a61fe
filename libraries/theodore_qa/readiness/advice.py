"""Who acts next on a gate, and what is recommended: each sentence names the observation that it rests on."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.readiness.causes import ENVIRONMENT, TEST_ERROR
from theodore_qa.readiness.gates import FAIL, NOT_EVALUATED, PASS
from theodore_qa.readiness.located import NOT_SELECTED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from theodore_qa.readiness.causes import Cause
    from theodore_qa.readiness.controls import ControlResult
    from theodore_qa.readiness.gates import GateResult
    from theodore_qa.readiness.located import Key

NEAR = 0.1  # a margin below this share of the threshold is narrow
MOST, MOST_NARROW = 12, 3


def next_step(result: GateResult) -> str:
    """Who acts next on a gate, and how."""
    if result.verdict == PASS:
        return "nobody"
    if result.verdict == FAIL:
        return "developers of the system: correct what was observed"
    if result.waiver and not result.waiver.in_force:
        return f"{result.waiver.owner}: the waiver has ended"
    if result.waived:
        return f"{result.waiver.owner}: waived until {result.waiver.until}" if result.waiver else "owner of the environment file"
    return _to_evaluate(result)


def _to_evaluate(result: GateResult) -> str:
    """Who brings what a gate lacks."""
    gate = result.gate
    if gate.measure == "input":
        return f"test lead: give the report by --gate-input {gate.input}=FILE"
    if gate.measure == "attestation":
        return f"release manager: theodore evidence attest {gate.id}"
    if all(test.verdict == NOT_SELECTED for test in result.tests):
        return f"test lead: run the tests of {', '.join(f'suites/{name}' for name in gate.suites)}"
    if result.n < gate.minimum:
        return f"test lead: observe longer, by --profile full: {result.n} of {gate.minimum} values"
    return "test lead: see why its tests have no verdict"


def recommendations(
    groups: Sequence[tuple[Cause, list[Key]]],
    gates: Sequence[GateResult],
    margins: Sequence[dict[str, Any]],
    controls: Sequence[ControlResult],
    changing: Sequence[str],
    sources: Mapping[Key, str],
) -> list[dict[str, str]]:
    """What to do, the most pressing first, each with the observation that it rests on."""
    found = []
    for cause, keys in groups:
        source, line, name = keys[0]
        several = len(keys) > 1
        if cause.category == TEST_ERROR:
            do = f"Correct the test {name}"
        elif cause.category == ENVIRONMENT:
            do = f"Provide what {len(keys)} test{'s need' if several else ' needs'}, or name it in not_available"
        else:
            do = f"Correct the system: {len(keys)} test{'s fail' if several else ' fails'} by this"
        found.append({"do": do, "rests_on": cause.sentence, "where": f"{name} ({sources.get(keys[0], source)}:{line})"})
    found += [
        {"do": f"Decide on the gate {result.gate.title}", "rests_on": result.sentence, "where": f"gate {result.gate.id}"}
        for result in gates
        if result.verdict == FAIL or (result.verdict == NOT_EVALUATED and result.waiver and not result.waiver.in_force)
    ]
    found += [
        {"do": f"Watch {near['name']}: its margin is {near['margin']:.1%}", "rests_on": near["observed"], "where": near["where"]}
        for near in [near for near in margins if 0 <= near["margin"] < NEAR][:MOST_NARROW]
    ]
    found += [
        {"do": f"Find out why {course.partition(': ')[0]} changes its verdict", "rests_on": course, "where": "earlier runs"}
        for course in changing
    ]
    contradicted = [result for result in controls if result.verdict == "CONTRADICTED"]
    found += [
        {"do": f"Tell the owner of {result.control.id} ({result.control.title})", "rests_on": result.reason, "where": "controls"}
        for result in contradicted
    ]
    return found[:MOST]
