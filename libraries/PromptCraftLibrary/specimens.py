"""Items of a tenant that the run makes itself, where the platform has none to reach for."""

from __future__ import annotations

import json
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any, Protocol, TYPE_CHECKING

from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.systems import pointers
from theodore_qa.timing import show

if TYPE_CHECKING:
    from PromptCraftLibrary.realm import Realm
    from theodore_qa.systems.exchange import Exchange

SETTLED_WITHIN = 20.0  # seconds
POLL = 0.05
OK = 200
LISTED = "listed"


@dataclass(frozen=True)
class Specimen:
    """An item: its id, and what it is called, by which it would be known."""

    number: str
    title: str


class Reached(Protocol):
    """A kind of what belongs to a tenant, as far as its items are made here."""

    realm: Realm
    name: str
    entry: dict[str, Any]

    def state(self, specimen: Specimen, token: str) -> Any:
        """How an item is shown to a tenant; None where it is not there."""


def unique() -> str:
    """A name that nothing has, in the form that all kinds take."""
    return f"qa{secrets.token_hex(6)}"


def made(kind: Reached, token: str, name: str = "") -> Specimen:
    """A new item of a tenant, made as the vocabulary says; what can be taken back is taken back at the end of the test."""
    entry, name = kind.entry["make"], name or unique()
    body = json.loads(json.dumps(entry["body"]).replace("{unique}", name))
    answer = sent(kind, str(entry["operation"]), token, body=body)
    number = pointers.found(answer.body, str(entry["id"]))
    if not answer.ok or number is None:
        raise NotEvaluatedError(
            f"Nothing of {kind.name} was made to reach for: expected success with {entry['id']} from {entry['operation']}, "
            f"observed {answer.status} with {answer.excerpt()}."
        )
    specimen = Specimen(str(number), name)
    if undo := entry.get("undo"):
        context.at_test_end(f"{kind.name} {specimen.number}", lambda: _taken_back(kind, str(undo), specimen, token))
    if until := entry.get("until"):
        _settle(kind, until, specimen, token)
    return specimen


def sent(kind: Reached, operation: str, token: str, number: str = "", body: Any = None) -> Exchange:
    """Send an operation with the id of an item in its path."""
    method, _, path = operation.partition(" ")
    return kind.realm.system.request(method, re.sub(r"\{\w+\}", number, path), json_body=body, token=token)


def _settle(kind: Reached, until: Any, specimen: Specimen, token: str) -> None:
    """Wait until an item is listed, or as the vocabulary says that it has to be before it is reached for."""
    deadline = time.monotonic() + SETTLED_WITHIN
    while True:
        if until == LISTED:
            settled, expected, observed = kind.state(specimen, token) is not None, f"{specimen.number} in the list", "not there"
        else:
            answer = sent(kind, str(until["operation"]), token, specimen.number)
            value = pointers.found(answer.body, str(until["field"]))
            settled = answer.status == OK and value == until["value"]
            expected = f"{until['field']} {until['value']} from {answer.method} {answer.path}"
            observed = f"{answer.status} with {value}"
        if settled:
            return
        if time.monotonic() > deadline:
            raise NotEvaluatedError(
                f"Nothing of {kind.name} was there to reach for: expected {expected} within {show(SETTLED_WITHIN)}, "
                f"observed {observed}."
            )
        time.sleep(POLL)


def _taken_back(kind: Reached, undo: str, specimen: Specimen, token: str) -> None:
    """Take an item back; what has ended meanwhile, or went with a reset, needs no more."""
    sent(kind, undo, token, specimen.number)
