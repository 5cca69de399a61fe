"""Objects that nothing makes alone, such as the tickets of an order: another operation makes them beside its own."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description import reference_names
from SecurityLibrary.description.operations import IDENTIFIER
from SecurityLibrary.identities.registrations import FORGOTTEN, names_of_accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.sending.skip_rules import SkipRules
    from SecurityLibrary.target import Target
    from theodore_qa.systems.authentication import Authenticator
    from theodore_qa.systems.identities import Identity

MOST = 4  # operations that may make them
ABOUT_ACCESS = re.compile(r"(?i)token|api-?keys?|sessions?|password|webhook|/auth/|import|batch|bulk")


class ByProducts:
    """Which operation makes the objects of a list: once it was sent, the list shows one more."""

    def __init__(
        self,
        target: Target,
        authenticator: Authenticator,
        rules: SkipRules,
        items: Callable[[ScanOperation, str, Identity], dict[str, Any]],
        send: Callable[[ScanOperation, Identity], object],
    ) -> None:
        self.target, self.authenticator, self.rules, self.items, self.send = target, authenticator, rules, items, send
        self._makers: dict[str, ScanOperation | None] = {}  # by the path of a list; None where nothing was found

    def made(self, lists: list[ScanOperation], name: str, identity: Identity, *, fresh: bool) -> Any:
        """The identifier of an object that was made for this; None where nothing makes one.

        Unless a ``fresh`` object is needed, only what the objects of a list refer to is sent, as a ticket does to its order.
        """
        found = (self._made(listing, name, identity, fresh=fresh) for listing in lists if self.rules.allow_changes)
        return next((identifier for identifier in found if identifier is not None), None)

    def _made(self, listing: ScanOperation, name: str, identity: Identity, *, fresh: bool) -> Any:
        before = self.items(listing, name, identity)
        known = listing.path in self._makers
        referred = list(self._referred(before))
        makers = [self._makers[listing.path]] if known else [*referred, *(self._others(referred) if fresh else ())][:MOST]
        for maker in filter(None, makers):
            self.send(maker, identity)
            after = self.items(listing, name, identity)
            if new := [identifier for identifier in after if identifier not in before]:
                self._makers[listing.path] = maker
                return new[-1]
            before = after
        if fresh or makers:
            self._makers.setdefault(listing.path, None)
        return None

    def _referred(self, items: dict[str, Any]) -> Iterator[ScanOperation]:
        """The operations that make what objects refer to by a property, as ``orderId`` does to what ``POST /orders`` makes."""
        names = [name for item in list(items.values())[:1] if isinstance(item, dict) for name in item]
        nouns = [match[1] if (match := IDENTIFIER.fullmatch(name)) else name for name in names]
        collections = {plural for noun in nouns for plural in reference_names.plurals(noun.lower())}
        return (each for each in self._makers_there_are() if each.route.rstrip("/").rpartition("/")[2].lower() in collections)

    def _others(self, referred: list[ScanOperation]) -> Iterator[ScanOperation]:
        return (each for each in self._makers_there_are() if each not in referred and not ABOUT_ACCESS.search(each.route))

    def _makers_there_are(self) -> Iterator[ScanOperation]:
        """What an ordinary identity makes something by, without naming anything in the path."""
        for operation in self.target.operations:
            makes = operation.method == "POST" and "{" not in operation.path and "#" not in operation.path and not operation.admin
            access = self.authenticator.signs_in(operation) or FORGOTTEN.search(operation.path)
            if makes and not access and not names_of_accounts(self.authenticator, operation) and not self.rules.reason(operation):
                yield operation
