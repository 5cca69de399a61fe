"""Which suites and tests are tried first on a mutant: those that reach its line and little else."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from theodore_qa.sensitivity.mutation.reach import Reach, Test

T = TypeVar("T")

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
    weights = _weights(sources, file, line, reach.reaching)
    return sorted(weights, key=lambda suite: (-weights[suite], reach.suites[suite].seconds, suite))


def nearest_tests(reach: Reach, sources: Mapping[str, str], file: str, line: int, count: int) -> list[Test]:
    """At most ``count`` tests that reach a line, the nearest first, as :func:`nearest` has it for suites.

    Rows of one suite look at much the same: of two that are equally near, that of the suite with fewer chosen tests is taken.
    """
    weights = _weights(sources, file, line, reach.tests_reaching)
    chosen: list[Test] = []
    while weights and len(chosen) < count:
        taken = Counter(suite for suite, _ in chosen)
        best = min(weights, key=lambda test: (-weights[test] / (1 + taken[test[0]]), test))
        chosen.append(best)
        del weights[best]
    return chosen


def _weights(
    sources: Mapping[str, str], file: str, line: int, reaching: Callable[[str, Iterable[int]], Collection[T]]
) -> dict[T, float]:
    """How near each suite or test is that reaches the statement of a line."""
    around = _function_lines(sources[file], line)
    places = {file: around} if around else _users(sources, _defined(sources[file], line))
    weights = dict.fromkeys(reaching(file, statement_lines(sources[file], line)), 0.0)
    if not around:  # it runs once, at the import: whoever reaches what uses it may notice a change, whichever test came first
        weights |= {each: 0.0 for name, lines in places.items() for each in reaching(name, lines)}
    for name, lines in places.items():
        for number in lines:
            found = reaching(name, [number])
            for each in weights.keys() & set(found):
                weights[each] += 1 / len(found) ** 2
    return weights


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
