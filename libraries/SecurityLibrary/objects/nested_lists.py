"""Objects that stand only within others, as the lines of an order do: their identifiers, by what the list of them is called."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from SecurityLibrary.description import reference_names
from SecurityLibrary.values import other_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.sending.skip_rules import SkipRules
    from SecurityLibrary.target import Target
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

MOST = 12  # operations that are asked


class NestedLists:
    """What an identity is shown by operations that need no object; each is asked once."""

    def __init__(self, target: Target, rules: SkipRules, answer: Callable[[ScanOperation, Identity], Exchange | None]) -> None:
        self.target, self.rules, self._answer = target, rules, answer
        self._known: dict[str, list[Any]] = {}

    def identifiers(self, noun: str, identity: Identity) -> list[Any]:
        """The identifiers of the objects that answers hold under a noun, or under its plural."""
        return list(dict.fromkeys(found for body in self._bodies(identity) for found in below(body, noun))) if noun else []

    def _bodies(self, identity: Identity) -> list[Any]:
        if identity.name not in self._known:
            self._known[identity.name] = []  # not again by the requests of the look-up itself
            administered = self.target.administrator is not None
            reads = [
                each
                for each in self.target.operations
                if each.method == "GET"
                and "{" not in each.route
                and not self.rules.reason(each)
                and not (each.admin and administered and identity.role != "admin")
            ]
            answers = [self._answer(each, identity) for each in reads[:MOST]]
            self._known[identity.name] = [answer.body for answer in answers if answer is not None]
        return self._known[identity.name]


def below(body: Any, noun: str) -> Iterator[Any]:
    """The identifiers of what a body holds under a noun, or under its plural, at any depth."""
    names = {other_names.plain(name) for name in reference_names.plurals(noun)}
    if isinstance(body, list):
        for item in body:
            yield from below(item, noun)
    elif isinstance(body, dict):
        for key, value in body.items():
            if other_names.plain(key) in names:
                for item in value if isinstance(value, list) else [value]:
                    yield from _identifier(item, noun)
            if isinstance(value, dict | list):
                yield from below(value, noun)


def _identifier(item: Any, noun: str) -> Iterator[Any]:
    """The identifier of an object: as it is called itself, or after what it is."""
    if isinstance(item, dict):
        called = ("id", "uuid", *(f"{noun}{ending}" for ending in other_names.ENDINGS), "number", "no", "ref", "key", "code")
        values = {other_names.plain(key): value for key, value in item.items()}
        found = (values[name] for name in called if name in values)
        yield from [value for value in found if isinstance(value, str | int) and not isinstance(value, bool)][:1]
