"""Pages on which somebody writes, as guest books and forums: beside what was written they show the name of who wrote it."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from SecurityLibrary.discovery.pages import BROWSER
from SecurityLibrary.identities import accounts
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from SecurityLibrary.description.insertion_points import InsertionPoint
    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan

# What others are shown of somebody beside what they write.
ABOUT_A_PERSON = re.compile(r"(?i)name|nick|alias|handle|signature|pronoun|motto|avatar|badge")
WRITTEN = re.compile(r"(?i)text|message|comment|body|content|note|entry|post|review|subject|title|wish|reply|remark|opinion")
MOST = 3  # pages


def under_a_name(scan: Scan, point: InsertionPoint, readable: Sequence[ScanOperation]) -> Iterator[ScanOperation]:
    """The pages on which something was written by whoever has stored a name in a place; none where it is no name of theirs."""
    if not ABOUT_A_PERSON.search(point.parameter.name) or point.operation.last is not None:
        return
    identity = scan.plan.identity_for(point.operation)
    pages = {page.route: page for page in readable if page.last is None}
    writing = [each for each in scan.plan.operations if each.route in pages and _may_write(scan, each, point.operation)]
    writing.sort(key=lambda each: not any(WRITTEN.search(parameter.name) for parameter in each.parameters))
    for operation in writing[:MOST]:
        with suppress(NotEvaluatedError):
            scan.sender.send(operation, identity, headers=BROWSER)
            yield pages[operation.route]


def _may_write(scan: Scan, operation: ScanOperation, naming: ScanOperation) -> bool:
    """Whether an operation may write on a page, rather than sign somebody in or change the name again."""
    if operation.method != "POST" or operation == naming or operation.disruptive or scan.plan.skip_reason(operation):
        return False
    return not scan.authenticator.signs_in(operation) and operation not in accounts.registering(scan)
