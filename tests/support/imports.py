"""The import statements of a module of Python, wherever they stand in it."""

import ast
import functools

BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@functools.cache
def import_statements(path):
    """Each import statement of a file with whether it is for types alone; a file is read once in a process."""
    return tuple(_statements(ast.parse(path.read_text(encoding="utf-8")), for_types=False))


def _statements(block, *, for_types):
    for statement in (each for name in BLOCKS for each in getattr(block, name, ())):
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield statement, for_types
        else:
            guarded = isinstance(statement, ast.If) and isinstance(statement.test, ast.Name) and statement.test.id == "TYPE_CHECKING"
            yield from _statements(statement, for_types=for_types or guarded)
