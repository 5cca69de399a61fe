"""Identifiers that name objects of any kind, as ``node(id)`` of GraphQL takes them."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description import graphql
from SecurityLibrary.values import other_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.sending.skip_rules import SkipRules
    from SecurityLibrary.target import Target
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

ANY_KIND = ("node", "object", "entity", "resource", "item", "global")  # what takes an object of whatever kind
SAYS_ITS_KIND = re.compile(r"[A-Z]\w+[:|/]\S+|gid://\S+")
MOST, MOST_OF_EACH = 8, 1  # queries that are asked, and identifiers of each


class GlobalIdentifiers:
    """What an identity's own queries show of such identifiers; each query is asked once."""

    def __init__(self, target: Target, rules: SkipRules, answer: Callable[[ScanOperation, Identity], Exchange | None]) -> None:
        self.target, self.rules, self._answer = target, rules, answer
        self._known: dict[str, list[Any]] = {}

    def of(self, noun: str, identity: Identity) -> list[Any]:
        """One identifier of each query that shows some, for what takes objects of any kind; empty for all else."""
        if noun not in ANY_KIND:
            return []
        found = [list(_named(body, noun))[:MOST_OF_EACH] for body in self.bodies(identity)]
        return list(dict.fromkeys(identifier for several in found for identifier in several))

    def bodies(self, identity: Identity) -> list[Any]:
        """What queries that need no object show to an identity."""
        if identity.name not in self._known:
            self._known[identity.name] = []  # not again by the requests of the look-up itself
            reads = [
                each
                for each in self.target.operations
                if "#" in each.path and graphql.reads(each) and not self.rules.reason(each) and not each.admin
            ]
            reads = [each for each in reads if not any(map(graphql.takes_variable, each.parameters))]
            answers = [self._answer(each, identity) for each in reads[:MOST]]
            self._known[identity.name] = [answer.body for answer in answers if answer is not None]
        return self._known[identity.name]


def _named(body: Any, noun: str) -> Iterator[Any]:
    """The values in a body that are called as identifiers of a noun, or that say of what kind the object is."""
    if isinstance(body, dict):
        for name, value in body.items():
            called = other_names.plain(name) in (f"{noun}id", "globalid", "gid")
            if isinstance(value, str) and value and (called or (other_names.plain(name) == "id" and _says_its_kind(value))):
                yield value
    for inner in body.values() if isinstance(body, dict) else body if isinstance(body, list) else ():
        if isinstance(inner, dict | list):
            yield from _named(inner, noun)


def _says_its_kind(value: str) -> bool:
    """Whether an identifier says of what kind its object is, in clear or in Base64."""
    try:
        decoded = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode()
    except (ValueError, binascii.Error):
        decoded = ""
    return any(SAYS_ITS_KIND.fullmatch(text) for text in (value, decoded))
