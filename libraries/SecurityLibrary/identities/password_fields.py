"""Where a change of a password takes the old one, the new one, and the new one again."""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from SecurityLibrary.description.insertion_points import value_at
from SecurityLibrary.identities.registrations import FORGOTTEN, plain

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation

CHANGING = re.compile(r"(?i)passw|passphrase|passcode|credential|pwd")
WORD = r"(?:password|passwd|passphrase|passcode|passw|pass|pwd|pw|secret)?"
NEW = re.compile(rf"(?:new|changed){WORD}1?|next{WORD[:-1]}1?|{WORD}new")  # next alone is the page that comes then
OLD = re.compile(rf"(?:old|current|existing|previous|present|actual){WORD}|{WORD}(?:old|current)")
AGAIN = re.compile(rf"\w*(?:conf(?:irm)?|repeat|again|retype|verify)\w*|(?:new)?{WORD}2")
ANY = re.compile(r"(?:password|passwd|passphrase|passcode|pwd)1?")


def places(operation: ScanOperation) -> tuple[InsertableParameter | None, InsertableParameter] | None:
    """Where the old password goes, if it is asked for, and the new one; None where an operation changes none.

    Names such as ``old`` and ``new`` are those of passwords where the path speaks of one, or where one of them does.
    """
    if operation.method not in ("POST", "PUT", "PATCH", "GET") or FORGOTTEN.search(operation.path):
        return None
    fields = [each for each in operation.parameters if each.location == _location(operation) and each.kind == "string"]
    about = bool(CHANGING.search(operation.path)) or any(CHANGING.search(each.name) for each in fields)
    old = next((each for each in fields if OLD.fullmatch(plain(each))), None)
    new = next((each for each in fields if NEW.fullmatch(plain(each)) and not AGAIN.fullmatch(plain(each))), None)
    if new is None and (old is not None or CHANGING.search(operation.path)):
        new = next((each for each in fields if ANY.fullmatch(plain(each)) and each is not old), None)
        new = new if old is not None or any(AGAIN.fullmatch(plain(each)) for each in fields) else None
    return (old, new) if about and new is not None else None


def _location(operation: ScanOperation) -> str:
    """Where the values of a form go: into the address where it is sent by GET."""
    return "query" if operation.method == "GET" else "body"


def without(operation: ScanOperation, parameter: InsertableParameter) -> ScanOperation:
    """An operation whose body has no place for a parameter."""
    body = copy.deepcopy(operation.body)
    *above, last = parameter.pointer or (parameter.name,)
    inner = value_at(body, tuple(above)) if above else body
    if isinstance(inner, dict):
        inner.pop(last, None)
    return replace(operation, parameters=tuple(each for each in operation.parameters if each != parameter), body=body)


def repeated(operation: ScanOperation, new: InsertableParameter) -> list[InsertableParameter]:
    """Where the new password goes once more."""
    fields = (each for each in operation.parameters if each.location == _location(operation) and each != new)
    return [each for each in fields if AGAIN.fullmatch(plain(each))]
