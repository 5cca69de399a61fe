"""What has to be done before an operation is possible, as an order is paid before it is shipped: found on new objects."""

from __future__ import annotations

import itertools
import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description import reference_names
from SecurityLibrary.description.nouns import noun_of
from SecurityLibrary.identities.registrations import names_of_accounts
from SecurityLibrary.sending.pacing import INVALID
from SecurityLibrary.values import refusal_hints
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.sending.sender import Sender
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

NOT_FOUND = 404
TOO_EARLY = (400, 402, 404, 409, 412, 422, 423, 424, 428)  # what an operation is answered before its time
OF_STATE = (402, 409, 412, 423, 424, 428)  # of these, what no value of the request brings about
# What ends the way of an object rather than leads on.
ENDS = re.compile(r"(?i)cancel|refund|reject|declin|withdraw|void|archiv|clos|delet|remov|return|revert|undo|reopen|expire|fail")
MOST_STEPS, MOST_AFTER_EACH_OTHER = 6, 3


def found(sender: Sender, operation: ScanOperation, identity: Identity | None, refused: Exchange) -> bool:
    """Whether an operation is possible once others were carried out; they are, from now on, before it gets an object.

    They are tried on new objects of the scan's own, or, where the operation names no object, by themselves.
    """
    label, objects = str(operation), sender.objects
    if identity is None or not objects.rules.allow_changes or label in objects.first or not _may_be_too_early(operation, refused):
        return False
    if names_of_accounts(sender.authenticator, operation) or sender.authenticator.signs_in(operation):
        return False  # a name is taken, or a password is wrong
    last = operation.last
    steps = _of_object(sender, operation, last) if last is not None else _beside(sender, operation, refused)
    if steps and last is not None and objects.identifier(operation, last, identity, fresh=True) is None:
        return False  # nothing makes an object for it
    for way in _ways(steps, 3 if refused.outcome in OF_STATE else 2 if refused.outcome in INVALID else 1):
        try:
            with objects.trying(operation, way):
                possible = _possible(sender, operation, identity)
        except NotEvaluatedError:
            if sender.stopping:
                raise
            continue
        if possible:
            objects.first[label] = way
            return True
    return False


def _may_be_too_early(operation: ScanOperation, refused: Exchange) -> bool:
    """Whether an operation may have been refused for what was not done before, and not for a value."""
    last = operation.last
    if "#" in operation.path or (last is None and operation.safe):
        return False
    if refused.status == NOT_FOUND:  # what is below an object may not be there yet
        beyond = operation.route.partition(f"{{{last.name}}}")[2].strip("/") if last is not None else ""
        return bool(beyond) and operation.safe
    in_body = [each for each in operation.parameters if each.location == "body"]
    return refused.outcome not in INVALID or not refusal_hints.names(refused, in_body)


def _possible(sender: Sender, operation: ScanOperation, identity: Identity) -> bool:
    """Whether an operation is carried out after the steps that are noted for it."""
    last, objects = operation.last, sender.objects
    if last is None:
        objects.carry_out(operation, None, identity)
        return sender.send(operation, identity).ok
    identifier = objects.identifier(operation, last, identity, fresh=True)
    if identifier is None or str(identifier) not in objects.made:
        return False
    return sender.send(operation, identity, {last: identifier}).ok


def _ways(steps: list[ScanOperation], most: int) -> Iterator[tuple[ScanOperation, ...]]:
    """Each step alone, then two after each other, then three, up to ``most``."""
    yield from ((step,) for step in steps)
    for number in range(2, most + 1):
        yield from itertools.permutations(steps[:MOST_AFTER_EACH_OTHER], number)


def place(step: ScanOperation, operation: ScanOperation) -> InsertableParameter | None:
    """Where a step takes the object of an operation: in its path, or in its body by what it names one of; None where nowhere."""
    last = operation.last
    if last is None:
        return None
    above = operation.route.partition(f"{{{last.name}}}")[0]
    if step.route.startswith(f"{above}{{"):
        in_path = (each for each in step.parameters if each.location == "path")
        return next((each for each in in_path if step.route.startswith(f"{above}{{{each.name}}}")), None)
    noun = noun_of(operation, last)
    named = (each for each in step.parameters if each.location == "body" and noun and noun_of(step, each) == noun)
    return next(named, None)


def _usable(sender: Sender, operation: ScanOperation) -> list[ScanOperation]:
    """What may be a step at all."""
    return [
        each
        for each in sender.operations
        if each.method in ("POST", "PUT", "PATCH")
        and str(each) != str(operation)
        and not each.takes_away
        and not each.disruptive
        and "#" not in each.path
        and not sender.authenticator.signs_in(each)
        and not names_of_accounts(sender.authenticator, each)
        and not sender.rules.reason(each)
    ]


def _of_object(sender: Sender, operation: ScanOperation, last: InsertableParameter) -> list[ScanOperation]:
    """What is done to an object: what leads on first, what administrators do after what its owner does."""
    itself = operation.route.partition(f"{{{last.name}}}")[0].rstrip("/")
    steps = [
        each
        for each in _usable(sender, operation)
        if place(each, operation) is not None and re.sub(r"/\{[^/]+\}$", "", each.route.rstrip("/")) != itself
    ]
    return sorted(steps, key=lambda each: (bool(ENDS.search(each.route)), each.admin))[:MOST_STEPS]


def _beside(sender: Sender, operation: ScanOperation, refused: Exchange) -> list[ScanOperation]:
    """What is done before, of what names no object: what the refusal speaks of first, nothing else where values may be wrong."""
    text = refused.text.lower()

    def spoken_of(each: ScanOperation) -> bool:
        parts = (part.lower() for part in re.split(r"[/_-]", each.route) if len(part) > 2)  # noqa: PLR2004  # words
        return any(name in text for part in parts for name in reference_names.plurals(part.removesuffix("s")) if name)

    possible = [each for each in _usable(sender, operation) if "{" not in each.route and each.method == "POST" and not each.admin]
    if refused.status not in OF_STATE:
        possible = [each for each in possible if spoken_of(each)]
    first = operation.route.strip("/").split("/")
    return sorted(possible, key=lambda each: (not spoken_of(each), _apart(each.route.strip("/").split("/"), first)))[:MOST_STEPS]


def _apart(path: list[str], other: list[str]) -> int:
    """How far two paths are apart: their parts behind those that they have in common."""
    common = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(path, other, strict=False)))
    return len(path) + len(other) - 2 * common


def given(step: ScanOperation, operation: ScanOperation, identifier: Any) -> dict[InsertableParameter, Any]:
    """The values with which a step is carried out for an object."""
    where = place(step, operation)
    return {} if where is None or identifier is None else {where: identifier}
