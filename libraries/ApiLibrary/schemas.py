"""Schemas that testers write: what in them is misspelt, and whether they allow everything."""

from __future__ import annotations

import difflib
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BY_NAME = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")  # names to schemas
LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
SINGLE = (
    "items", "additionalProperties", "unevaluatedItems", "unevaluatedProperties", "propertyNames", "contains", "not", "if",
    "then", "else", "contentSchema", "additionalItems",
)  # fmt: skip
VALUES = (
    "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength",
    "pattern", "maxItems", "minItems", "uniqueItems", "maxContains", "minContains", "maxProperties", "minProperties", "required",
    "dependentRequired", "dependencies", "format", "contentEncoding", "contentMediaType", "title", "description", "default",
    "deprecated", "readOnly", "writeOnly", "examples", "$schema", "$id", "$ref", "$anchor", "$dynamicRef", "$dynamicAnchor",
    "$vocabulary", "$comment", "nullable", "example", "discriminator", "xml", "externalDocs", "id",
)  # fmt: skip
KEYWORDS = (*BY_NAME, *LISTS, *SINGLE, *VALUES)  # JSON Schema 2020-12 and OpenAPI 3.1
ALL_KINDS: tuple[Any, ...] = (None, True, 0, -1.5, "", "text", [], [1, "text"], {}, {"name": 1})


def unknown_keywords(schema: Any) -> Iterator[str]:
    """The keywords of a schema, inwards too, that are close to one of JSON Schema and none: it would ignore them."""
    if not isinstance(schema, dict):
        return
    for name, value in schema.items():
        if name in BY_NAME and isinstance(value, dict):
            for inner in value.values():
                yield from unknown_keywords(inner)
        elif name in LISTS and isinstance(value, list):
            for inner in value:
                yield from unknown_keywords(inner)
        elif name in SINGLE:
            yield from unknown_keywords(value)
        elif name not in KEYWORDS and not str(name).startswith("x-") and _is_close_to_one(str(name)):
            yield str(name)


def _is_close_to_one(name: str) -> bool:
    return bool(difflib.get_close_matches(name, KEYWORDS, n=1, cutoff=0.75))


def allows_everything(schema: Any) -> bool:
    """Whether a schema allows values of every kind, so that a check by it could not fail."""
    import jsonschema

    try:
        validator = jsonschema.Draft202012Validator(schema)
        return all(map(validator.is_valid, ALL_KINDS))
    except Exception:  # noqa: BLE001  # a schema that is none is said by whoever reads it
        return False
