"""Whether an owner's objects are shared with another user: what the lists show to both of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol, TYPE_CHECKING

from SecurityLibrary.description.nouns import noun_of
from SecurityLibrary.identities import tenants
from SecurityLibrary.objects.identifiers import identifiers_in, item_of, scalars
from SecurityLibrary.values import known_values

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.objects.global_identifiers import GlobalIdentifiers
    from SecurityLibrary.objects.nested_lists import NestedLists
    from SecurityLibrary.objects.sources import Sources
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity


class Answer(Protocol):
    """What sends an operation for an identity, about objects of its own or of somebody else's."""

    def __call__(self, source: ScanOperation, identity: Identity | None, whose: Identity | None = None) -> Exchange | None:
        """The answer; None where it is a refusal, or where none came."""


class Sharing:
    """What a user sees of an owner's objects in the lists of the API."""

    def __init__(self, sources: Sources, within: tuple[NestedLists, GlobalIdentifiers], answer: Answer) -> None:
        self._sources, (self._nested, self._global), self._answer = sources, within, answer

    def shared(
        self, operation: ScanOperation, parameter: InsertableParameter, identities: tuple[Identity, Identity], identifier: Any
    ) -> bool:
        """Whether an owner's object is shared with the other user: a list shows it to them, or both the same objects."""
        owner, other_user = identities
        lists = self._lists(operation, parameter, other_user, owner)
        if any(str(value) == str(identifier) for body in lists for value in scalars(body)):
            return True
        theirs = {str(identifier) for body in lists for identifier in identifiers_in(body, parameter.name)}
        own = {
            str(identifier)
            for body in self._lists(operation, parameter, owner)
            for identifier in identifiers_in(body, parameter.name)
        }
        return bool(own) and own == theirs

    def listed(
        self, operation: ScanOperation, parameter: InsertableParameter, identities: tuple[Identity, Identity], identifier: Any
    ) -> Any:
        """An owner's object as a list shows it to another user; None where none does."""
        owner, other_user = identities
        items = (item_of(body, identifier) for body in self._lists(operation, parameter, other_user, owner))
        return next((item for item in items if item is not None), None)

    def _lists(
        self, operation: ScanOperation, parameter: InsertableParameter, identity: Identity, owner: Identity | None = None
    ) -> list[Any]:
        """What all lists say in which objects for a parameter stand, with and without their filters; an owner's lists too."""
        bodies, collections = [], self._sources.collections(operation, parameter)
        collection = collections[0] if collections else ""
        for source in self._sources.operations("GET", collections, identity):
            unfiltered = replace(
                source, parameters=tuple(parameter for parameter in source.parameters if parameter.location != "query")
            )
            # who names another's tenant in a path has nothing shared with them by that
            below = any(each.location == "path" and not tenants.noun(each) for each in source.parameters)
            for whose in (identity, owner) if owner and below else (identity,):
                answers = [self._answer(operation, identity, whose) for operation in dict.fromkeys((source, unfiltered))]
                bodies += [known_values.content(answer, collection) for answer in answers if answer is not None]
        if owner is not None and "#" in operation.path and self._global.of(noun_of(operation, parameter), owner):
            bodies += self._global.bodies(identity)
        nested = self._nested.identifiers(noun_of(operation, parameter), identity)
        return [*bodies, [{"id": identifier} for identifier in nested]] if nested else bodies
