"""Values that the schemas of a document allow, with what is required and no more."""

from __future__ import annotations

import copy
import math
from fractions import Fraction
from typing import Any, TYPE_CHECKING

from theodore_qa.openapi import patterns
from theodore_qa.openapi.problems import NotUnderstood
from theodore_qa.openapi.simplifying import kinds, simple

if TYPE_CHECKING:
    from theodore_qa.openapi.contents import Contents

__all__ = ["sample", "simple"]

DEEPEST = 8
MOST = 2_000  # values in one sample
LONGEST = 1_000_000  # characters of one text
_LIMITS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf")
_GIVEN = frozenset({"example", "examples"})
_TEXTS = {
    "date-time": "2026-01-02T03:04:05Z",
    "date": "2026-01-02",
    "time": "03:04:05Z",
    "duration": "P1D",
    "email": "qa@example.com",
    "uuid": "7b0b1c1e-3d7c-4a55-9c2e-0d6a4f1e2b3c",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uri-reference": "/",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "byte": "c2FtcGxl",
}
# The type of a schema that does not say it, by a keyword that only this type has.
_IMPLIED = {
    "properties": "object", "required": "object", "additionalProperties": "object", "minProperties": "object",
    "items": "array", "prefixItems": "array", "minItems": "array",
    "minimum": "number", "maximum": "number", "exclusiveMinimum": "number", "exclusiveMaximum": "number", "multipleOf": "number",
}  # fmt: skip


def sample(document: Contents, schema: Any) -> Any:
    """A value that a schema allows, the same each time: an example, or what is required; where nothing is, what has an example.

    What is readOnly is left out, since the system gives it. Of a schema that cannot be fulfilled, such as one that needs itself,
    it is the nearest there is.
    """
    return _Sampler(document).value(schema, 0)


def _allows(document: Contents, schema: Any, value: Any) -> bool:
    from theodore_qa.openapi import validation

    try:
        return not validation.errors(document, schema, value, sent=True)
    except NotUnderstood:
        return True


class _Sampler:
    def __init__(self, document: Contents) -> None:
        self.document = document
        self.left = MOST

    def value(self, schema: Any, depth: int, nth: int = 0) -> Any:  # noqa: PLR0911  # one line a type
        """A value; the ``nth`` of several that differ."""
        self.left -= 1
        own = simple(self.document, schema)
        given = self.given(own, depth)
        if nth < len(given):
            return given[nth]
        kind = next((kind for kind in kinds(own) if kind != "null"), None) or _implied(own)
        match kind:
            case "object":
                return self.completed({}, own, depth)
            case "array":
                return self.array(own, depth)
            case "integer" | "number":
                return _number(own, nth, whole=kind == "integer")
            case "boolean":
                return nth % 2 == 1
            case "null":
                return None
        return _text(own, nth)

    def given(self, schema: dict[str, Any], depth: int) -> list[Any]:
        """The values that a schema itself shows, as far as it allows them."""
        if "const" in schema:
            return [schema["const"]]
        enum = schema.get("enum", [])
        for value in (schema.get("example"), schema.get("default"), *schema.get("examples", ())):
            if value is not None:
                example = copy.deepcopy(value)
                example = self.completed(example, schema, depth) if isinstance(example, dict) else example
                if _allows(self.document, schema, example):
                    return [example, *(value for value in enum if value != example)]
        return sorted(enum, key=lambda value: value is None)

    def completed(self, found: dict[str, Any], schema: dict[str, Any], depth: int) -> dict[str, Any]:
        """An object with what it lacks of what is required; one with nothing, with what has an example."""
        named = schema.get("properties", {})
        needed = [name for name in schema.get("required", ()) if name not in found and not self.is_read_only(named.get(name))]
        if not found and not needed:
            given = [name for name, inner in named.items() if not _GIVEN.isdisjoint(simple(self.document, inner))]
            needed = [name for name in given if not self.is_read_only(named[name])]
        lacking = min(schema.get("minProperties", 0), MOST) - len(found) - len(needed)
        if lacking > 0:
            spare = [name for name in named if name not in found and name not in needed]
            needed += [*spare, *(f"sample{at}" for at in range(lacking))][:lacking]
        for name in needed if depth < DEEPEST and self.left > 0 else ():
            found[name] = self.value(named.get(name, schema.get("additionalProperties")), depth + 1)
        return found

    def is_read_only(self, schema: Any) -> bool:
        try:
            whole = self.document.resolved(schema)
        except NotUnderstood:
            return False
        return isinstance(whole, dict) and whole.get("readOnly") is True

    def array(self, schema: dict[str, Any], depth: int) -> list[Any]:
        least = schema.get("minItems", 0 if depth else min(1, schema.get("maxItems", 1)))
        times = min(least, MOST) if depth < DEEPEST and self.left > 0 else 0
        inner = [*schema.get("prefixItems", ()), *[schema.get("items")] * times][:times]
        distinct = schema.get("uniqueItems") is True
        return [self.value(item, depth + 1, at if distinct else 0) for at, item in enumerate(inner)]


def _implied(schema: dict[str, Any]) -> str:
    if "null" in kinds(schema):
        return "null"
    return next((kind for keyword, kind in _IMPLIED.items() if keyword in schema), "string")


def _number(schema: dict[str, Any], nth: int, *, whole: bool) -> int | float:
    """The least number from 1 on, or the nearest to it."""
    limits = {key: Fraction(str(schema[key])) for key in _LIMITS if key in schema}
    unit = limits.get("multipleOf") or Fraction(1)
    unit = abs(Fraction(unit.numerator) if whole else unit)
    low = max((limits[key] for key in ("minimum", "exclusiveMinimum") if key in limits), default=None)
    high = min((limits[key] for key in ("maximum", "exclusiveMaximum") if key in limits), default=None)
    found = Fraction(math.ceil(max(low if low is not None else 1, 1) / unit)) * unit
    if found == limits.get("exclusiveMinimum"):
        found += unit
    found += nth * unit
    if high is not None and (found > high or found == limits.get("exclusiveMaximum")):
        found = Fraction(math.floor(high / unit)) * unit
        if found == limits.get("exclusiveMaximum"):
            found -= unit
    if low is not None and high is not None and not whole and "multipleOf" not in limits:
        outside = found < low or found == limits.get("exclusiveMinimum")
        found = (low + high) / 2 if outside else found
    return int(found) if found.denominator == 1 else float(found)


def _text(schema: dict[str, Any], nth: int) -> str:
    least, most = min(schema.get("minLength", 0), LONGEST), schema.get("maxLength", LONGEST)
    text = _varied(schema.get("format", ""), nth)
    if "pattern" in schema:
        try:
            pattern = patterns.compiled(schema["pattern"])
            if schema.get("format") in _TEXTS and pattern.found_in(text) and least <= len(text) <= most:
                return text
            if (made := pattern.sample(least, most, nth)) is not None:
                return made
        except NotUnderstood:
            pass
    return text.ljust(least, "a")[:most]


def _varied(kind: str, nth: int) -> str:
    text = _TEXTS.get(kind, "sample")
    if not nth:
        return text
    return {"email": f"{nth}{text}", "uuid": f"{nth:08x}{text[8:]}"}.get(kind, f"{text}{nth}")
