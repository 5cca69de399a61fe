"""Every place of a source where an operator of cosmic-ray, of mutmut or of our own can change something."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from typing import Any, TYPE_CHECKING

import libcst
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.provider import OperatorProvider
from libcst import metadata
from mutmut.mutation import mutators

from theodore_qa.sensitivity.mutation.operators import OWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STRING = "string"
FAMILIES = (
    "boundary", "constant", "default", "argument", "call", "condition", "return", "exception", "assignment", "operator", STRING,
)  # fmt: skip
_COSMIC_RAY = {
    r"NumberReplacer|ReplaceTrueWithFalse|ReplaceFalseWithTrue": "constant",
    r"ReplaceComparisonOperator_(Lt_LtE|LtE_Lt|Gt_GtE|GtE_Gt)": "boundary",
    r"ReplaceComparisonOperator_(Eq_NotEq|NotEq_Eq|Lt_Gt|LtE_GtE|Gt_Lt|GtE_LtE|Is_IsNot|IsNot_Is)": "operator",
    r"ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_Div|Div_Mul|FloorDiv_Div|Mod_Mul|Pow_Mul|BitOr_BitAnd|BitAnd_BitOr)": "operator",
    r"ReplaceUnaryOperator_(USub_UAdd|Delete_USub)": "operator",
    r"ReplaceAndWithOr|ReplaceOrWithAnd|ReplaceBreakWithContinue|ReplaceContinueWithBreak": "operator",
    r"AddNot|ReplaceUnaryOperator_Delete_Not|ZeroIterationForLoop": "condition",
    r"ExceptionReplacer": "exception",
}
_MUTMUT: dict[Callable[[Any], Any], str] = {
    mutators.operator_arg_removal: "argument",
    mutators.operator_dict_arguments: "argument",
    mutators.operator_assignment: "assignment",
    mutators.operator_augmented_assignment: "assignment",
    mutators.operator_if_exp: "condition",
    mutators.operator_match: "condition",
    mutators.operator_keywords: "operator",
    mutators.operator_symmetric_string_methods_swap: "call",
    mutators.operator_unsymmetrical_string_methods_swap: "call",
    mutators.operator_lambda: "return",
    mutators.operator_string: STRING,
}
_OWN = {"CallRemoval": "call", "ArgumentSwap": "argument", "ReturnReplacement": "return", "RaiseRemoval": "exception"}
_LIMITS = ("ge", "gt", "le", "lt", "min_length", "max_length", "multiple_of")
Point = tuple[int, int]


@dataclass(frozen=True)
class Candidate:
    """A change that an operator can make: the ``occurrence``-th of its kind in a file; lines count from 1, columns from 0."""

    file: str
    start: Point
    end: Point
    family: str
    operator: str
    occurrence: int

    @property
    def line(self) -> int:
        """The line that is changed."""
        return self.start[0]

    def mutated(self, source: str) -> str | None:
        """The source with the change; None where that changes nothing or no Python comes of it."""
        library, _, name = self.operator.partition("/")
        changed: str | None
        if library == "mutmut":
            changed = _by_mutmut(source, name, self.occurrence)
        else:
            operator = OWN[name] if library == "theodore" else OperatorProvider()[name]
            changed = mutate_code(source, operator(), self.occurrence)
        try:
            same = changed is None or ast.dump(ast.parse(changed)) == ast.dump(ast.parse(source))
        except SyntaxError:
            return None
        return None if same else changed


def candidates(file: str, source: str) -> list[Candidate]:
    """All candidates of a source, in the order of its lines; ``file`` is how it is called."""
    places = _Places(ast.parse(source))
    found = [*_of_cosmic_ray(file, source), *_of_mutmut(file, source)]
    placed = (places.placed(candidate) for candidate in found)
    return sorted((c for c in placed if c), key=lambda c: (c.start, c.end, c.operator, c.occurrence))


def _of_cosmic_ray(file: str, source: str) -> Iterator[Candidate]:
    provider = OperatorProvider()
    operators = {f"theodore/{name}": (OWN[name](), family) for name, family in _OWN.items()}
    for pattern, family in _COSMIC_RAY.items():
        named = [name for name in provider if re.fullmatch(pattern, name)]
        operators |= {f"cosmic-ray/{name}": (provider[name](), family) for name in named}
    counts = dict.fromkeys(operators, 0)
    for node in ast_nodes(get_ast(source)):
        for name, (operator, family) in operators.items():
            for start, end in operator.mutation_positions(node):
                yield Candidate(file, start, end, family, name, counts[name])
                counts[name] += 1


def _of_mutmut(file: str, source: str) -> Iterator[Candidate]:
    module, positions = _parsed(source)
    counts = dict.fromkeys(_MUTMUT, 0)
    for node, operator, _ in _changes(module):
        where = positions[node]
        start, end = (where.start.line, where.start.column), (where.end.line, where.end.column)
        yield Candidate(file, start, end, _MUTMUT[operator], f"mutmut/{operator.__name__}", counts[operator])
        counts[operator] += 1


def _by_mutmut(source: str, name: str, occurrence: int) -> str | None:
    module, _ = _parsed(source)
    matching = ((node, changed) for node, operator, changed in _changes(module) if operator.__name__ == name)
    for number, (node, changed) in enumerate(matching):
        if number == occurrence:
            mutated = module.deep_replace(node, changed)
            return mutated.code if isinstance(mutated, libcst.Module) else None
    return None


def _changes(module: libcst.Module) -> Iterator[tuple[libcst.CSTNode, Callable[[Any], Any], libcst.CSTNode]]:
    """All nodes with each operator of mutmut that changes them, and what becomes of them."""
    operators = [(kind, operator) for kind, operator in mutators.mutation_operators if operator in _MUTMUT]
    waiting: list[libcst.CSTNode] = [module]
    while waiting:
        node = waiting.pop()
        for kind, operator in operators:
            if isinstance(node, kind):
                yield from ((node, operator, changed) for changed in operator(node))
        waiting.extend(reversed(node.children))


@cache
def _parsed(source: str) -> tuple[libcst.Module, Any]:
    wrapper = metadata.MetadataWrapper(libcst.parse_module(source), unsafe_skip_copy=True)
    return wrapper.module, wrapper.resolve(metadata.PositionProvider)


class _Places:
    """The parts of a source in which a change is of another family, or is none that a run could show."""

    def __init__(self, tree: ast.Module) -> None:
        self._left_out: list[tuple[Point, Point]] = []
        self._annotations: list[tuple[Point, Point]] = []
        self._defaults: list[tuple[Point, Point]] = []
        self._limits: list[tuple[Point, Point]] = []
        for node in ast.walk(tree):
            self._note(node)

    def placed(self, candidate: Candidate) -> Candidate | None:
        """The candidate with its family; None where it is left out."""
        inside = {
            name: any(start <= candidate.start and candidate.end <= end for start, end in spans)
            for name, spans in vars(self).items()
        }
        family = candidate.family
        if inside["_left_out"] or (inside["_annotations"] and not inside["_limits"] and family != "argument"):
            return None
        if family == "constant" and inside["_limits"]:
            family = "boundary"
        elif family in {"constant", "assignment", "operator"} and inside["_defaults"]:
            family = "default"
        return Candidate(candidate.file, candidate.start, candidate.end, family, candidate.operator, candidate.occurrence)

    def _note(self, node: ast.AST) -> None:
        if (
            isinstance(node, ast.Import | ast.ImportFrom)
            or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
            or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
        ):
            self._left_out.append(_span(node))
        elif isinstance(node, ast.arguments):
            values = [*node.defaults, *(value for value in node.kw_defaults if value)]
            self._defaults += map(_span, values)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self._annotations += [_span(node.returns)] if node.returns else []
        elif isinstance(node, ast.ClassDef):
            self._defaults += [_span(part) for part in node.body if isinstance(part, ast.AnnAssign)]
        elif isinstance(node, ast.Compare | ast.Slice):
            self._limits.append(_span(node))
        elif isinstance(node, ast.keyword) and node.arg in _LIMITS:
            self._limits.append(_span(node.value))
        annotation = getattr(node, "annotation", None)
        if annotation is not None:
            self._annotations.append(_span(annotation))


def _span(node: Any) -> tuple[Point, Point]:
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
