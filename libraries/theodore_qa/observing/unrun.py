"""Checks that a test has and that did not run, because it left by Pass Execution, RETURN, BREAK or CONTINUE."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from theodore_qa.observing.provenance import DERIVING

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_RUN = "NOT RUN"
_CHOICES = ("IF/ELSE ROOT", "TRY/EXCEPT ROOT")  # of their branches one is meant to run
_LOOPS = ("FOR", "WHILE")
_CHECKING = re.compile(r"\b(should|fail|run keyword|wait until)\b", re.IGNORECASE)


def unrun_check(test: Any) -> str:
    """The first keyword of a test that passed, in the order of its steps, that was passed over; empty if there is none."""
    return next(_passed_over(test), "")


def _passed_over(parent: Any) -> Iterator[str]:
    """The keywords below an item that ran which did not, though no branch was chosen in their place."""
    ran = failed = False
    for item in parent.body:
        kind = getattr(item, "type", "")
        if kind == "MESSAGE" or not hasattr(item, "status"):
            continue
        if item.status == NOT_RUN:
            if ran and not failed and kind == "KEYWORD" and _checks(item):
                yield str(item.full_name)
            continue
        ran, failed = True, failed or item.status == "FAIL"
        if kind in _LOOPS:
            yield from _in_loop(item)
        elif kind in _CHOICES:
            for branch in item.body:
                if branch.status != NOT_RUN:
                    yield from _passed_over(branch)
        elif hasattr(item, "body"):
            yield from _passed_over(item)


def _checks(keyword: Any) -> bool:
    """Whether a keyword may check something: Robot's own do by their names, keywords of the suite and of other libraries do."""
    return keyword.owner not in DERIVING or bool(_CHECKING.search(keyword.name))


def _in_loop(loop: Any) -> Iterator[str]:
    """What was passed over in the iterations of a loop, and the rows of data to which it did not come."""
    iterations = [iteration for iteration in loop.body if getattr(iteration, "status", NOT_RUN) != NOT_RUN]
    for iteration in iterations:
        yield from _passed_over(iteration)
    rows = len(loop.values) // max(1, len(loop.assign)) if loop.type == "FOR" and loop.flavor in ("IN", "IN ENUMERATE") else 0
    if len(iterations) < rows and not any("{" in str(value) for value in loop.values):
        yield f"FOR over {rows} values, of which {rows - len(iterations)} were passed over"
