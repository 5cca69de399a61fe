"""Tables that have to be made before they are read: exports and reports, whose kind a property may name."""

from __future__ import annotations

import csv
import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description.insertion_points import InsertionPoint
from SecurityLibrary.description.operations import InsertableParameter
from SecurityLibrary.objects import readers
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

KINDS = re.compile(r"(?i)^(?:csv|tsv|text/csv)$")
MAKES = re.compile(r"(?i)export|report|download|statement|extract|dump|table|sheet|csv|backup")
SIGNS = ",;\t"
NOTHING = InsertableParameter("(nothing)", "body")


def is_table(answer: Exchange) -> bool:
    """Whether an answer is a table."""
    return answer.ok and ("csv" in answer.media or "tab-separated" in answer.media)


def cells(text: str) -> set[str]:
    """The cells of a table, by whichever sign they are parted."""
    return {cell for sign in SIGNS for row in csv.reader(text.splitlines(), delimiter=sign) for cell in row}


def makers(scan: Scan) -> list[tuple[ScanOperation, dict[InsertableParameter, Any]]]:
    """The operations that make tables, with the values that ask for one: known by a kind of its own, or by their paths."""
    found = []
    for operation in scan.plan.operations:
        if operation.safe or operation.takes_away or scan.plan.skip_reason(operation):
            continue
        kinds = {
            each: kind
            for each in operation.parameters
            for kind in each.schema.get("enum") or ()
            if isinstance(kind, str) and KINDS.match(kind)
        }
        if kinds or (operation.method == "POST" and MAKES.search(operation.route)):
            found.append((operation, kinds))
    return found


def read(scan: Scan, operation: ScanOperation, given: dict[InsertableParameter, Any]) -> Iterator[tuple[str, Exchange]]:
    """The tables that come of an operation: in its answer, or from what reads the object that it makes.

    Raises:
        NotEvaluatedError: It made none.
    """
    identity = scan.plan.identity_for(operation)
    made = scan.sender.send(operation, identity, given)
    if not made.ok:
        raise NotEvaluatedError(f"no table was made: {made.status} was answered")
    if is_table(made):
        yield str(operation), made
        return
    point = InsertionPoint(operation, NOTHING, identity, "", (made,))
    for (reader, parameter), answer in readers.read(scan, point, made, readers.of(scan, point)):
        if parameter is not None and is_table(answer):
            yield str(reader), answer
