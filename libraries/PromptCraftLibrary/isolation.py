"""What belongs to a tenant, seen by its owner and by another tenant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING
from urllib.parse import urlencode

from PromptCraftLibrary import specimens
from theodore_qa.errors import NotEvaluatedError, unknown, UsageError
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from PromptCraftLibrary.realm import Realm
    from theodore_qa.systems.exchange import Exchange

SHORTEST_ID = 16  # hexadecimal digits: 64 bits
OK = 200
MOST_CHANGES = 4  # that a message shows
WITH_BODY = ("change", "approve")
COUNTED = re.compile(r"(?<![0-9A-Za-z])\d+(?![0-9A-Za-z])")  # a number of its own, and no part of a random one
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
        """Read, change or remove an item by its id, or do with it what a way of the vocabulary does."""
        method, path = self._operation(way)
        body = self.entry.get("body") if way in WITH_BODY else None
        return self.realm.system.request(method, re.sub(r"\{\w+\}", number, path), json_body=body, token=token)

    def number(self, item: dict[str, Any]) -> str:
        """The id of an item."""
        return str(pointers.found(item, str(self.entry["id"])))

    def items(self, answer: Exchange) -> list[dict[str, Any]]:
        """The items of a list that was answered; none for another answer."""
        items = pointers.found(answer.body, str(self.entry.get("items", "data"))) if answer.ok else None
        return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []

    def leaked(self, own: list[dict[str, Any]], seen: list[dict[str, Any]], made: str = "") -> list[str]:
        """The ids of a tenant's items that another one sees.

        The id of what is made may be a name, and two tenants may each have an item of this name: then only the item with the id
        ``made``, which nobody else has, and those that both are shown alike are leaks.
        """
        visible = {self.number(item): lasting(item) for item in seen}
        common = {self.number(item): lasting(item) for item in own if self.number(item) in visible}
        return sorted(number for number, item in common.items() if not made or number == made or visible[number] == item)

    def title(self, item: dict[str, Any]) -> str:
        """What an item is called, by which it would be known."""
        return str(pointers.found(item, str(self.entry.get("name", self.entry["id"]))))

    def specimen(self, token: str) -> specimens.Specimen:
        """An item of a tenant's: a new one where the vocabulary says how one is made, else the first that is there."""
        if "make" in self.entry:
            return specimens.made(self, token)
        _, items = self.listed(token)
        if not items:
            raise NotEvaluatedError(f"The owner has no {self.name}: there is nothing to reach for.")
        return specimens.Specimen(self.number(items[0]), self.title(items[0]))

    def state(self, specimen: specimens.Specimen, token: str) -> Any:
        """How an item is shown to a tenant, by reading it or in the list; None where it is not there, or neither is possible."""
        if "read" in self.entry:
            answer = self.send("read", specimen.number, token)
            return lasting(answer.body) if answer.status == OK else None
        if "list" not in self.entry:
            return None
        _, items = self.listed(token)
        return next((item for item in items if self.number(item) == specimen.number), None)

    def query(self, title: str) -> dict[str, str]:
        """The query that searches for an item."""
        if "search" not in self.entry:
            raise UsageError(f"The kind '{self.name}' is not searched by the vocabulary: leave this row out, or add 'search'.")
        return {str(self.entry["search"]): title}

    def counted(self, specimen: specimens.Specimen, token: str, whose: str) -> tuple[Exchange, int]:
        """How many of an item's kind the figures of a tenant count for it; ``whose`` question it is keeps two askers apart."""
        figures = self.entry.get("figures")
        if not figures:
            raise UsageError(f"The kind '{self.name}' has no 'figures' in the vocabulary: leave this row out, or add it.")
        query = {str(figures["filter"]): specimen.title} | dict(figures["questions"][whose])
        answer = specimens.sent(self, f"{figures['operation']}?{urlencode(query)}", token)
        number = pointers.found(answer.body, str(figures["count"]))
        return answer, number if isinstance(number, int) else 0

    def file(self, specimen: specimens.Specimen, token: str) -> str:
        """The file of an item, as it is shown to its tenant; empty where there is none."""
        if "file" not in self.entry:
            raise UsageError(f"The kind '{self.name}' has no 'file' in the vocabulary: leave this row out, or add it.")
        item = self.state(specimen, token)
        return str(pointers.found(item, str(self.entry["file"])) or "") if item is not None else ""

    def _operation(self, way: str) -> tuple[str, str]:
        if way not in self.entry:
            raise UsageError(f"The kind '{self.name}' has no '{way}' in the vocabulary: leave this row out, or add it.")
        method, _, path = str(self.entry[way]).partition(" ")
        return method, path


def lasting(body: Any) -> Any:
    """A record without what each look at it changes."""
    return {name: value for name, value in body.items() if name != "last_activity"} if isinstance(body, dict) else body


def difference(before: Any, after: Any) -> str:
    """What has changed of a record, field by field."""
    if before == after:
        return "unchanged"
    if after is None:
        return "gone for its owner"
    first, second = dict(pointers.leaves(before)), dict(pointers.leaves(after))
    changed = [name for name in dict.fromkeys([*first, *second]) if first.get(name) != second.get(name)]
    more = f" and {len(changed) - MOST_CHANGES} more" if len(changed) > MOST_CHANGES else ""
    return ", ".join(f"{name} {first.get(name)} → {second.get(name)}" for name in changed[:MOST_CHANGES]) + more


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


def neighbours(number: str) -> list[str]:
    """Ids that are guessed from one: each count or time in it one up and one down, with what follows them and without."""
    found: list[str] = []
    for match in COUNTED.finditer(number):
        before, after = number[: match.start()], number[match.end() :]
        width, value = len(match[0]), int(match[0])
        for guess in (value, value - 1, value + 1):
            found += [f"{before}{guess:0{width}d}{rest}" for rest in dict.fromkeys((after, "")) if guess >= 0]
    return [guess for guess in dict.fromkeys(found) if guess != number]


def guessable(numbers: list[str]) -> str:
    """Why ids could be guessed; empty if they are random enough."""
    prefixes = {number[: len(number) // 2] for number in numbers}
    if len(numbers) > 1 and len(prefixes) == 1:
        return f"all begin with {prefixes.pop()}"
    short = (number for number in numbers if number.isdigit() or len(number.replace("-", "")) < SHORTEST_ID)
    return next(short, "")
