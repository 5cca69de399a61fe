"""Schemas without references and alternatives, for what makes values."""

from __future__ import annotations

import math
from typing import Any, TYPE_CHECKING

from theodore_qa.openapi.problems import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Callable

    from theodore_qa.openapi.contents import Contents

_ALTERNATIVES = ("oneOf", "anyOf")
_MOST_PARTS = 10_000  # of one schema, whose parts may refer to the same ones again and again
_NUMBER = (int, float)
_LEAST = ("minLength", "minItems", "minProperties")
_MOST = ("maxLength", "maxItems", "maxProperties")
_KINDS: dict[str, Any] = {
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), _NUMBER),
    **dict.fromkeys((*_LEAST, *_MOST), int),
    **dict.fromkeys(("allOf", *_ALTERNATIVES, "prefixItems", "required", "enum", "examples"), list),
    **dict.fromkeys(("pattern", "format"), str),
    "properties": dict,
    "type": (str, list),
}


def simple(document: Contents, schema: Any) -> dict[str, Any]:
    """A schema that says at its top what is allowed, in the words of JSON Schema 2020-12: what stands deeper stays as it is.

    Its reference is followed, the parts of ``allOf`` are merged, and of ``oneOf`` and ``anyOf`` the first counts that is not null
    and does not lead back to itself. A schema that allows everything, or that is not understood, is ``{}``.
    """
    try:
        return _Simplifier(document).simple(schema, ()) or {}
    except RecursionError:  # it nests too deep to be understood
        return {}


class _Simplifier:
    def __init__(self, document: Contents) -> None:
        self.document = document
        self.left = _MOST_PARTS

    def simple(self, schema: Any, above: tuple[str, ...]) -> dict[str, Any] | None:
        """A simple schema; None for one that leads back to a reference above it."""
        self.left -= 1
        if schema is False:
            return {"not": {}}
        if not isinstance(schema, dict) or self.left < 0:
            return {}
        rest = _in_words_of_today(schema)
        parts: list[dict[str, Any] | None] = []
        if isinstance(reference := schema.get("$ref"), str):
            parts.append(self.target(reference, above))
            rest = {key: value for key, value in rest.items() if key != "$ref"} if self.document.modern else {}
        parts += [self.simple(part, above) for part in rest.pop("allOf", ())]
        for keyword in _ALTERNATIVES:
            if options := rest.pop(keyword, None):
                parts.append(self.chosen(options, rest, above))
        if None in parts:
            return None
        merged: dict[str, Any] = {}
        for part in (*parts, rest):
            merged = _merged(merged, part or {})
        return merged

    def target(self, reference: str, above: tuple[str, ...]) -> dict[str, Any] | None:
        if reference in above:
            return None
        try:
            return self.simple(self.document.references.target(reference), (*above, reference))
        except NotUnderstood:
            return {}

    def chosen(self, options: list[Any], rest: dict[str, Any], above: tuple[str, ...]) -> dict[str, Any] | None:
        """The first alternative that is not null and can be together with what stands beside it."""
        for option in options:
            found = self.simple(option, above)
            if found is not None and found.get("type") != "null" and not _excluded(rest, found):
                return _merged(found, _discriminated(option, rest.get("discriminator")))
        return None


def _excluded(rest: dict[str, Any], option: dict[str, Any]) -> bool:
    """Whether an alternative cannot be together with what stands beside it."""
    own, other = kinds(rest), kinds(option)
    return bool(own and other and not _common(own, other))


def _discriminated(option: Any, discriminator: Any) -> dict[str, Any]:
    name = discriminator.get("propertyName") if isinstance(discriminator, dict) else None
    reference = option.get("$ref") if isinstance(option, dict) else None
    if not isinstance(name, str) or not isinstance(reference, str):
        return {}
    mapping = discriminator.get("mapping")
    named = mapping.items() if isinstance(mapping, dict) else ()
    own = reference.rpartition("/")[2]
    value = next((key for key, target in named if target in (reference, own)), own)
    return {"properties": {name: {"example": value}}, "required": [name]}


def _in_words_of_today(schema: dict[str, Any]) -> dict[str, Any]:
    """A copy whose exclusive bounds are numbers, which allows null by its type, and without keywords of a wrong kind."""
    own = dict(schema)
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(own.get(exclusive), bool) and own.pop(exclusive) and bound in own:
            own[exclusive] = own.pop(bound)
    own = {key: value for key, value in own.items() if _is_well_formed(key, value)}
    if True in (own.pop("nullable", None), own.pop("x-nullable", None)) and isinstance(own.get("type"), str):
        own["type"] = [own["type"], "null"]
        if "enum" in own and None not in own["enum"]:
            own["enum"] = [*own["enum"], None]
    return own


def _is_well_formed(keyword: str, value: Any) -> bool:
    kind = _KINDS.get(keyword, object)
    if not isinstance(value, kind) or (kind in (int, _NUMBER) and isinstance(value, bool)):
        return False
    if keyword in ("required", "type") and isinstance(value, list):
        return all(isinstance(item, str) for item in value)
    return not isinstance(value, float) or math.isfinite(value)


def _merged(base: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """A schema that allows what both allow, as far as one schema without ``allOf`` can say it; ``other`` describes it."""
    combined = {key: _COMBINED[key](base[key], other[key]) for key in base.keys() & other.keys() & _COMBINED.keys()}
    return base | other | combined


def _both(base: Any, other: Any) -> Any:
    return base if base == other or other in ({}, True) else other if base in ({}, True) else {"allOf": [base, other]}


def _properties(base: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return base | {name: _both(base[name], schema) if name in base else schema for name, schema in other.items()}


def _common(base: list[str], other: list[str]) -> list[str]:
    found = [kind for kind in base if kind in other]
    return [*found, *(["integer"] if "integer" not in found and "number" in base and "integer" in other else []),
            *(["integer"] if "integer" not in found and "integer" in base and "number" in other else [])]  # fmt: skip


def kinds(schema: dict[str, Any]) -> list[str]:
    """The types that a schema names; none where it does not say."""
    named = schema.get("type")
    return named if isinstance(named, list) else [named] if isinstance(named, str) else []


def _types(base: Any, other: Any) -> Any:
    """The types that both name."""
    found = _common(kinds({"type": base}), kinds({"type": other}))
    return found[0] if len(found) == 1 else found or other


def _values(base: list[Any], other: list[Any]) -> list[Any]:
    return [value for value in base if value in other] or other


def _documented_value(base: Any, other: Any) -> Any:
    """Examples of parts of an object are those of the parts of an example."""
    return base | other if isinstance(base, dict) and isinstance(other, dict) else other


_COMBINED: dict[str, Callable[[Any, Any], Any]] = {
    "properties": _properties,
    "required": lambda base, other: list(dict.fromkeys([*base, *other])),
    "type": _types,
    "enum": _values,
    "items": _both,
    "additionalProperties": _both,
    "example": _documented_value,
    "default": _documented_value,
    **dict.fromkeys(("minimum", "exclusiveMinimum", *_LEAST), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", *_MOST), min),
}
