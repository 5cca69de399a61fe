"""Objects in described properties that get deeper step by step: what walks through them may take twice as long for each level."""

from __future__ import annotations

import json
from typing import Any, TYPE_CHECKING

from SecurityLibrary.findings import Severity
from SecurityLibrary.insertion_points import put_in, value_at
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.findings import Finding
    from SecurityLibrary.operations import ScanOperation
    from SecurityLibrary.probes.base import Probe
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

# What takes twice as long for each level shows between 14 and 25, before it takes minutes.
DEPTHS = (10, 14, 17, 20, 22, 24, 26, 30, 38, 50, 100)
LONG = 0.7  # seconds
GROWTH = 4
MOST = 2
PLACE = "qa-here"


def nested(probe: Probe, scan: Scan) -> Iterator[Finding]:
    """A finding for each operation that gets slow, or fails, by the depth of an object that it is described with."""
    for operation in scan.target.operations:
        if not operation.takes_json or operation.safe or scan.plan.skip_reason(operation):
            continue
        for pointer in _objects(operation)[:MOST]:
            location = f"{operation} body {'.'.join(pointer)} (nested)"
            with scan.apart(probe.id, location):
                scan.plan.control(operation, scan.plan.identity_for(operation))
                with scan.sender.lock.exclusive():
                    found = _look(probe, scan, operation, pointer)
                scan.coverage.tried(probe.id, location)
                if found:
                    yield found
                    break
        if not scan.sender.is_healthy():
            scan.sender.recover()


def _objects(operation: ScanOperation) -> list[tuple[str, ...]]:
    """Where a body holds an object, or may hold one."""
    body = operation.body if isinstance(operation.body, dict) else {}
    given = [(name,) for name, value in body.items() if isinstance(value, dict)]
    free = [each.pointer for each in operation.parameters if each.location == "body" and each.kind == "object"]
    return list(dict.fromkeys((*free, *given)))


def _look(probe: Probe, scan: Scan, operation: ScanOperation, pointer: tuple[str, ...]) -> Finding | None:
    name, before, took = ".".join(pointer), 0, 0.05
    for depth in DEPTHS:
        answer = _sent(scan, operation, pointer, depth)
        if not answer.status:
            return _gone(probe, scan, operation, f"{name} nested {depth} deep", answer)
        if answer.duration > max(LONG, GROWTH * took):
            return _slow(probe, scan, operation, pointer, (before, depth), answer)
        if answer.status >= 500:  # noqa: PLR2004  # errors of the server
            again, less = _sent(scan, operation, pointer, depth), _sent(scan, operation, pointer, before or 1)
            if again.status >= 500 > less.status:  # noqa: PLR2004  # as above
                observed = f"{name} nested {depth} deep makes the server fail, {before or 1} deep does not"
                return probe.finding(str(operation), observed, answer, again, severity=Severity.MEDIUM)
            return None
        if not answer.ok:
            return None
        if not scan.sender.is_healthy():
            raise NotEvaluatedError(f"the system got slow by {name} nested {depth} deep")
        before, took = depth, max(answer.duration, 0.05)
    return None


def _slow(
    probe: Probe, scan: Scan, operation: ScanOperation, pointer: tuple[str, ...], depths: tuple[int, int], answer: Exchange
) -> Finding | None:
    """Depth that takes long, if it does so a second time while less depth does not: machines are busy at times."""
    before, depth = depths
    less = [_sent(scan, operation, pointer, max(1, before - 4)).duration for _ in range(2)]
    again = _sent(scan, operation, pointer, depth)
    if min(again.duration, answer.duration) < max(LONG, GROWTH * max(less)):
        return None
    observed = (
        f"{'.'.join(pointer)} nested {depth} deep takes {again.duration:.1f} s, {max(1, before - 4)} deep {max(less):.2f} s"
    )
    return probe.finding(str(operation), observed, answer, again, severity=Severity.MEDIUM)


def _gone(probe: Probe, scan: Scan, operation: ScanOperation, what: str, answer: Exchange) -> Finding:
    """Depth that brings no answer: the system is gone, or nothing is known."""
    if scan.sender.is_healthy():
        raise NotEvaluatedError(f"{what} was not answered, and the system was healthy afterwards")
    observed = f"{what} is not answered; the system answers nothing afterwards"
    return probe.finding(str(operation), observed, answer, severity=Severity.HIGH)


def _sent(scan: Scan, operation: ScanOperation, pointer: tuple[str, ...], depth: int) -> Exchange:
    """The answer to a good body, with objects in objects beside what one of its properties holds."""
    identity = scan.plan.identity_for(operation)
    content: Any = scan.sender.builder.composed(operation, {}, identity, raw=False)[2]
    inner = value_at(content, pointer)
    content = put_in(content, pointer, {**(inner if isinstance(inner, dict) else {}), "qa": PLACE})
    text = json.dumps(content).replace(json.dumps(PLACE), '{"qa":' * depth + "1" + "}" * depth)
    return scan.sender.send(operation, identity, body=text.encode())
