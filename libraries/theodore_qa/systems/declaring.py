"""Writes the data classes and the documentation of the environment file out of its JSON Schema, the one declaration.

``python -m theodore_qa.systems.declaring`` prints the module ``declared``; with ``--guide`` it renews the tables of the guide.
"""

from __future__ import annotations

import functools
import json
import sys
from typing import Any, TYPE_CHECKING

from theodore_qa import paths

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = "environment.schema.json"
HEADER = '''"""The entries of an environment file as data classes, written by ``make docs``: edit the schema."""

# ruff: noqa: S105  # names of fields, no secrets

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
'''
MARKER = "<!-- What follows is written by `make docs` out of the schema. -->"


@functools.cache
def schema() -> dict[str, Any]:
    """The JSON Schema of environment files."""
    declared: dict[str, Any] = json.loads((paths.shipped("variables") / FILE).read_text(encoding="utf-8"))
    return declared


def resolved(node: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """A node of the schema with its reference into ``$defs`` followed; what stands beside the reference stays."""
    if "$ref" not in node:
        return node
    target = whole["$defs"][node["$ref"].rpartition("/")[2]]
    return {**target, **{key: value for key, value in node.items() if key != "$ref"}}


def objects(whole: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The objects of the schema that become classes, by their names, each after those that it holds."""
    found: dict[str, dict[str, Any]] = {}

    def visit(node: dict[str, Any]) -> None:
        node = whole["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
        if name := class_name(node):
            if name in found:
                return
            for inner in node["properties"].values():
                visit(inner)
            found[name] = node
        if isinstance(node.get("additionalProperties"), dict):
            visit(node["additionalProperties"])

    visit(whole)
    return found


def class_name(node: dict[str, Any]) -> str:
    """The class of an object; empty for what is no object of named entries."""
    return str(node.get("x-class", node.get("title", ""))) if "properties" in node else ""


def module() -> str:
    """The source of the data classes."""
    whole = schema()
    parts = [HEADER]
    for name, node in objects(whole).items():
        lines = [
            "\n\n@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time",
            f"class {name}:",
            f'    """{node["description"]}"""',
            "",
        ]
        needed = node.get("required", [])
        for entry, inner in node["properties"].items():
            kind, default = _typed(resolved(inner, whole), whole)
            lines.append(
                f"    {entry}: {kind.removesuffix(' | None')}" if entry in needed else f"    {entry}: {kind} = {default}"
            )
        parts.append("\n".join(lines) + "\n")
    return "".join(parts)


def _typed(node: dict[str, Any], whole: dict[str, Any]) -> tuple[str, str]:  # noqa: PLR0911  # one line a type
    """The annotation and the default of an entry."""
    kind, given = node.get("type"), node.get("default")
    if name := class_name(node):
        return f"{name} | None", "None"
    if "x-any" in node and kind in ("object", "array"):
        made = "dict" if kind == "object" else "list"
        return f"{made}[{'str, ' * (made == 'dict')}Any]", f"field(default_factory={made})"
    if "x-any" in node or "oneOf" in node or (isinstance(kind, list) and "format" not in node):
        return "Any", "None"
    if node.get("format") == "duration":
        return ("float", f"{_seconds(given)}") if given is not None else ("float | None", "None")
    if kind == "array":
        inner = "tuple[str, ...]" if node["items"].get("type") == "array" else "str"
        return f"tuple[{inner}, ...]", "()"
    if kind == "object":
        inner, _ = _typed(resolved(node["additionalProperties"], whole), whole)
        return f"dict[str, {inner.removesuffix(' | None')}]", "field(default_factory=dict)"
    if kind in ("number", "integer"):
        name = "int" if kind == "integer" else "float"
        return (name, repr(given)) if given is not None else (f"{name} | None", "None")
    if kind == "boolean":
        return "bool", repr(bool(given))
    return "str", json.dumps(given or "", ensure_ascii=False)


def _seconds(text: Any) -> float:
    from theodore_qa import timing

    return timing.seconds(text)


def tables() -> str:
    """The entries of all objects as tables in Markdown."""
    whole = schema()
    return "\n".join(part for name, node in reversed(objects(whole).items()) for part in _table(name, node, whole))


def guide(text: str) -> str:
    """The text of the guide with its tables renewed."""
    return f"{text.partition(MARKER)[0]}{MARKER}\n\n{tables()}"


def _table(name: str, node: dict[str, Any], whole: dict[str, Any]) -> Iterator[str]:
    yield f"### {node.get('title', name)}\n\n{node['description']}\n\n| entry | what it says | default |\n|---|---|---|"
    needed = node.get("required", [])
    for entry, inner in node["properties"].items():
        described = resolved(inner, whole)
        default = "required" if entry in needed else _default(described)
        yield f"| `{entry}` | {_described(described, whole)} | {default} |"
    yield ""


def _described(node: dict[str, Any], whole: dict[str, Any]) -> str:
    text = str(node["description"]).replace("|", "\\|")
    values = resolved(node["additionalProperties"], whole) if isinstance(node.get("additionalProperties"), dict) else {}
    below = next((inner["title"] for inner in (node, values) if class_name(inner)), "")
    unnamed = not any(str(value) in text for value in node.get("enum", ()))
    listed = f" One of {', '.join(node['enum'])}." if "enum" in node and unnamed else ""
    return text + listed + (f" See [{below}](#{below.lower()})." if below else "")


def _default(node: dict[str, Any]) -> str:
    given = node.get("default")
    return f"`{given}`" if given not in (None, "", False) else ""


if __name__ == "__main__":
    sys.stdout.write(guide(sys.stdin.read()) if "--guide" in sys.argv else module())
