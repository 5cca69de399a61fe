"""The operations that hand out the objects which a parameter names: those that make them, and those that list them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from SecurityLibrary.description import graphql, reference_names
from SecurityLibrary.description.nouns import noun_of

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from SecurityLibrary.sending.skip_rules import SkipRules
    from SecurityLibrary.target import Target
    from theodore_qa.systems.identities import Identity


class Sources:
    """Where an API hands out objects: the paths of their collections, and the operations there."""

    def __init__(self, target: Target, rules: SkipRules) -> None:
        self.target, self.rules = target, rules

    def collections(self, operation: ScanOperation, parameter: InsertableParameter) -> list[str]:
        """The paths that may hand out a parameter: what stands before it in a path, then those that are called as it is."""
        before = [operation.path.partition(f"{{{parameter.name}}}")[0].rstrip("/")] if parameter.location == "path" else []
        every = sorted((operation.path.rstrip("/") for operation in self.target.operations), key=lambda path: path.count("{"))
        plurals = graphql.last_parts(every, reference_names.plurals(noun_of(operation, parameter)))
        named = [path for path in every if path.rpartition("/")[2].lower() in plurals]
        return list(dict.fromkeys(before + named + [path for path in every if before and _beside(path, before[0])]))

    def operations(self, method: str, collections: list[str], identity: Identity | None = None) -> list[ScanOperation]:
        """The operations at these paths that list objects (GET) or make them, without those that an identity is not meant to use.

        What those for administrators list to others, they disclose; it belongs to nobody for that.
        """
        administered = self.target.administrator is not None
        ordinary = identity is not None and identity.role != "admin" and administered
        sources = [
            operation
            for operation in self.target.operations
            if method in (operation.method, "GET")
            and graphql.reads(operation) == (method == "GET")
            and not (method == "GET" and operation.method != "GET" and _takes_identifier(operation))
            and not self.rules.reason(operation)
            and not (ordinary and operation.admin)
        ]
        return [source for path in collections for source in sources if source.path.rstrip("/") == path]


def _beside(path: str, collection: str) -> bool:
    """Whether a path stands beside a collection, as ``/batch/research`` makes what ``/batch/jobs`` holds; roots hold anything."""
    parent = collection.rpartition("/")[0]
    root = re.fullmatch(r"(/api|/rest)?(/v\d+)?", parent) is not None
    return not root and path != collection and "{" not in path and path.rpartition("/")[0] == parent


def _takes_identifier(operation: ScanOperation) -> bool:
    """Whether a query is about one object, which it has to be given."""
    return any(noun_of(operation, parameter) for parameter in operation.parameters)
