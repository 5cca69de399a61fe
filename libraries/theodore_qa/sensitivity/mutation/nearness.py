"""Which suites are tried first on a mutant: those that reach its line and little else."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from theodore_qa.sensitivity.mutation.reach import Reach

Function = ast.FunctionDef | ast.AsyncFunctionDef
DEEPEST = 3  # a constant of a class of a handler


def statement_lines(source: str, line: int) -> range:
    """The lines of the innermost statement that holds a line; of a block only its head."""
    return min((lines for lines in _statements(source) if line in lines), key=len, default=range(line, line + 1))


def nearest(reach: Reach, sources: Mapping[str, str], file: str, line: int) -> list[str]:
    """The suites that reach a line, the nearest first.

    A suite is near if it reaches lines of the same function that few others reach; for a line outside of functions, lines of
    the functions that use what is defined there.
    """
    reaching = reach.reaching(file, statement_lines(sources[file], line))
    around = _function_lines(sources[file], line)
    places = {file: around} if around else _users(sources, _defined(sources[file], line))
    weights = dict.fromkeys(reaching, 0.0)
    for name, lines in places.items():
        for number in lines:
            suites = reach.reaching(name, [number])
            for suite in weights.keys() & set(suites):
                weights[suite] += 1 / len(suites) ** 2
    return sorted(reaching, key=lambda suite: (-weights[suite], reach.suites[suite].seconds, suite))


@cache
def _statements(source: str) -> list[range]:
    return [_head(node) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]


def _head(node: ast.stmt) -> range:
    body = getattr(node, "body", None)
    first, last = node.lineno, node.end_lineno or node.lineno
    if isinstance(body, list) and body:
        last = max(first, body[0].lineno - 1)
    return range(first, last + 1)


@cache
def _functions(source: str) -> list[Function]:
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, Function)]


def _body(function: Function) -> range:
    return range(function.body[0].lineno, (function.end_lineno or function.lineno) + 1)


def _function_lines(source: str, line: int) -> range:
    """The lines of the innermost function whose body holds a line; none outside of functions."""
    bodies = [_body(function) for function in _functions(source)]
    heads = [_body(function) for function in _functions(source) if function.lineno <= line < function.body[0].lineno]
    return min((body for body in bodies if line in body), key=len, default=heads[0] if heads else range(0))


def _defined(source: str, line: int) -> set[str]:
    """The names that the statement of the top level which holds a line defines."""
    for node in ast.parse(source).body:
        if node.lineno <= line <= (node.end_lineno or node.lineno):
            return set(_names(node))
    return set()


def _names(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.ClassDef | Function):
        yield node.name
    elif isinstance(node, ast.Assign):
        yield from (part.id for target in node.targets for part in ast.walk(target) if isinstance(part, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def _users(sources: Mapping[str, str], names: set[str], depth: int = 0) -> dict[str, set[int]]:
    """By file, the lines of all functions that use one of the names, by way of other constants and classes too."""
    if not names:
        return {}
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, sorted(names)))})\b")
    found: dict[str, set[int]] = {}
    more: set[str] = set()
    for file, source in sources.items():
        lines = source.splitlines()
        using = {number for number, text in enumerate(lines, 1) if pattern.search(text)}
        for function in _functions(source):
            if not using.isdisjoint(range(function.lineno, (function.end_lineno or function.lineno) + 1)):
                found.setdefault(file, set()).update(_body(function))
        for node in ast.parse(source).body:
            if not using.isdisjoint(range(node.lineno, (node.end_lineno or node.lineno) + 1)):
                more |= set(_names(node)) - names
    if depth < DEEPEST and not found:
        return _users(sources, more, depth + 1) if more else {}
    return found
