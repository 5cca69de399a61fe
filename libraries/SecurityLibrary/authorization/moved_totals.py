"""What follows the amounts that are sent: totals of the answer, and what is left of a budget, as another operation reads it."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from SecurityLibrary.description import graphql
from SecurityLibrary.description.operations import FIRST
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

# Where amounts add up to what somebody gets or has left, although the path names no payment.
SPENDING = re.compile(r"(?i)expens|claim|reimburs|budget|allowance|payroll|bill|spend|fund|loan|quote|receipt|settle")
LEFT = re.compile(r"(?i)left|remain|budget|balance|total|spent|available|credit|owed|due|sum|saldo|paid|used")
OWN = re.compile(r"(?i)[/#._-](?:me|self|profile|account|wallet|balance|credits?|purse|points)/?$")  # what the identity has
MOST_READS, MOST_TRIED, CREATED = 3, 12, 201


def adds_up(operation: ScanOperation, parameter: InsertableParameter) -> bool:
    """Whether an amount is one of several in a list, or of what is spent."""
    return operation.method == "POST" and (FIRST in parameter.pointer[1:] or bool(SPENDING.search(operation.path)))


def derived(answer: Exchange, parameter: InsertableParameter) -> set[str]:
    """The places of an answer that hold a number below zero, and are called otherwise than what was sent."""
    own = parameter.pointer[-1]
    return {name for name, value in numbers(answer).items() if value < 0 and name.rpartition(".")[2] != own}


def moved(scan: Scan, operation: ScanOperation, parameter: InsertableParameter, identity: Identity | None) -> str:
    """What another operation reads that an amount moves, and one below zero the other way by as much; empty if nothing does."""
    top = operation.route.split("/")[: 3 if operation.route.startswith("/api/") else 2]
    reads = [
        each
        for each in scan.plan.operations
        if graphql.reads(each) and not each.admin and "{" not in each.path and not scan.plan.skip_reason(each)
        if each.route.split("/")[: len(top)] == top or OWN.search(each.path)
    ]
    reads.sort(key=lambda each: not OWN.search(each.path))
    reads = [each for each in reads[:MOST_TRIED] if left(scan, each, identity)][:MOST_READS]
    seen: list[dict[str, float]] = []
    answer: Exchange | None = None
    for amount in (0, 1, -1, -2) if reads else ():
        answer = scan.sender.send(operation, identity, {parameter: amount}) if amount else None
        if answer is not None and not answer.ok:
            return ""
        seen.append({f"{each} {name}": value for each in reads for name, value in left(scan, each, identity).items()})
    if answer is not None and answer.status != CREATED:  # what was made is removed at the end
        with scan.sender.traces.putting_back():
            scan.sender.send(operation, identity, {parameter: 2})
    for place in seen[0] if seen else ():
        values = [numbers[place] for numbers in seen if place in numbers]
        steps = [round(after - before, 6) for before, after in itertools.pairwise(values)]
        if len(steps) == 3 and steps[0] and steps[1] == -steps[0] and steps[2] == -2 * steps[0]:  # noqa: PLR2004  # 1, -1, -2
            return place
    return ""


def left(scan: Scan, read: ScanOperation, identity: Identity | None) -> dict[str, float]:
    """The numbers of what is left or spent, by their places; those of items in lists are none."""
    return {
        name: value
        for name, value in numbers(scan.sender.send(read, identity)).items()
        if LEFT.search(name) and not re.search(r"(?:^|\.)\d+(?:\.|$)", name)
    }


def numbers(answer: Exchange) -> dict[str, float]:
    """The numbers of an answer, by their places."""
    leaves = pointers.leaves(answer.body) if answer.ok else []
    return {name: value for name, value in leaves if isinstance(value, int | float) and not isinstance(value, bool)}
