"""YAML 1.2 in the C loader, or in Python's where there is none: names are text and stand once, dates and ``yes`` are text."""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml.constructor import ConstructorError

_DEEPEST = 1000  # objects in objects: the C loader would overflow its stack at some ten thousand, and take the process with it
_TAG = "tag:yaml.org,2002:"
# The scalars of the core schema, by the characters with which they begin.
_SCALARS = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ("~", "n", "N", "")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "-+.0123456789"),
    ("merge", r"<<", "<"),
)


def load(text: str) -> Any:
    """The value of a text; yaml.YAMLError if it is no YAML, RecursionError if it nests too deep."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506  # a safe loader


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # one or the other
    depth = 0

    def descend_resolver(self, parent: Any, index: Any) -> None:  # noqa: ARG002  # what the library calls before each node
        self.depth += 1
        if self.depth > _DEEPEST:
            raise RecursionError

    def ascend_resolver(self) -> None:
        self.depth -= 1

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[str, Any]:  # noqa: ARG002  # always deep: none holds itself
        try:
            found = {key.value: self.construct_object(value, deep=True) for key, value in node.value}
        except TypeError:
            raise ConstructorError(None, None, "a name is no text", node.start_mark) from None
        if "<<" not in found and len(found) == len(node.value):
            return found
        names = set()
        for key, _ in node.value:
            if key.value in names:
                raise ConstructorError(None, None, f"the name {key.value!r} stands twice", key.start_mark)
            names.add(key.value)
        self.flatten_mapping(node)  # what is merged comes first, so that the mapping's own entries win
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}

    def construct_sequence(self, node: Any, deep: bool = False) -> list[Any]:  # noqa: ARG002
        return [self.construct_object(item, deep=True) for item in node.value]

    def construct_int(self, node: Any) -> int:
        text: str = node.value
        return int(text[2:], {"0x": 16, "0o": 8}[text[:2]]) if text[:2] in ("0x", "0o") else int(text)


_Loader.yaml_implicit_resolvers = {}
for _kind, _expression, _beginnings in _SCALARS:
    _Loader.add_implicit_resolver(_TAG + _kind, re.compile(f"(?:{_expression})$"), _beginnings)
for _kind, _constructor in (
    ("map", _Loader.construct_mapping),
    ("seq", _Loader.construct_sequence),
    ("int", _Loader.construct_int),
    ("timestamp", _Loader.construct_scalar),
    ("binary", _Loader.construct_scalar),
):
    _Loader.add_constructor(_TAG + _kind, _constructor)
