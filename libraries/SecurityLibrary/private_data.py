"""What lists of people tell to an ordinary user of others: how to reach them, or what concerns nobody else."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from theodore_qa.systems.identities import Identity

NAMED = re.compile(r"(?i)^(?:id|name|user_?name|login|user|e?_?mail|member|owner)$")
PRIVATE = re.compile(
    r"(?i)^(?:iban|bic|bank_?account(?:_?number)?|account_?number|salary|wage|income|birth_?(?:day|date)|date_?of_?birth|dob|tax_?id"
    r"|passport(?:_?number)?|national_?id|home_?address|diagnos[ie]s|medication|religion|card_?number)$"
)
REACHING = re.compile(r"(?i)^(?:phone|mobile|cell|tel|telephone)(?:_?number)?$")
FEWEST = 2  # people in a list


def of_others(body: Any, caller: Identity, others: Iterable[Identity]) -> tuple[set[str], set[str]]:
    """The private properties, and those by which one is reached, that the lists of a body show of other identities."""
    names = {name.lower() for other in others for name in (other.name, other.username) if name and other is not caller}
    own = {caller.name.lower(), caller.username.lower()} - {""}
    private: set[str] = set()
    reaching: set[str] = set()
    for item in _people(body):
        known = {str(value).lower() for key, value in item.items() if NAMED.match(key) and isinstance(value, str | int)}
        if not known & names or known & own:
            continue
        disclosed = {key for key, value in item.items() if isinstance(value, str | int | float) and str(value).strip(" *.-")}
        private |= {key for key in disclosed if PRIVATE.match(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key))}
        reaching |= {key for key in disclosed if REACHING.match(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key))}
    return private, reaching


def _people(body: Any) -> Iterator[dict[str, Any]]:
    """The items of the lists of a body that hold several objects."""
    if isinstance(body, list):
        items = [item for item in body if isinstance(item, dict)]
        yield from items if len(items) >= FEWEST else ()
    for value in body.values() if isinstance(body, dict) else body if isinstance(body, list) else ():
        yield from _people(value)
