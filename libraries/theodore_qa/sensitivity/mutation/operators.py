"""Mutation operators that neither cosmic-ray nor mutmut has, written as cosmic-ray's operator classes on parso trees."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, TYPE_CHECKING

import parso
from cosmic_ray.operators.operator import Example, Operator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Position = tuple[tuple[int, int], tuple[int, int]]
BOOLEAN = ("comparison", "and_test", "or_test", "not_test")
WRAPPERS = ("sorted", "list", "set", "tuple", "reversed", "abs", "round", "min", "max", "str", "int", "float", "bool")
TEXT_METHODS = ("strip", "lstrip", "rstrip", "lower", "upper", "casefold", "title", "capitalize", "copy")
CALLS = ("atom_expr", "power")


def _position(node: Any) -> Position:
    return node.start_pos, node.end_pos


def _replacement(node: Any, code: str) -> Any:
    """A tree of ``code`` in the place of ``node``, after the white space and comments that stand before it."""
    return parso.parse(node.get_first_leaf().prefix + code)  # type: ignore[no-untyped-call]


def _arguments(trailer: Any) -> list[Any]:
    """The arguments of a call's trailer ``(...)``."""
    inside = trailer.children[1:-1]
    if not inside:
        return []
    return [part for part in inside[0].children if part.type != "operator"] if inside[0].type == "arglist" else [inside[0]]


def _call(node: Any) -> Any:
    """The trailer ``(...)`` of a node that is a call; None for any other node."""
    if node.type not in CALLS:
        return None
    last = node.children[-1]
    return last if last.type == "trailer" and last.children[0].value == "(" else None


class CallRemoval(Operator):  # type: ignore[misc]  # cosmic-ray has no types
    """A call that is forgotten: a statement does nothing, a wrapper or a method without arguments leaves its value alone."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        """Calls that stand alone, and calls of the known wrappers and methods."""
        if self._without(node) is not None:
            yield _position(node)

    def mutate(self, node: Any, index: int) -> Any:  # noqa: ARG002  # one way only
        """Leave the call out."""
        return _replacement(node, self._without(node) or "")

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """As cosmic-ray's own tests read them."""
        return (
            Example("store.revoke(token)\n", "pass\n"),
            Example("await store.revoke(token)\n", "pass\n"),
            Example("x = sorted(names, key=len)", "x = names"),
            Example("x = name.strip().lower()", "x = name.strip()"),
        )

    @staticmethod
    def _without(node: Any) -> str | None:
        if node.type in {*CALLS, "await"} and node.parent.type == "simple_stmt":
            return "pass" if _call(node) is not None else None
        trailer = _call(node)
        if trailer is None:
            return None
        called, arguments = node.children[-2], _arguments(trailer)
        if called.type == "name" and len(node.children) == 2 and called.value in WRAPPERS:  # noqa: PLR2004  # name and trailer
            plain = arguments and arguments[0].type != "argument"
            return str(arguments[0].get_code(include_prefix=False)) if plain else None
        if called.type == "trailer" and called.children[-1].value in TEXT_METHODS and not arguments:
            return "".join(child.get_code() for child in node.children[:-2]).strip()
        return None


class ArgumentSwap(Operator):  # type: ignore[misc]  # cosmic-ray has no types
    """Two positional arguments that stand side by side in the wrong order."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        """Each pair of neighbours that differ."""
        for first, second in self._pairs(node):
            yield first.start_pos, second.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Swap a pair."""
        first, second = self._pairs(node)[index]
        code = {id(first): second, id(second): first}
        node.children = [
            _replacement(child, code[id(child)].get_code(include_prefix=False)) if id(child) in code else child
            for child in node.children
        ]
        return node

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """As cosmic-ray's own tests read them."""
        return (Example("f(a, b, c)", "f(b, a, c)"), Example("f(a, b, c)", "f(a, c, b)", occurrence=1))

    @staticmethod
    def _pairs(node: Any) -> list[tuple[Any, Any]]:
        if node.type != "arglist":
            return []
        arguments = [child for child in node.children if child.type != "operator"]
        return [
            (first, second)
            for first, second in pairwise(arguments)
            if "argument" not in {first.type, second.type}
            and first.get_code(include_prefix=False) != second.get_code(include_prefix=False)
        ]


class ReturnReplacement(Operator):  # type: ignore[misc]  # cosmic-ray has no types
    """A function that returns None in place of its value, or the contrary of what it decided."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        """Each value that is returned, once for each way."""
        for _ in self._values(node):
            yield _position(node)

    def mutate(self, node: Any, index: int) -> Any:
        """Return another value."""
        return _replacement(node, f"return {self._values(node)[index]}")

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """As cosmic-ray's own tests read them."""
        return (
            Example("def f():\n    return 1", "def f():\n    return None"),
            Example("def f(a):\n    return a > 1", "def f(a):\n    return not (a > 1)", occurrence=1),
        )

    @staticmethod
    def _values(node: Any) -> list[str]:
        if node.type != "return_stmt":
            return []
        code = node.children[1].get_code(include_prefix=False)
        if code == "None":
            return []
        return ["None", f"not ({code})"] if node.children[1].type in BOOLEAN else ["None"]


class RaiseRemoval(Operator):  # type: ignore[misc]  # cosmic-ray has no types
    """An error that is not raised."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        """Each ``raise``, with and without an error of its own."""
        bare = node.type == "keyword" and node.value == "raise" and node.parent.type == "simple_stmt"
        if node.type == "raise_stmt" or bare:
            yield _position(node)

    def mutate(self, node: Any, index: int) -> Any:  # noqa: ARG002  # one way only
        """Go on instead."""
        return _replacement(node, "pass")

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """As cosmic-ray's own tests read them."""
        return (Example("if a:\n    raise ValueError(a)\n", "if a:\n    pass\n"), Example("raise\n", "pass\n"))


OWN = {operator.__name__: operator for operator in (CallRemoval, ArgumentSwap, ReturnReplacement, RaiseRemoval)}
