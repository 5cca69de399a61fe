"""What somebody has to pay, set by the client: a price beside the schema's properties, or one that what is bought has already."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, TYPE_CHECKING

from SecurityLibrary import graphql
from SecurityLibrary.objects import noun_of
from SecurityLibrary.operations import FIRST, InsertableParameter
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.operations import ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

BUYING = re.compile(r"(?i)order|cart|basket|check-?out|purchase|book|reserv|buy|/rent|ticket|subscri|invoice")
NAMES = ("price", "unit_price", "total", "amount", "cost", "fee", "discount")
PRICE = re.compile(r"(?i)(?:^|[._\]])(?:unit_?)?(?:price|cost|fee|total|discount)$|[a-z](?:Price|Cost|Fee|Total|Discount)$")
# Where an answer says what has to be paid.
PAID = re.compile(r"(?i)price|total|amount|cost|fee|due|sum|charge|balance|credit|paid|cents")
MOST_PLACES = 3
STEPS = (1, 2)


def taken(scan: Scan, operation: ScanOperation) -> tuple[str, list[Exchange]] | None:
    """The place of a price that what has to be paid follows, with two answers; None where none does.

    An amount follows a price where it is twice as large for twice the price, or as much smaller for a discount, and is neither
    for a property of a made-up name.
    """
    if operation.method != "POST" or operation.admin or graphql.reads(operation) or not isinstance(operation.body, dict):
        return None
    if not BUYING.search(operation.path):
        return None
    identity = scan.plan.identity_for(operation)
    usual = [_amounts(scan.sender.send(operation, identity)) for _ in range(2)]
    steady = {place: value for place, value in usual[0].items() if usual[1].get(place) == value and value}
    if not steady:
        return None
    for extended, place in _places(operation):
        if answers := _followed(scan, extended, place, operation.parameters, steady):
            made_up = replace(place, name=f"{place.name}_qa", pointer=(*place.pointer[:-1], f"{place.pointer[-1]}_qa"))
            other = replace(operation, parameters=(*operation.parameters, made_up))
            described = place in operation.parameters
            if described or not _followed(scan, other, made_up, (), steady):
                return f"{operation} {place.name}", answers
    return None


def _places(operation: ScanOperation) -> Iterator[tuple[ScanOperation, InsertableParameter]]:
    """Each place for a price: those of the schema where the body names what is bought, then usual ones, in its items too."""
    in_body = [each for each in operation.parameters if each.location == "body"]
    if any(noun_of(operation, each) for each in in_body):
        yield from ((operation, each) for each in in_body if PRICE.search(each.name) and each.kind in ("number", "integer"))
    known = {each.pointer for each in in_body}
    if any(each.pointer[:1] in ((FIRST,), ("variables",)) for each in in_body):
        return
    above = {(), *(each.pointer[:-1] for each in in_body)}
    camel = any(re.search(r"[a-z][A-Z]", each.name) for each in in_body)
    for outer in sorted(above, key=lambda pointer: (-len(pointer), pointer))[:MOST_PLACES]:
        for name in NAMES:
            styled = re.sub(r"_(\w)", lambda match: match[1].upper(), name) if camel else name
            pointer = (*outer, styled)
            if pointer not in known:
                place = InsertableParameter(".".join(pointer).replace(f".{FIRST}", FIRST), "body", pointer, {"type": "number"})
                yield replace(operation, parameters=(*operation.parameters, place)), place


def _followed(
    scan: Scan,
    operation: ScanOperation,
    place: InsertableParameter,
    known: tuple[InsertableParameter, ...],
    steady: dict[str, float],
) -> list[Exchange]:
    """The answers in which an amount follows a price; empty if none does."""
    identity = scan.plan.identity_for(operation)
    answers: list[Exchange] = []
    seen: list[dict[str, float]] = []
    for step in STEPS:
        answers.append(scan.sender.send(operation, identity, {place: step}))
        if not answers[-1].ok:
            return []
        seen.append(_amounts(answers[-1]))
    first, second = seen
    repeated = place.pointer[-1] if place in known else ""  # what is described may be repeated, and mean nothing
    for where, was in steady.items():
        if where.rpartition(".")[2] == repeated:
            continue
        lower, upper = first.get(where), second.get(where)
        if lower is None or upper is None or lower == was:
            continue
        raised, lowered = lower > 0 and _same(upper, 2 * lower), _same(was - upper, 2 * (was - lower))
        if raised or lowered:
            return answers
    return []


def _same(first: float, second: float) -> bool:
    return abs(first - second) <= 1e-6 * max(abs(first), abs(second), 1)


def _amounts(answer: Exchange) -> dict[str, float]:
    """The amounts of an answer that are to be paid, by their places."""
    leaves: list[tuple[str, Any]] = list(pointers.leaves(answer.body)) if answer.ok else []
    return {
        place: float(value)
        for place, value in leaves
        if PAID.search(place) and isinstance(value, int | float) and not isinstance(value, bool)
    }
