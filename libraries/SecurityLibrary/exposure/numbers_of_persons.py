"""To whom numbers of persons and accounts are shown: everybody, or one identity alone, whose they may well be."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from SecurityLibrary.description import graphql
from SecurityLibrary.description.nouns import noun_of
from SecurityLibrary.exposure import sensitive_data
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

KINDS = ("card number", "IBAN", "social security number")
MOST = 6  # answers of an operation


def alone(scan: Scan, label: str, kind: str, answers: list[Exchange]) -> str:
    """To whom alone the numbers of a kind in the answers of an operation are shown; empty if to others too, or that is not known.

    What was sent is sent again as each identity without special rights, and as nobody; so is what reads an object of a list.
    """
    operation = next((each for each in scan.plan.operations if str(each) == label), None)
    ordinary = [identity for identity in scan.target.identities.values() if identity.role != "admin"]
    if operation is None or not graphql.reads(operation) or not ordinary:
        return ""
    own = False
    for answer in (*answers[:MOST], *_listed(scan, operation, ordinary)):
        number = sensitive_data.found_in(answer.text, tokens=False).get(kind)
        if number is None:
            continue
        seers = [name for name, again in _repeated(scan, operation, answer, [None, *ordinary]) if again.get(kind) == number]
        if len(seers) > 1 or "" in seers or (seers and len(ordinary) == 1):
            return ""
        own = own or bool(seers)
    return "to one identity alone, and refused to others" if own else "to administrators alone"


def _listed(scan: Scan, operation: ScanOperation, identities: list[Identity]) -> Iterator[Exchange]:
    """What an operation tells identities of objects that lists show them."""
    naming = next((each for each in reversed(operation.parameters) if noun_of(operation, each)), None)
    if naming is None:
        return
    for identity in identities[:2]:
        with suppress(NotEvaluatedError):
            identifier = scan.objects.identifier(operation, naming, identity, listed=True)
            if identifier is not None:
                yield scan.sender.send(operation, identity, {naming: identifier})


def _repeated(
    scan: Scan, operation: ScanOperation, answer: Exchange, identities: list[Identity | None]
) -> list[tuple[str, dict[str, str]]]:
    """The names of identities, empty for nobody, with what sensitive data each is shown for what was sent before."""
    headers = {"Content-Type": operation.media} if operation.media else {}
    found = []
    for identity in identities:
        try:
            again = scan.sender.request(answer.method, answer.path, identity, headers=headers, body=answer.sent_body)
        except NotEvaluatedError:
            if scan.stopped:
                raise
            continue
        found.append((identity.name if identity else "", sensitive_data.found_in(again.text, tokens=False)))
    return found
