"""Amounts in fields that a page hides or locks: nobody is meant to choose them, and what has to be paid follows them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from SecurityLibrary.discovery import page_amounts, page_forms, pages_after
from SecurityLibrary.proof.effects import done
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

AMOUNT = re.compile(
    r"(?i)amount|price|total|cost|fee|fare|due|sum|rate|discount|percent|cents|pence|deposit|payable|points|credits?$"
)
# Where one finds what one has or owes.
OWN = re.compile(r"(?i)cart|basket|wallet|purse|balance|account|credit|fund|budget|point|order|bill|invoice|me$")
STEPS = (1, 2, 1)
MOST_READ = 6


def taken(scan: Scan, operation: ScanOperation) -> tuple[str, list[Exchange]] | None:
    """The hidden amount of a form that an amount of one's own follows, with the answers; None where none does.

    It follows where it changes by a step for 1, by twice that for 2, and by the first step for 1 again.
    """
    hidden = page_forms.hidden(scan, operation)
    places = [each for each in operation.parameters if each.name in hidden and AMOUNT.search(each.name)]
    if operation.method != "POST" or operation.admin or not places:
        return None
    identity = scan.plan.identity_for(operation)
    scan.plan.control(operation, identity)
    for place in places:
        if identity is not None and (answers := _followed(scan, operation, place, identity)):
            return f"{operation} {place}", answers
    return None


def _followed(scan: Scan, operation: ScanOperation, place: InsertableParameter, identity: Identity) -> list[Exchange]:
    """The answers after each of which an amount has changed by what was sent; empty where none does."""
    steps: list[dict[str, float]] = []
    answers: list[Exchange] = []
    for value in STEPS:
        given: dict[InsertableParameter, str] = {place: str(value)}
        if operation.last is not None:
            made = scan.objects.identifier(operation, operation.last, identity, fresh=True)
            if made is None:
                return []
            given[operation.last] = str(made)
        before = _amounts(scan, identity)
        answers.append(scan.sender.send(operation, identity, given))
        page = pages_after.of(scan, operation, identity, answers[-1])
        if not done(answers[-1]) or not page.ok:
            return []
        after = _amounts(scan, identity)
        steps.append({name: after[name] - before[name] for name in before.keys() & after.keys()})
    first, second, again = steps
    for name, step in first.items():
        follows = step and _same(second.get(name, 0), 2 * step) and _same(again.get(name, 0), step)
        if follows:
            return answers
    return []


def _same(value: float, other: float) -> bool:
    return abs(value - other) < 1e-6  # noqa: PLR2004  # far below a hundredth


def _amounts(scan: Scan, identity: Identity) -> dict[str, float]:
    """The numbers that operations show to an identity, by operation and name."""
    found: dict[str, float] = {}
    reads = [each for each in scan.plan.operations if each.method == "GET" and "{" not in each.route and not each.admin]
    reads.sort(key=lambda each: (not OWN.search(each.route), each.secured is False))
    for read in reads[:MOST_READ]:
        answer = scan.sender.send(read, identity)
        leaves = pointers.leaves(answer.body) if answer.ok and isinstance(answer.body, dict | list) else ()
        numbers = {name: float(value) for name, value in leaves if isinstance(value, int | float) and not isinstance(value, bool)}
        found |= {f"{read} {name}": value for name, value in (numbers | page_amounts.of(answer)).items()}
    return found
