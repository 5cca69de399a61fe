"""Good values for parameters that name a column: the properties that objects have in answers, where an example is none."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.sending.sender import Sender
    from theodore_qa.systems.identities import Identity

COLUMNS = re.compile(r"(?i)^(?:filter|filter_?by|search_?by|column|field|attribute|property|sort|sort_?by|order_?by|group_?by)$")
USUAL = ("id", "name", "title")
MOST = 4
WRONG = (400, 404, 422, 500, 501)  # what an unknown column is answered


def found(sender: Sender, operation: ScanOperation, identity: Identity | None) -> bool:
    """Whether the name of a property is taken where the example was refused; it is kept for the requests that follow."""
    name = identity.name if identity else ""
    places = [
        each
        for each in operation.parameters
        if _takes_column(each) and (str(operation), str(each), name) not in sender.builder.found
    ]
    if not operation.safe or not places:
        return False
    for column in _known(sender):
        given: dict[InsertableParameter, Any] = dict.fromkeys(places, column)
        if sender.send(operation, identity, given).ok:
            sender.builder.found |= {(str(operation), str(each), name): column for each in places}
            return True
    return False


def _takes_column(parameter: InsertableParameter) -> bool:
    in_address = parameter.location in ("path", "query") and parameter.kind == "string"
    return in_address and "enum" not in parameter.schema and COLUMNS.match(parameter.name) is not None


def _known(sender: Sender) -> list[str]:
    """The names of properties of listed objects, usual ones first."""
    names: Counter[str] = Counter()
    for _, answer in list(sender.answers.exchanges):
        if answer.ok:
            names.update(_names(answer.body))
    usual = [name for name in USUAL if name in names]
    return list(dict.fromkeys([*usual, *(name for name, _ in names.most_common(MOST))]))[:MOST]


def _names(body: Any) -> set[str]:
    """The names of the properties of the first object in each list of a body."""
    if isinstance(body, list):
        return set(body[0]) if body and isinstance(body[0], dict) else set()
    return {name for value in body.values() for name in _names(value)} if isinstance(body, dict) else set()
