"""What is added to the objects that the description names, which its pages are about, and is taken away again."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from SecurityLibrary.description import graphql
from SecurityLibrary.description.insertion_points import value_at
from SecurityLibrary.description.nouns import noun_of
from SecurityLibrary.objects.identifiers import identifier_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.insertion_points import InsertionPoint
    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange


def adds(scan: Scan, point: InsertionPoint) -> bool:
    """Whether an operation adds something to an object that its example names, and another one takes it away again."""
    making = graphql.makes(point.operation) and _removing(scan, point.operation) is not None
    text = graphql.takes_variable(point.parameter) and not noun_of(point.operation, point.parameter)
    return (
        making and text and any(noun_of(point.operation, each) for each in point.operation.parameters if each != point.parameter)
    )


@contextmanager
def added(scan: Scan, point: InsertionPoint, value: str) -> Iterator[Exchange]:
    """Add a value to the object of the example; what was made by it is removed at the end."""
    operation, removing = point.operation, _removing(scan, point.operation)
    examples = {
        each: value_at(operation.body, each.pointer)
        for each in operation.parameters
        if each != point.parameter and noun_of(operation, each)
    }
    answer = scan.sender.send(operation, point.identity, examples | {point.parameter: value})
    try:
        yield answer
    finally:
        identifier = identifier_in(answer.body, "id") if answer.ok else None
        if removing is not None and removing.removed is not None and identifier is not None:
            with scan.sender.traces.putting_back():
                gone = scan.sender.send(removing, point.identity, {removing.removed: identifier})
            if not gone.ok:
                scan.sender.traces.not_removed.append(f"{operation} {identifier}: its removal was answered {gone.outcome}")


def _removing(scan: Scan, making: ScanOperation) -> ScanOperation | None:
    """The operation that removes what another one makes."""
    noun = graphql.noun(making.path)
    return next(
        (
            each
            for each in scan.plan.operations
            if each.removed is not None and graphql.noun(each.path) == noun and not each.admin
        ),
        None,
    )
