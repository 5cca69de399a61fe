"""What shows an object that was just made: its own operations, and the list that it stands in; also once it is ready."""

from __future__ import annotations

import json
import re
import time
from functools import partial
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description.nouns import noun_of
from SecurityLibrary.description.reference_names import plurals
from SecurityLibrary.objects.identifiers import identifier_in
from SecurityLibrary.sending.sender import LOOKS
from SecurityLibrary.values.known_values import content, located

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.description.insertion_points import InsertionPoint
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

MOST, MOST_USING = 3, 3
# What is called so shows what it makes of an object.
RENDERS = re.compile(r"(?i)render|preview|run|exec|test|print|export|generat|build|convert|evaluat|compil|process|show")
Reader = tuple["ScanOperation", "InsertableParameter | None"]  # what reads, and its place for the identifier
STATES = re.compile(r"(?i)(?:state|status|phase)")
UNDER_WAY = re.compile(r"(?i)(?:queued|pending|running|processing|in[_ -]?progress|scheduled|waiting|working|started)")


def of(scan: Scan, point: InsertionPoint) -> list[Reader]:
    """The operations that read what an insertion point's operation makes or changes, those below its path first; then its users.

    Each comes with the parameter that takes the identifier of what was made; None where it takes none, or the same as it.
    """
    own = point.operation.route.rstrip("/")
    found: list[Reader] = []
    for operation in scan.plan.operations:
        if operation.method != "GET" or "#" in operation.path or scan.plan.skip_reason(operation):
            continue
        route = operation.route.rstrip("/")
        if route == own:
            found.append((operation, None))
        elif route.startswith(f"{own}/{{") and route.count("{") == own.count("{") + 1:
            found.append((operation, operation.last))
    using = sorted(_using(scan, point), key=lambda reader: not RENDERS.search(reader[0].route.rpartition("/")[2]))
    return sorted(found, key=lambda reader: -len(reader[0].route))[:MOST] + using[:MOST_USING]


def _using(scan: Scan, point: InsertionPoint) -> Iterator[Reader]:
    """The operations that do something with what was made: below its path, or where a body or query names one of its kind."""
    own = point.operation.route.rstrip("/")
    if point.operation.safe or "#" in point.operation.path or not point.operation.takes_json:
        return
    is_one, kind = own.endswith("}"), own.rpartition("/")[2].lower()
    for operation in scan.plan.operations:
        route = operation.route.rstrip("/")
        if "#" in operation.path or operation.admin or operation.takes_away or operation.method not in ("GET", "POST"):
            continue
        if operation == point.operation or scan.authenticator.signs_in(operation) or scan.plan.skip_reason(operation):
            continue
        below = route.startswith(f"{own}/") and route.count("{") == own.count("{") + (not is_one)
        if below and operation.method == "POST":
            yield operation, None if is_one else operation.last
        named = [each for each in operation.parameters if each.location in ("body", "query")]
        naming = next((each for each in named if kind in plurals(noun_of(operation, each))), None)
        if naming is not None and not below and not is_one:
            yield operation, naming


def stores(scan: Scan, point: InsertionPoint) -> list[Callable[[Any], Exchange]]:
    """How a value is put into an insertion point: with the whole example, and with no more than is required beside it.

    What is optional may be a placeholder, which is refused only once it is used.
    """
    ways: list[Callable[[Any], Exchange]] = [partial(scan.sender.put, point)]
    own = point.parameter.pointer[:1]
    needed = {
        each.pointer[0] for each in point.operation.parameters if each.pointer and (each.required or each.pointer[:1] == own)
    }
    body = point.operation.body
    if point.operation.takes_json and isinstance(body, dict) and own and body.keys() - needed:

        def least(value: Any) -> Exchange:
            given = {point.parameter: value}
            content = scan.sender.builder.composed(point.operation, given, point.identity, raw=False)[2]
            kept = {name: part for name, part in content.items() if name in needed}
            return scan.sender.send(point.operation, point.identity, body=json.dumps(kept).encode())

        ways.append(least)
    return ways


def read(
    scan: Scan,
    point: InsertionPoint,
    stored: Exchange,
    readers: list[Reader],
) -> Iterator[tuple[Reader, Exchange]]:
    """The answers that show what ``stored`` has made; what is still under way is waited for, for some seconds."""
    for operation, parameter in readers:
        given: dict[InsertableParameter, Any] = {}
        if parameter is not None:
            identifier = made(stored, parameter.name, point.operation.route)
            if identifier is None:
                continue
            given = {parameter: identifier}
        yield (operation, parameter), _done(scan, operation, point, given)


def made(stored: Exchange, name: str, collection: str) -> Any:
    """The identifier of what was just made: in the answer, JSON or XML, or at the end of its Location."""
    found = identifier_in(content(stored, collection), name) if stored.media != "text/html" else None
    return found if found is not None else located(stored, collection)


def _done(scan: Scan, operation: ScanOperation, point: InsertionPoint, given: dict[InsertableParameter, Any]) -> Exchange:
    """What an operation shows of an object, once its state does not say any more that it is under way."""
    label = f"{operation} (state)"
    answer, ends = scan.sender.send(operation, point.identity, given), time.monotonic() + scan.sender.patience(label)
    while given and _under_way(answer) and time.monotonic() < ends:
        scan.sender.pause(LOOKS)
        answer = scan.sender.send(operation, point.identity, given)
    scan.sender.never_ready[label] += bool(given) and _under_way(answer)
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
