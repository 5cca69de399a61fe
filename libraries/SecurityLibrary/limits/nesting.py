"""Objects in described properties that get deeper step by step: what walks through them may take twice as long for each level."""

from __future__ import annotations

import json
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description.insertion_points import put_in, value_at
from SecurityLibrary.description.operations import FIRST
from SecurityLibrary.findings.finding import Severity
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.probes.base import Probe
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

# What takes twice as long for each level shows between 14 and 25, before it takes minutes.
DEPTHS = (10, 14, 17, 20, 22, 24, 26, 30, 38, 50, 100)
# What is called alike on each level, such as the negation of a negation, is walked through by what it is for.
ALIKE = (10, 100, 300, 1000, 3000, 10_000, 30_000, 100_000)
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
    inner = [each.pointer[:-1] for each in operation.parameters if each.location == "body" and len(each.pointer) > 2]  # noqa: PLR2004  # below what is given
    return list(dict.fromkeys((*free, *(each for each in inner if FIRST not in each), *given)))


def _look(probe: Probe, scan: Scan, operation: ScanOperation, pointer: tuple[str, ...]) -> Finding | None:
    return _deeper(probe, scan, operation, pointer, DEPTHS) or _deeper(probe, scan, operation, pointer, ALIKE)


def _deeper(
    probe: Probe, scan: Scan, operation: ScanOperation, pointer: tuple[str, ...], depths: tuple[int, ...]
) -> Finding | None:
    name, before, took, alike = ".".join(pointer), 0, 0.05, depths is ALIKE
    for depth in depths:
        answer = _sent(scan, operation, pointer, depth, alike=alike)
        if not answer.status:
            return _gone(probe, scan, operation, f"{name} nested {depth} deep", answer)
        if answer.duration > max(LONG, GROWTH * took):
            return _slow(probe, scan, operation, pointer, (before, depth), answer, alike=alike)
        if answer.status >= 500:  # noqa: PLR2004  # errors of the server
            again, less = (_sent(scan, operation, pointer, levels, alike=alike) for levels in (depth, before or 1))
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
    probe: Probe,
    scan: Scan,
    operation: ScanOperation,
    pointer: tuple[str, ...],
    depths: tuple[int, int],
    answer: Exchange,
    *,
    alike: bool,
) -> Finding | None:
    """Depth that takes long, if it does so a second time while less depth does not: machines are busy at times."""
    before, depth = depths
    less = [_sent(scan, operation, pointer, max(1, before - 4), alike=alike).duration for _ in range(2)]
    again = _sent(scan, operation, pointer, depth, alike=alike)
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


def _sent(scan: Scan, operation: ScanOperation, pointer: tuple[str, ...], depth: int, *, alike: bool) -> Exchange:
    """The answer to a good body, with objects in objects beside what one of its properties holds.

    Those that are called ``alike`` have the name of the property, and nothing stands beside them.
    """
    identity = scan.plan.identity_for(operation)
    content: Any = scan.sender.builder.composed(operation, {}, identity, raw=False)[2]
    if alike:
        content = put_in(content, pointer[:-1], {pointer[-1]: PLACE}) if pointer[:-1] else {**content, pointer[-1]: PLACE}
        name, end = json.dumps(pointer[-1]), "{}"
    else:
        inner = value_at(content, pointer)
        content = put_in(content, pointer, {**(inner if isinstance(inner, dict) else {}), "qa": PLACE})
        name, end = '"qa"', "1"
    text = json.dumps(content).replace(json.dumps(PLACE), f"{{{name}:" * depth + end + "}" * depth)
    return scan.sender.send(operation, identity, body=text.encode())
