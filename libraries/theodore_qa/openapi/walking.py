"""A walk through the parts of a document that say something, without the values that are only shown."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING
from urllib.parse import urljoin

if TYPE_CHECKING:
    from collections.abc import Iterator

# The keys below these are names that the author chose, not keywords.
_NAMES = frozenset({
    "properties", "patternProperties", "dependentSchemas", "dependencies", "$defs", "definitions", "schemas", "parameters",
    "responses", "requestBodies", "headers", "content", "encoding", "paths", "pathItems", "webhooks", "mediaTypes",
    "additionalOperations", "securitySchemes", "securityDefinitions",
})  # fmt: skip
# Values as a system sends or takes them; and requests that the system itself makes.
_NO_SCHEMAS = frozenset({"example", "default", "enum", "const", "value", "mapping", "callbacks", "links", "security"})


def objects(
    node: Any, base: str = "", *, identified: bool = False, fragment: bool = False
) -> Iterator[tuple[dict[str, Any], str]]:
    """The objects of a part of a document, each with its base URI, without those in examples, defaults and extensions.

    The base of all is ``base``, or, where schemas are ``identified``, the nearest ``$id`` above. A ``fragment`` may be a map of
    anything, such as answers with one for ``default``.
    """
    root = node if fragment else None
    waiting: list[tuple[Any, bool, str]] = [(node, False, base)]
    seen: set[int] = set()  # YAML lets one object stand at many places
    while waiting:
        node, names, base = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, list):
            waiting.extend((item, False, base) for item in node if isinstance(item, dict | list))
        elif not isinstance(node, dict):
            continue
        elif names:
            waiting.extend((value, False, base) for value in node.values() if isinstance(value, dict | list))
        else:
            if identified and isinstance(node.get("$id"), str):
                base = urljoin(base, node["$id"])
            yield node, base
            for key, value in node.items():
                if not isinstance(value, dict | list) or (node is not root and (key in _NO_SCHEMAS or key.startswith("x-"))):
                    continue
                if key == "examples":
                    examples = value.values() if isinstance(value, dict) else ()
                    waiting.extend((item, False, base) for item in examples if isinstance(item, dict) and "$ref" in item)
                else:
                    waiting.append((value, key in _NAMES, base))
