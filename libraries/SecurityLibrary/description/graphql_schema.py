"""Fields of a GraphQL schema that lead from a type to itself, so that a query can be of any depth."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TYPE = "{kind name ofType{kind name ofType{kind name ofType{kind name}}}}"
INTROSPECTION = f"{{__schema{{queryType{{name}} types{{name fields{{name type{_TYPE} args{{defaultValue type{{kind}}}}}}}}}}}}"
LONGEST_CYCLE = 3  # fields
MOST_GUESSES = 6
TOKENS = re.compile(r"[{}]|\([^()]*\)|[A-Za-z_]\w*|\.\.\.|:")
Graph = dict[str, dict[str, str]]  # the types by name: their fields that need no argument, with the types of these


@dataclass(frozen=True)
class Cycle:
    """Fields from the query's root to a type, and those from that type to itself."""

    path: tuple[str, ...]
    again: tuple[str, ...]

    @property
    def least(self) -> int:
        """The least depth of a query that goes round at all."""
        return len(self.path) + len(self.again)

    def query(self, depth: int) -> str:
        """A query that is so many fields deep."""
        rounds = max(depth - len(self.path), 0)
        fields = [*self.path, *(self.again[number % len(self.again)] for number in range(rounds))][:depth]
        return "{" + "{".join([*fields, "__typename"]) + "}" * (len(fields) + 1)


def cycle_in(introspected: Any) -> Cycle | None:
    """The shortest way to a type that leads to itself, by the answer to the query for the schema; None if there is none."""
    schema = ((introspected.get("data") or {}) if isinstance(introspected, dict) else {}).get("__schema")
    if not isinstance(schema, dict):
        return None
    root = str((schema.get("queryType") or {}).get("name"))
    graph: Graph = {str(each.get("name")): _fields(each) for each in schema.get("types") or [] if _is_object(each)}
    for path, reached in _ways(graph, root):
        for again, last in _ways(graph, reached, LONGEST_CYCLE):
            if last == reached:
                return Cycle(path, again)
    return None


def _fields(described: dict[str, Any]) -> dict[str, str]:
    """The fields of a type that hold objects and need no argument; those that are no lists come first."""
    found: list[tuple[bool, str, str]] = []
    for field in filter(_is_object, described.get("fields") or []):
        arguments = [each for each in filter(_is_object, field.get("args") or []) if each.get("defaultValue") is None]
        needs = any((each.get("type") or {}).get("kind") == "NON_NULL" for each in arguments)
        kinds, name, inner = set(), None, field.get("type")
        while isinstance(inner, dict):
            kinds.add(inner.get("kind"))
            name, inner = inner.get("name"), inner.get("ofType")
        if not needs and "OBJECT" in kinds and name:
            found.append(("LIST" in kinds, str(field.get("name")), str(name)))
    return {name: kind for _, name, kind in sorted(found)}


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _ways(graph: Graph, start: str, longest: int = 4) -> Iterator[tuple[tuple[str, ...], str]]:
    """The ways from a type to others, the shortest first, each with the type at its end."""
    waiting: deque[tuple[tuple[str, ...], str]] = deque([((), start)])
    known: set[str] = set()
    while waiting:
        path, name = waiting.popleft()
        for field, kind in graph.get(name, {}).items():
            way = (*path, field)
            yield way, kind
            if kind not in known and len(way) < longest:
                known.add(kind)
                waiting.append((way, kind))


def guesses(queries: Iterable[str]) -> Iterator[Cycle]:
    """Cycles that may be there, by queries whose fields hold fields: a field of a type may lead to the same type again."""
    number = 0
    for query in queries:
        for path in _nested(query):
            for length in range(1, min(len(path), LONGEST_CYCLE)):
                if (number := number + 1) > MOST_GUESSES:
                    return
                yield Cycle(path[:-length], path[-length:])


def _nested(query: str) -> Iterator[tuple[str, ...]]:
    """The ways to the fields of a query that hold fields and stand in another one, without those that have arguments."""
    if query.lstrip().startswith(("mutation", "subscription")):
        return
    tokens = TOKENS.findall(query[query.find("{") :])
    stack: list[str] = []
    for word, following, then in zip(tokens, [*tokens[1:], ""], [*tokens[2:], "", ""], strict=False):
        if word == "{":
            continue
        if word == "}":
            if stack:
                stack.pop()
        elif following == "{" or (following.startswith("(") and then == "{"):
            stack.append(word if following == "{" else "")
            if len(stack) > 1 and all(stack):
                yield tuple(stack)
