"""Insertion points: where in an operation a probe puts its payload, and how."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description.operations import FIRST
from SecurityLibrary.proof import comparison
from theodore_qa.systems.exchange import NO_ANSWER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity


@dataclass(frozen=True)
class InsertionPoint:
    """A parameter of an operation that takes a payload, with who sends it, a good value, and the answers to control requests."""

    operation: ScanOperation
    parameter: InsertableParameter
    identity: Identity | None
    value: Any
    controls: tuple[Exchange, ...] = field(hash=False, compare=False)

    @property
    def location(self) -> str:
        """How a finding names it."""
        return f"{self.operation} {self.parameter}"

    @property
    def textual(self) -> bool:
        """Whether a text can be put there."""
        return self.parameter.kind in ("string", "array")

    def mask(self, payload: str = "") -> set[str]:
        """The paths at which two answers to the same harmless request differ."""
        return comparison.changing([comparison.leaves(answer, payload) for answer in self.controls])


def put_in(content: Any, pointer: tuple[str, ...], value: Any) -> Any:
    """The content with a value at a place of it."""
    if not pointer:
        return value
    part, *rest = pointer
    if part == FIRST:
        items = content if isinstance(content, list) and content else [None]
        return [put_in(items[0], tuple(rest), value), *items[1:]]
    content = content if isinstance(content, dict) else {}
    content[part] = put_in(content.get(part), tuple(rest), value)
    return content


def value_at(content: Any, pointer: tuple[str, ...]) -> Any:
    """The value at a place of a content; None where there is none."""
    for part in pointer:
        if part == FIRST:
            content = content[0] if isinstance(content, list) and content else None
        else:
            content = content.get(part) if isinstance(content, dict) else None
    return content


def as_text(value: Any) -> str:
    """A value as queries and forms hold it."""
    return json.dumps(value) if isinstance(value, bool | dict | list) or value is None else str(value)


def place_of(operation: ScanOperation, given: Mapping[InsertableParameter, Any] | None, body: bytes | None) -> str:
    """What of an operation a request puts its values into, for a count of those that brought no answer."""
    return f"{operation} {'the whole body' if body is not None else ', '.join(map(str, given or ())) or 'no place'}"


def answered(exchange: Exchange) -> str:
    """A status as messages show it."""
    return str(exchange.status) if exchange.status != NO_ANSWER else "nothing"
