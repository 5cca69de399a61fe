"""Which operation a request is for."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import NamedTuple, TYPE_CHECKING
from urllib.parse import unquote

from theodore_qa.openapi.parts import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from theodore_qa.openapi.operation import Operation


class _Template(NamedTuple):
    rank: tuple[tuple[int, int], ...]
    segments: tuple[re.Pattern[str], ...]
    operation: Operation


class Routes:
    """The operations of a document by the paths of their requests."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._methods: dict[str, None] = {}
        self._literal: dict[tuple[str, tuple[str, ...]], Operation] = {}
        self._templates: dict[tuple[str, int], list[_Template]] = defaultdict(list)
        for operation in operations:
            self._methods[operation.method] = None
            parts = operation.path.split("/")
            if "{" not in operation.path:
                self._literal.setdefault((operation.method, tuple(map(unquote, parts))), operation)
            else:
                template = _Template(tuple(map(_rank, parts)), tuple(map(_expression, parts)), operation)
                self._templates[operation.method, len(parts)].append(template)
        for templates in self._templates.values():
            templates.sort(key=lambda template: template.rank)

    def at(self, path: str) -> Iterator[Operation]:
        """The operations for a request path, one for each method that has any."""
        return filter(None, (self.operation(method, path) for method in self._methods))

    def operation(self, method: str, path: str) -> Operation | None:
        """The operation for a request path: first as a literal path has it, then as the template with the most literal text."""
        for own in dict.fromkeys((path, re.split(r"[?#]", path, maxsplit=1)[0])):
            parts = tuple(map(unquote, own.split("/")))
            if found := self._literal.get((method, parts)):
                return found
            for template in self._templates.get((method, len(parts)), ()):
                if all(expression.fullmatch(part) for expression, part in zip(template.segments, parts, strict=True)):
                    return template.operation
        return None


def _rank(segment: str) -> tuple[int, int]:
    """A literal segment before one that mixes text and variables, before a variable alone; more text before less."""
    text = VARIABLE.sub("", segment)
    return (0 if text == segment else 1 if text else 2, -len(text))


def _expression(segment: str) -> re.Pattern[str]:
    texts = VARIABLE.split(segment)[::2]
    return re.compile(".+".join(re.escape(unquote(text)) for text in texts), re.DOTALL)
