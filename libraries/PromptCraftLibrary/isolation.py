"""What belongs to a tenant, seen by its owner and by another tenant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING
from urllib.parse import urlencode

from theodore_qa.errors import NotEvaluatedError, unknown, UsageError
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from PromptCraftLibrary.realm import Realm
    from theodore_qa.systems.exchange import Exchange

SHORTEST_ID = 16  # hexadecimal digits: 64 bits
OWN_TO_A_REQUEST = ("request_id", "timestamp", "path")


@dataclass
class Kind:
    """One kind of what belongs to a tenant: the operations by which it is reached, as the vocabulary has them."""

    realm: Realm
    name: str
    entry: dict[str, Any]

    @classmethod
    def named(cls, realm: Realm, name: str) -> Kind:
        """The kind of this name."""
        kinds: dict[str, Any] = realm.words.needed("tenant_bound")
        if name not in kinds:
            raise unknown("kind", name, kinds, f"tenant_bound of {realm.words.path.name}")
        return cls(realm, name, kinds[name])

    def listed(self, token: str, **query: str) -> tuple[Exchange, list[dict[str, Any]]]:
        """What a tenant is shown of this kind; an answer that is no list is NOT EVALUATED."""
        method, path = self._operation("list")
        answer = self.realm.system.request(method, path + (f"?{urlencode(query)}" if query else ""), token=token)
        items = pointers.found(answer.body, str(self.entry.get("items", "data"))) if answer.ok else None
        if not isinstance(items, list):
            raise NotEvaluatedError(
                f"Expected a list of {self.name} from {method} {path}, observed {answer.status} with {answer.excerpt()}."
            )
        return answer, [item for item in items if isinstance(item, dict)]

    def send(self, way: str, number: str, token: str) -> Exchange:
        """Read, change or remove an item by its id."""
        method, path = self._operation(way)
        body = self.entry.get("body") if way == "change" else None
        return self.realm.system.request(method, re.sub(r"\{\w+\}", number, path), json_body=body, token=token)

    def number(self, item: dict[str, Any]) -> str:
        """The id of an item."""
        return str(pointers.found(item, str(self.entry["id"])))

    def title(self, item: dict[str, Any]) -> str:
        """What an item is called, by which it would be known."""
        return str(pointers.found(item, str(self.entry.get("name", self.entry["id"]))))

    def query(self, item: dict[str, Any]) -> dict[str, str]:
        """The query that searches for an item."""
        if "search" not in self.entry:
            raise UsageError(f"The kind '{self.name}' is not searched by the vocabulary: leave this row out, or add 'search'.")
        return {str(self.entry["search"]): self.title(item)}

    def _operation(self, way: str) -> tuple[str, str]:
        if way not in self.entry:
            raise UsageError(f"The kind '{self.name}' has no '{way}' in the vocabulary: leave this row out, or add it.")
        method, _, path = str(self.entry[way]).partition(" ")
        return method, path


def alike(answer: Exchange, number: str) -> Any:
    """What an error says, without what is of each request alone, and without the id that was asked for."""
    body = answer.body
    if not isinstance(body, dict):
        return answer.status, answer.text.replace(number, "")
    said_of_it = {name: value for name, value in body.items() if name not in OWN_TO_A_REQUEST}
    return answer.status, str(said_of_it).replace(number, "")


def near(number: str) -> str:
    """Another id of the same form."""
    last = number[-1]
    return number[:-1] + ("0" if last != "0" else "1")


def guessable(numbers: list[str]) -> str:
    """Why ids could be guessed; empty if they are random enough."""
    prefixes = {number[: len(number) // 2] for number in numbers}
    if len(numbers) > 1 and len(prefixes) == 1:
        return f"all begin with {prefixes.pop()}"
    short = (number for number in numbers if number.isdigit() or len(number.replace("-", "")) < SHORTEST_ID)
    return next(short, "")
