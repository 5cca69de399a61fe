"""Random mutants of Python source: one change in one file of a package."""

from __future__ import annotations

import ast
import copy
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

ONLY_BY_ITS_OWNER = ("reset", "close")
ONLY_AFTER_A_RESTART = ("resume",)
ONLY_IN_THE_LOG = ("_write",)
ONLY_WITH_FAULT_PROXIES = ("lead_to",)
ONLY_WITH_A_DEFECT = ("_invented", "_ascii_only", "_embellished")
UNSEEN = (*ONLY_BY_ITS_OWNER, *ONLY_AFTER_A_RESTART, *ONLY_IN_THE_LOG, *ONLY_WITH_FAULT_PROXIES, *ONLY_WITH_A_DEFECT)
TOLD_TO_PEOPLE = ("message", "outcome")
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
}


@dataclass(frozen=True)
class AstMutant:
    """A change of ``kind`` at the node number ``index`` of ``file``."""

    file: Path
    line: int
    kind: str
    index: int

    def describe(self) -> str:
        """What is changed, and where."""
        return f"{self.file.name}:{self.line}: {self.kind}"

    def changed_line(self) -> str:
        """The line as it is before the change."""
        return self.file.read_text(encoding="utf-8").splitlines()[self.line - 1].strip()

    def source(self) -> str:
        """The file's text with the change."""
        tree = ast.parse(self.file.read_text(encoding="utf-8"))
        node, holder = list(_walk(tree))[self.index]
        _mutate(node, holder, self.kind)
        return ast.unparse(ast.fix_missing_locations(tree))

    def write(self, package: Path, destination: Path) -> None:
        """Copy ``package`` below ``destination`` with the change, to be put first on PYTHONPATH."""
        target = destination / package.name
        shutil.copytree(package, target, ignore=shutil.ignore_patterns("__pycache__"))
        (target / self.file.relative_to(package)).write_text(self.source(), encoding="utf-8")


def enumerate_ast_mutants(paths: Iterable[Path]) -> list[AstMutant]:
    """Every mutant of what the functions of the files do.

    Left alone are docstrings, annotations, words for people, random identifiers, what a defect switch guards, and what no
    request shows: the type of a ``cast``, ``strict`` of a ``zip``, ``mode`` of a ``model_dump``, the digits of a ``round``, what
    texts are joined by, and the functions that only the start, a restart or the log shows (the chaos and the security suites
    see to these).
    """
    found = []
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        before = ast.unparse(tree)
        inside = {id(node) for function in _functions(tree) for node in ast.walk(function)}
        for index, (node, _) in enumerate(_walk(tree)):
            for kind in _kinds(node) if id(node) in inside else ():
                mutant = AstMutant(path, getattr(node, "lineno", 0), kind, index)
                if mutant.source() != before:
                    found.append(mutant)
    return found


def _walk(tree: ast.AST, holder: list[ast.stmt] | None = None) -> Iterator[tuple[ast.AST, list[ast.stmt] | None]]:
    """Nodes that may be changed, with the list of statements that holds them."""
    without_effect = _without_effect(tree)
    for name, value in ast.iter_fields(tree):
        if name in {"annotation", "returns", "decorator_list", "type_comment"}:
            continue
        items = value if isinstance(value, list) else [value]
        for item in items:
            if not isinstance(item, ast.AST):
                continue
            if _guards_the_rest(item):
                break
            if _left_alone(item) or item in without_effect:
                continue
            inside = value if isinstance(value, list) and isinstance(item, ast.stmt) else holder
            yield item, inside
            yield from _walk(item, inside)


def _without_effect(node: ast.AST) -> list[ast.AST]:
    """The parts of a node that may be anything: for the checker, a belt beside the braces, words for people."""
    if isinstance(node, ast.Dict):
        named = zip(node.keys, node.values, strict=True)
        return [value for key, value in named if isinstance(key, ast.Constant) and key.value in TOLD_TO_PEOPLE]
    if not isinstance(node, ast.Call):
        return [node.value] if isinstance(node, ast.Attribute) and node.attr == "join" else []
    called = ast.unparse(node.func).rpartition(".")[2]
    spare = {"zip": "strict", "model_dump": "mode"}.get(called)
    positional = {"cast": node.args[:1], "round": node.args[1:]}.get(called, [])
    return [*positional, *(keyword for keyword in node.keywords if keyword.arg == spare)]


def _guards_the_rest(node: ast.AST) -> bool:
    """Whether what follows in a block is reached with a defect only: ``if not defects.on(...): raise``."""
    return (
        isinstance(node, ast.If)
        and ast.unparse(node.test).startswith(("not defects.on", "not (defects.on"))
        and isinstance(node.body[-1], ast.Raise)
    )


def _functions(tree: ast.AST) -> Iterator[ast.AST]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _left_alone(node: ast.AST) -> bool:
    switched = False
    if isinstance(node, ast.Call):
        switched = ast.unparse(node.func).startswith(("defects.on", "secrets."))
    elif isinstance(node, ast.If | ast.IfExp):
        switched = bool(re.search(r"TYPE_CHECKING|defects\.on", ast.unparse(node.test)))
    elif isinstance(node, ast.BoolOp):
        switched = _decided_by_a_defect(node)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        switched = node.name in UNSEEN
    return switched or _only_text(node) or isinstance(node, ast.Import | ast.ImportFrom | ast.Raise | ast.JoinedStr)


def _only_text(node: ast.AST) -> bool:
    """A docstring, or a sentence for people."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip()


def _decided_by_a_defect(node: ast.BoolOp) -> bool:
    """``... and defects.on(...)`` is false, and ``... or not defects.on(...)`` true, whatever else stands there."""
    switch = "defects.on" if isinstance(node.op, ast.And) else "not defects.on"
    return any(ast.unparse(value).startswith(switch) for value in node.values)


def _kinds(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARISONS:
        yield "comparison flipped"
    elif isinstance(node, ast.BoolOp):
        yield "and and or swapped"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not removed"
    elif isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        yield "arithmetic swapped"
    elif isinstance(node, ast.Constant) and (
        isinstance(node.value, bool | int | float) or (isinstance(node.value, str) and node.value)
    ):
        yield "constant changed"
    elif isinstance(node, ast.Return) and node.value is not None:
        yield "None returned"
    elif isinstance(node, ast.Expr | ast.AugAssign) or (
        isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name)
    ):
        yield "statement deleted"
    elif isinstance(node, ast.If):
        yield "condition negated"


def _mutate(node: ast.AST, holder: list[ast.stmt] | None, kind: str) -> None:
    if isinstance(node, ast.Compare):
        node.ops[0] = _COMPARISONS[type(node.ops[0])]()
    elif isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    elif isinstance(node, ast.UnaryOp):
        node.op, node.operand = ast.Not(), ast.UnaryOp(ast.Not(), copy.copy(node.operand))
    elif isinstance(node, ast.BinOp):
        node.op = _ARITHMETIC[type(node.op)]()
    elif isinstance(node, ast.Constant):
        node.value = _other(node.value)
    elif isinstance(node, ast.Return):
        node.value = ast.Constant(None)
    elif isinstance(node, ast.If):
        node.test = ast.UnaryOp(ast.Not(), node.test)
    elif kind == "statement deleted" and holder is not None and isinstance(node, ast.stmt):
        holder[holder.index(node)] = ast.Pass()


def _other(value: object) -> bool | int | float | str:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}x"
