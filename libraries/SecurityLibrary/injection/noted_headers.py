"""Headers that a system may note down with a request, and show to somebody else later."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from SecurityLibrary.description import graphql
from SecurityLibrary.description.insertion_points import InsertionPoint
from SecurityLibrary.description.operations import InsertableParameter
from SecurityLibrary.sending.pacing import unlimited

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan

USUAL = {"User-Agent": "Mozilla/5.0", "Referer": "https://example.com/", "X-Forwarded-For": "192.0.2.7"}
HEADERS = tuple(USUAL)


def points(scan: Scan, probe_id: str, most: int, names: Collection[str] = HEADERS) -> Iterator[InsertionPoint]:
    """These headers as insertion points of the first operations that read, where the description does not have them."""
    reading = [each for each in scan.plan.working(probe_id, sample=True) if each.method == "GET" and "#" not in each.path]
    for operation in reading[:most]:
        identity = scan.plan.identity_for(operation)
        controls = scan.plan.control(operation, identity)
        described = {each.name.lower() for each in operation.parameters if each.location == "header"}
        for name in names:
            if name.lower() not in described:
                header = InsertableParameter(name, "header")
                sending = replace(operation, parameters=(*operation.parameters, header))
                yield InsertionPoint(sending, header, identity, USUAL[name], controls)


def noting(scan: Scan) -> list[ScanOperation]:
    """The operations that may note them: all that change something, the sign-in among them."""
    every = [each for each in scan.plan.operations if not each.safe and not graphql.reads(each) and not each.takes_away]
    return [each for each in every if not scan.plan.skip_reason(each)]


def sent(scan: Scan, operation: ScanOperation, markup: str) -> dict[str, str]:
    """Send an operation twice with markup in these headers; the mark of each header, with the place of that header.

    Where they are refused together, each goes alone.

    Raises:
        NotEvaluatedError: The operation works for nobody, or too many requests have reached it.
    """
    identity = scan.plan.identity_for(operation)
    control = scan.plan.control(operation, identity)[0]
    marks: dict[str, str] = {}
    for _ in range(2):
        numbers = {name: scan.random.number() for name in HEADERS}
        values = {name: markup.format(n=number) for name, number in numbers.items()}
        answer = unlimited(scan.sender.send(operation, identity, headers=values))
        if answer.status != control.status:
            for name, value in values.items():
                scan.sender.send(operation, identity, headers={name: value})
        marks |= {f"qa{number}": f"{operation} header {name}" for name, number in numbers.items()}
    return marks
