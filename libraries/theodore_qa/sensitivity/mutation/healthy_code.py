"""What of the sandbox's source a healthy run executes: the code without its defects, in a form that can be compared.

A mutant whose healthy code is that of the original changes only what a defect does, or what a type checker reads.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SWITCHES = ("defects.on", "switches.on")  # of the sandbox, and of its command line
LAST_ROUND = 6  # a constant that becomes known decides what follows; deeper than this nothing nests
Function = ast.FunctionDef | ast.AsyncFunctionDef


def normal_form(source: str, unused: frozenset[str] = frozenset()) -> str:
    """A text that is the same for two sources that do the same while every defect is off.

    Args:
        source: of one module.
        unused: names of functions and constants that only defects use; see :func:`only_for_defects`.
    """
    return ast.dump(_folded(source, unused))


def only_for_defects(sources: Iterable[str]) -> frozenset[str]:
    """The functions, methods and constants of all modules together that something names, but only where a defect is on."""
    sources = list(sources)
    trees = [ast.parse(source) for source in sources]
    used_with_defects = _names(trees) & {name for tree in trees for name in _defined(tree)}
    unused: frozenset[str] = frozenset()
    while True:
        used = _names(_folded(source, unused) for source in sources)
        more = used_with_defects - used
        if unused.issuperset(more):
            return unused
        unused |= more


def _folded(source: str, unused: frozenset[str]) -> ast.Module:
    tree = ast.parse(source)
    before = ""
    for _ in range(LAST_ROUND):
        tree = _DefectsOff(unused).visit(tree)
        _fold_decided_names(tree)
        after = ast.dump(tree)
        if after == before:
            break
        before = after
    return tree


def _defined(tree: ast.Module) -> Iterator[str]:
    """The functions and methods of a module, and the constants of its top level."""
    yield from (node.name for node in ast.walk(tree) if isinstance(node, Function))
    for statement in tree.body:
        if isinstance(statement, ast.Assign):
            yield from (target.id for target in statement.targets if isinstance(target, ast.Name))


def _names(trees: Iterable[ast.AST]) -> set[str]:
    """All names that are read."""
    found = set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            found.add(node.attr)
    return found


def _decided(node: ast.AST) -> bool | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, bool) else None


class _DefectsOff(ast.NodeTransformer):
    """Takes every ``defects.on(...)`` for false, and leaves out what follows from that, types and docstrings."""

    def __init__(self, unused: frozenset[str]) -> None:
        self.unused = unused

    def visit_Call(self, node: ast.Call) -> ast.AST:  # ast's name
        if ast.unparse(node.func) in SWITCHES:
            return ast.Constant(value=False)
        if ast.unparse(node.func) == "cast" and len(node.args) == 2:  # noqa: PLR2004  # type and value
            return self.visit(node.args[1])  # type: ignore[no-any-return]
        return self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:  # ast's name
        self.generic_visit(node)
        decided = _decided(node.operand)
        return ast.Constant(value=not decided) if isinstance(node.op, ast.Not) and decided is not None else node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:  # ast's name
        self.generic_visit(node)
        deciding = isinstance(node.op, ast.Or)
        if any(_decided(value) is deciding for value in node.values):
            return ast.Constant(value=deciding)
        node.values = [value for value in node.values if _decided(value) is None]
        if not node.values:
            return ast.Constant(value=not deciding)
        return node.values[0] if len(node.values) == 1 else node

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt] | None:  # ast's name
        self.generic_visit(node)
        if ast.unparse(node.test) == "TYPE_CHECKING":
            return None
        decided = _decided(node.test)
        if decided is None:
            return node
        return node.body if decided else node.orelse or None

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:  # ast's name
        self.generic_visit(node)
        decided = _decided(node.test)
        return node if decided is None else node.body if decided else node.orelse

    def visit_For(self, node: ast.For) -> ast.AST | None:  # ast's name
        self.generic_visit(node)
        idle = all(isinstance(statement, ast.Pass) for statement in node.body)
        return None if idle and not node.orelse else node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:  # ast's name
        self.generic_visit(node)
        return None if isinstance(node.value, ast.Constant) else node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST | None:  # ast's name
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST | None:  # ast's name
        return self._function(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:  # ast's name
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        return None if names and self.unused.issuperset(names) else self.generic_visit(node)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if getattr(node, "body", None) == []:
            node.body = [ast.Pass()]  # type: ignore[attr-defined]
        return node

    def _function(self, node: Function) -> ast.AST | None:
        return None if node.name in self.unused and not node.decorator_list else self.generic_visit(node)


def _fold_decided_names(tree: ast.Module) -> None:
    """A local name whose only value is now known, ``taken = False``, is replaced by it."""
    for function in [node for node in ast.walk(tree) if isinstance(node, Function)]:
        values: dict[str, list[ast.AST]] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                values.setdefault(node.targets[0].id, []).append(node.value)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                values.setdefault(node.id, [])
        stored: dict[str, int] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                stored[node.id] = stored.get(node.id, 0) + 1
        known = {
            name: found[0]
            for name, found in values.items()
            if len(found) == stored.get(name) == 1 and _decided(found[0]) is not None
        }
        if known:
            _Known(known).visit(function)


class _Known(ast.NodeTransformer):
    def __init__(self, known: Mapping[str, ast.AST]) -> None:
        self.known = known

    def visit_Name(self, node: ast.Name) -> ast.AST:  # ast's name
        return self.known.get(node.id, node) if isinstance(node.ctx, ast.Load) else node

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:  # ast's name
        target = node.targets[0]
        return None if isinstance(target, ast.Name) and target.id in self.known else self.generic_visit(node)
