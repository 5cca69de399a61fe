"""Finds what of a document is not understood, through all its references."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theodore_qa.openapi.problems import NotUnderstood, TYPES
from theodore_qa.openapi.walking import objects

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_EXCLUSIVE = ("exclusiveMinimum", "exclusiveMaximum")


class Finder:
    """Finds what is not understood below the nodes of a document, through all their references; each target is read once."""

    def __init__(self, version: str, resolved: Callable[[Any], Any]) -> None:
        """
        Args:
            version: of OpenAPI, in which the document is written.
            resolved: gives a node of the document with its reference followed.
        """
        self._resolved = resolved
        self._modern = version not in ("2.0", "3.0")
        self._types = TYPES | {"file"} if version == "2.0" else TYPES
        self._targets: dict[str, tuple[set[str], list[str]]] = {}

    def reasons(self, *nodes: Any) -> list[str]:
        """Why something below ``nodes`` is not understood; empty if all is."""
        found: dict[str, None] = {}
        seen: set[str] = set()
        waiting = [self._read(node) for node in nodes]
        while waiting:
            references, reasons = waiting.pop()
            found.update(dict.fromkeys(reasons))
            for reference in sorted(references - seen):
                seen.add(reference)
                waiting.append(self._target(reference))
        return list(found)

    def _target(self, reference: str) -> tuple[set[str], list[str]]:
        if reference not in self._targets:
            try:
                target = self._resolved({"$ref": reference})
            except NotUnderstood as error:
                self._targets[reference] = set(), [str(error)]
            else:
                self._targets[reference] = self._read(target)
        return self._targets[reference]

    def _read(self, node: Any) -> tuple[set[str], list[str]]:
        """The references that stand directly below a node, and what is not understood there."""
        from theodore_qa.openapi import patterns

        references: set[str] = set()
        reasons: list[str] = []
        for part, _ in objects(node):
            if isinstance(part.get("$ref"), str):
                references.add(part["$ref"])
            if isinstance(part.get("pattern"), str):
                try:
                    patterns.compiled(part["pattern"])
                except NotUnderstood as error:
                    reasons.append(str(error))
            if self._modern:
                exclusive = [key for key in _EXCLUSIVE if isinstance(part.get(key), bool)]
                reasons += [f"'{key}' is a boolean, which only OpenAPI 3.0 and 2.0 know" for key in exclusive]
            kinds = part.get("type")
            named = [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)]
            reasons += [f"'{kind}' is no type of JSON Schema" for kind in named if kind not in self._types]
        return references, reasons
