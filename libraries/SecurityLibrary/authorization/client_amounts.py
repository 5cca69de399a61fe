"""What somebody has to pay, set by the client: a price beside the schema's properties, or one that what is bought has already."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, TYPE_CHECKING

from SecurityLibrary.authorization import form_amounts
from SecurityLibrary.description import graphql
from SecurityLibrary.description.nouns import noun_of
from SecurityLibrary.description.operations import FIRST, InsertableParameter
from SecurityLibrary.description.protected_properties import GIVEN_BY_ITSELF
from SecurityLibrary.objects import readers
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

    Numbers = dict[str, float | str]

BUYING = re.compile(r"(?i)order|cart|basket|check-?out|purchase|book|reserv|buy|/rent|ticket|subscri|invoice")
NAMES = ("price", "unit_price", "total", "amount", "cost", "fee", "discount")
PRICE = re.compile(r"(?i)(?:^|[._\]])(?:unit_?)?(?:price|cost|fee|total|discount)$|[a-z](?:Price|Cost|Fee|Total|Discount)$")
# Where an answer says what has to be paid.
PAID = re.compile(r"(?i)price|total|amount|cost|fee|due|sum|charge|balance|credit|paid|cents")
DECIMAL = re.compile(r"-?\d{1,12}\.\d{1,4}")  # an amount that is written as a text
MOST_PLACES, MOST_SHOWN = 3, 6
STEPS = (1, 2)


def taken(scan: Scan, operation: ScanOperation) -> tuple[str, list[Exchange]] | None:
    """The place of a price that what has to be paid follows, with two answers; None where none does.

    An amount follows a price where it is twice as large for twice the price, or as much smaller for a discount, and is neither
    for a property of a made-up name. Hidden fields of forms have a look of their own.
    """
    if hidden := form_amounts.taken(scan, operation):
        return hidden
    if operation.method != "POST" or operation.admin or graphql.reads(operation) or not isinstance(operation.body, dict):
        return None
    if not BUYING.search(operation.path):
        return None
    identity = scan.plan.identity_for(operation)
    usual = [_numbers_of(scan, operation, scan.sender.send(operation, identity)) for _ in range(2)]
    numbers = {place: value for place, value in usual[0].items() if usual[1].get(place) == value and float(value)}
    steady = {place: float(value) for place, value in numbers.items() if PAID.search(place)}
    if not steady:
        return None
    for extended, place in _places(operation, numbers):
        if answers := _followed(scan, extended, place, operation.parameters, steady):
            made_up = replace(place, name=f"{place.name}_qa", pointer=(*place.pointer[:-1], f"{place.pointer[-1]}_qa"))
            other = replace(operation, parameters=(*operation.parameters, made_up))
            described = place in operation.parameters
            if described or not _followed(scan, other, made_up, (), steady):
                return f"{operation} {place.name}", answers
    return None


def _places(operation: ScanOperation, numbers: Numbers) -> Iterator[tuple[ScanOperation, InsertableParameter]]:
    """Each place for a price: those of the schema where the body names what is bought, then others, in its items too.

    Those have the names of the ``numbers`` that what is bought shows, and usual ones.
    """
    in_body = [each for each in operation.parameters if each.location == "body"]
    if any(noun_of(operation, each) for each in in_body):
        yield from ((operation, each) for each in in_body if PRICE.search(each.name) and each.kind in ("number", "integer"))
    known = {each.pointer for each in in_body}
    if any(each.pointer[:1] in ((FIRST,), ("variables",)) for each in in_body):
        return
    above = {(), *(each.pointer[:-1] for each in in_body)}
    camel = any(re.search(r"[a-z][A-Z]", each.name) for each in in_body)
    styled = [re.sub(r"_(\w)", lambda match: match[1].upper(), name) if camel else name for name in NAMES]
    kinds = {place.rpartition(".")[2]: "string" if isinstance(value, str) else "number" for place, value in numbers.items()}
    names_in_answer = sorted((name for name in kinds if not GIVEN_BY_ITSELF.search(name)), key=lambda name: not PAID.search(name))
    for outer in sorted(above, key=lambda pointer: (-len(pointer), pointer))[:MOST_PLACES]:
        for name in dict.fromkeys((*names_in_answer[:MOST_SHOWN], *styled)):
            pointer = (*outer, name)
            if pointer not in known:
                kind = {"type": kinds.get(name, "number")}
                place = InsertableParameter(".".join(pointer).replace(f".{FIRST}", FIRST), "body", pointer, kind)
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
        answers.append(scan.sender.send(operation, identity, {place: f"{step:.2f}" if place.kind == "string" else step}))
        if not answers[-1].ok:
            return []
        seen.append({place: float(value) for place, value in _numbers_of(scan, operation, answers[-1]).items()})
        if all(seen[-1].get(where) == was for where, was in steady.items()):
            return []
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


def _numbers_of(scan: Scan, operation: ScanOperation, answer: Exchange) -> Numbers:
    """The numbers of what reads the object that was made, or of the answer where nothing does.

    An answer may repeat what was sent, and mean nothing by it.
    """
    below = re.compile(re.escape(operation.route.rstrip("/")) + r"/\{[^/]+\}")
    for read in scan.plan.operations if answer.ok else ():
        if read.method == "GET" and read.last and not read.admin and below.fullmatch(read.route):
            made = readers.made(answer, read.last.name, operation.route)
            item = scan.sender.send(read, scan.plan.identity_for(operation), {read.last: made}) if made is not None else None
            if item and any(map(PAID.search, found := _numbers(item))):
                return found
    return _numbers(answer)


def _numbers(answer: Exchange) -> Numbers:
    """The numbers of an answer by their places; some are texts such as ``12.50``."""
    leaves: list[tuple[str, Any]] = list(pointers.leaves(answer.body)) if answer.ok else []
    return {place: value for place, value in leaves if _is_number(value)}


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return DECIMAL.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)
