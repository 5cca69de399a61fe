"""Lists as long as a number of the request says: whether anything limits it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary import graphql

if TYPE_CHECKING:
    from SecurityLibrary.insertion_points import InsertionPoint
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

FEW, STEPS = (3, 7), (1000, 10_000)
LONG = 2.0  # seconds, after which no larger number is sent


def applies(point: InsertionPoint) -> bool:
    """Whether a number of a body may be how many items come: the answer to the control request had a list as long."""
    in_body = point.parameter.location == "body" and not graphql.takes_variable(point.parameter)
    if not in_body or point.parameter.kind != "integer" or not isinstance(point.value, int) or isinstance(point.value, bool):
        return False
    return any(len(items) == point.value for items in _lists(point.controls[0]))


def unlimited(scan: Scan, point: InsertionPoint) -> list[Exchange]:
    """The answers that have as many items as a large number says, twice; empty where it is refused, or shown by nothing."""
    for number in (*FEW, *STEPS):
        answer = scan.sender.put(point, number)
        if not answer.ok or not any(len(items) == number for items in _lists(answer)) or answer.duration > LONG:
            return []
    again = scan.sender.put(point, number)
    return [answer, again] if again.ok and any(len(items) == number for items in _lists(again)) else []


def _lists(answer: Exchange) -> list[list[object]]:
    """The lists in an answer."""
    bodies, found = [answer.body], []
    while bodies:
        body = bodies.pop()
        found += [body] if isinstance(body, list) else []
        bodies += body.values() if isinstance(body, dict) else ()
    return found
