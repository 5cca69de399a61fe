"""Headers that a system may note down with a request, and show to somebody else later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SecurityLibrary import graphql
from SecurityLibrary.pacing import unlimited

if TYPE_CHECKING:
    from SecurityLibrary.operations import ScanOperation
    from SecurityLibrary.scan import Scan

HEADERS = ("User-Agent", "Referer", "X-Forwarded-For")


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
