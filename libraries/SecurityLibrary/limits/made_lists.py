"""Lists as long as a number of the request says: whether anything limits it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary.description import graphql

if TYPE_CHECKING:
    from SecurityLibrary.description.insertion_points import InsertionPoint
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

FEW, LARGE, LARGER = (3, 7), 1000, 10_000
LONG = 2.0  # seconds, after which no larger number is sent


def applies(point: InsertionPoint) -> bool:
    """Whether a number of a body may be how many items come: the answer to the control request had a list as long."""
    in_body = point.parameter.location == "body" and not graphql.takes_variable(point.parameter)
    if not in_body or point.parameter.kind != "integer" or not isinstance(point.value, int) or isinstance(point.value, bool):
        return False
    return any(len(items) == point.value for items in _lists(point.controls[0]))


def unlimited(scan: Scan, point: InsertionPoint) -> tuple[int, list[Exchange]]:
    """How many items come for ten thousand, with the two answers; none where they are refused, lowered or shown by nothing.

    They are fewer where there is a limit of thousands.
    """
    for number in FEW:
        answer = scan.sender.put(point, number)
        if not answer.ok or not any(len(items) == number for items in _lists(answer)):
            return 0, []
    answers = [scan.sender.put(point, LARGE)]
    while answers[-1].ok and answers[-1].duration <= LONG and len(answers) <= 2:  # noqa: PLR2004  # twice the larger one
        answers.append(scan.sender.put(point, LARGER))
    first, *larger = [max(map(len, _lists(answer)), default=0) if answer.ok else 0 for answer in answers]
    taken = first == LARGE and len(larger) == 2 and min(larger) > LARGE  # noqa: PLR2004  # as above
    return (min(larger), answers[1:]) if taken else (0, [])


def _lists(answer: Exchange) -> list[list[object]]:
    """The lists in an answer."""
    bodies, found = [answer.body], []
    while bodies:
        body = bodies.pop()
        found += [body] if isinstance(body, list) else []
        bodies += body.values() if isinstance(body, dict) else ()
    return found
