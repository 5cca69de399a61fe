"""What shows an object that was just made: its own operations, and the list that it stands in; also once it is ready."""

from __future__ import annotations

import re
import time
from typing import Any, TYPE_CHECKING

from SecurityLibrary.known_values import located
from SecurityLibrary.objects import identifier_in
from SecurityLibrary.sender import LOOKS, MOST_FRUITLESS, READY_WITHIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.insertion_points import InsertionPoint
    from SecurityLibrary.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

MOST = 3
STATES = re.compile(r"(?i)(?:state|status|phase)")
UNDER_WAY = re.compile(r"(?i)(?:queued|pending|running|processing|in[_ -]?progress|scheduled|waiting|working|started)")


def of(scan: Scan, point: InsertionPoint) -> list[tuple[ScanOperation, InsertableParameter | None]]:
    """The operations that read what an insertion point's operation makes or changes, those below its path first.

    Each comes with the parameter that takes the identifier of what was made; None where it takes none, or the same as it.
    """
    own = point.operation.route.rstrip("/")
    found: list[tuple[ScanOperation, InsertableParameter | None]] = []
    for operation in scan.plan.operations:
        if operation.method != "GET" or "#" in operation.path or scan.plan.skip_reason(operation):
            continue
        route = operation.route.rstrip("/")
        if route == own:
            found.append((operation, None))
        elif route.startswith(f"{own}/{{") and route.count("{") == own.count("{") + 1:
            found.append((operation, operation.last))
    return sorted(found, key=lambda reader: -len(reader[0].route))[:MOST]


def read(
    scan: Scan,
    point: InsertionPoint,
    stored: Exchange,
    readers: list[tuple[ScanOperation, InsertableParameter | None]],
) -> Iterator[tuple[tuple[ScanOperation, InsertableParameter | None], Exchange]]:
    """The answers that show what ``stored`` has made; what is still under way is waited for, for some seconds."""
    for operation, parameter in readers:
        given: dict[InsertableParameter, Any] = {}
        if parameter is not None:
            identifier = identifier_in(stored.body, parameter.name)
            identifier = located(stored, point.operation.route) if identifier is None else identifier
            if identifier is None:
                continue
            given = {parameter: identifier}
        yield (operation, parameter), _done(scan, operation, point, given)


def _done(scan: Scan, operation: ScanOperation, point: InsertionPoint, given: dict[InsertableParameter, Any]) -> Exchange:
    """What an operation shows of an object, once its state does not say any more that it is under way."""
    answer, ends = scan.sender.send(operation, point.identity, given), time.monotonic() + READY_WITHIN
    label = f"{operation} (state)"
    while given and _under_way(answer) and time.monotonic() < ends and scan.sender.never_ready[label] < MOST_FRUITLESS:
        scan.sender.pause(LOOKS)
        answer = scan.sender.send(operation, point.identity, given)
    if given and _under_way(answer):
        scan.sender.never_ready[label] += 1
    return answer


def _under_way(answer: Exchange) -> bool:
    """Whether an object says of its own state that it is not done yet."""
    body = answer.body if answer.ok and isinstance(answer.body, dict) else {}
    inner = [body, *(value for value in body.values() if isinstance(value, dict))]
    return any(
        STATES.fullmatch(str(name)) and isinstance(value, str) and UNDER_WAY.fullmatch(value)
        for part in inner
        for name, value in part.items()
    )
