"""A lint rule: a name says what it stands for. ``python tests/lint/names.py FOLDER...`` lists the names that say nothing."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

GENERIC = frozenset({"one", "told", "asked", "shown", "said", "wanted", "thing", "things", "stuff", "tmp", "obj"})


def bound_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every name that the code gives, with its line: variables, arguments, functions, classes and attributes of objects."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield node.lineno, name
            case ast.alias(asname=str(name)):
                yield node.lineno, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name


def generic_names(path: Path) -> list[str]:
    """One sentence for each name in the file that says nothing."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        f"{path}:{line}: '{name}' says nothing: use the noun of what it stands for"
        for line, name in bound_names(tree)
        if name.strip("_").lower() in GENERIC
    ]


def main(folders: list[str]) -> int:
    """Prints the findings in all Python files below the folders; 1 if there are any."""
    found = [finding for folder in folders for path in sorted(Path(folder).rglob("*.py")) for finding in generic_names(path)]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
