"""Bodies at and beyond the limits of a request's schema: those that are refused differ from a good one at one place each."""

from __future__ import annotations

import copy
import re
import secrets
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any, TYPE_CHECKING
from urllib.parse import parse_qsl

from theodore_qa.openapi import NotUnderstood, samples
from theodore_qa.systems import pointers
from theodore_qa.systems.contract import from_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from theodore_qa.openapi import Document
    from theodore_qa.openapi.operation import Operation

UNKNOWN = "qa_no_such_entry"
WRONG_FORMS = ("{upper}", "{value} {value}", "-{value}", "{value}-", "9{value}", "{value}\n", "§")
ENDS = (("minimum", -1), ("maximum", 1))
LONGEST = 20_000  # characters of a text that is still sent
WIDE = "ü株"  # letters of two and three bytes: a limit counts characters
MOST_ITEMS = 200


@dataclass(frozen=True)
class Beyond:
    """A body that the schema does not allow, what is wrong with it, and the name of the entry that is."""

    wrong: str
    body: Any
    entry: str = ""


@dataclass(frozen=True)
class _Place:
    """A value of a body: where it stands, its schema, itself, and whether it may be left out."""

    names: tuple[str, ...]
    schema: dict[str, Any]
    value: Any
    required: bool

    @property
    def pointer(self) -> str:
        return "/" + "/".join(self.names)

    @property
    def label(self) -> str:
        return ".".join(self.names)

    @property
    def entry(self) -> str:
        """The name of the entry, or of the list in which it is."""
        return next((name for name in reversed(self.names) if not name.isdigit()), "")


def of_query(operation: Operation) -> dict[str, Any]:
    """The schema of an operation's query, as that of an object; lists are left aside."""
    named = [parameter for parameter in operation.parameters if parameter.location == "query"]
    schemas = {parameter.name: parameter.schema for parameter in named if isinstance(parameter.schema, dict)}
    known = {name: schema for name, schema in schemas.items() if schema.get("type") != "array"}
    needed = [parameter.name for parameter in named if parameter.required and parameter.name in known]
    return {"type": "object", "properties": known, "required": needed}


def read_query(document: Document, schema: Any, query: str) -> dict[str, Any]:
    """The values of a query, each of the type that its schema has."""
    kinds = {name: samples.simple(document, own).get("type") for name, own in schema["properties"].items()}
    return {name: from_text(text, kinds.get(name)) for name, text in parse_qsl(query, keep_blank_values=True)}


def broken(document: Document, schema: Any, body: Any) -> str:
    """What a body that is to be good breaks, as far as the schema is understood; nothing if it is good."""
    try:
        return next(iter(document.errors(schema, body, sent=True)), "")
    except NotUnderstood:
        return ""


def beyond(document: Document, schema: Any, body: Any) -> Iterator[Beyond]:
    """Each way in which one value of a good body is just not allowed any more."""
    for place in _places(document, schema, body, ()):
        for wrong, value in _wrong_values(place):
            yield Beyond(f"{place.label} {wrong}", pointers.put(body, place.pointer, value), place.entry)
        if place.required:
            yield Beyond(f"no {place.label}", _without(body, place.names), place.entry)
        if place.schema.get("additionalProperties") is False and isinstance(place.value, dict):
            changed = {**place.value, UNKNOWN: 1}
            yield Beyond(f"{place.label}.{UNKNOWN}", pointers.put(body, place.pointer, changed), UNKNOWN)
    if samples.simple(document, schema).get("additionalProperties") is False:
        yield Beyond(UNKNOWN, {**body, UNKNOWN: 1}, UNKNOWN)


def largest(document: Document, schema: Any, body: Any) -> Any:
    """A good body with each of its values as large as it may be.

    Of an enumeration it has the last value, and the entries of a list have all values in turn.
    """
    return _sized(document, schema, body, _at_most)


def least(document: Document, schema: Any, body: Any) -> Any:
    """A good body with all its entries, each value as small as it may be; of an enumeration it has the first value."""
    return _sized(document, schema, body, _at_least)


def smallest(document: Document, schema: Any, body: Any) -> Any:
    """A good body with nothing that may be left out, and each value as small as it may be."""
    return _sized(document, schema, _needed(document, schema, body), _at_least)


def widest(document: Document, schema: Any, body: Any) -> Any:
    """A good body whose texts are as long as they may be, in letters of several bytes; None where no text has such a limit.

    What has to have a form, and all that is no text, is as small as it may be.
    """
    smaller = least(document, schema, body)
    wide = _sized(document, schema, body, _at_widest)
    return wide if wide != smaller and WIDE[0] in str(wide) else None


def _at_widest(schema: dict[str, Any], value: Any) -> Any:
    most = schema.get("maxLength")
    if isinstance(value, str) and isinstance(most, int) and most < LONGEST and not {"enum", "pattern", "format"} & set(schema):
        return (WIDE * most)[:most]
    return _at_least(schema, value)


def names_entry(answer: Any, entry: str) -> bool | None:
    """Whether the errors of an answer name an entry, by their ``loc`` or in words; None where they have no places."""
    found = [value for value in _errors(answer) if isinstance(value.get("loc"), list)]
    if not found:
        return None
    return any(entry in map(str, error["loc"]) or entry in str(error.get("msg")) for error in found)


def places(answer: Any) -> str:
    """The places that the errors of an answer name."""
    named = [error["loc"] for error in _errors(answer) if isinstance(error.get("loc"), list)]
    return ", ".join(".".join(map(str, place)) for place in named)


def _errors(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for inner in value if isinstance(value, list) else ():
        yield from _errors(inner)


def _places(document: Document, schema: Any, body: Any, above: tuple[str, ...]) -> Iterator[_Place]:
    whole = samples.simple(document, schema)
    if isinstance(body, dict):
        needed = whole.get("required") or ()
        for name, own in (whole.get("properties") or {}).items():
            if name in body:
                place = _Place((*above, name), samples.simple(document, own), body[name], name in needed)
                yield place
                yield from _places(document, own, body[name], place.names)
    elif isinstance(body, list) and body:
        item = whole.get("items") or {}
        place = _Place((*above, "0"), samples.simple(document, item), body[0], False)
        yield place
        yield from _places(document, item, body[0], place.names)


def _wrong_values(place: _Place) -> Iterator[tuple[str, Any]]:
    schema, value = place.schema, place.value
    if "enum" in schema or "const" in schema:
        yield f"'{UNKNOWN}'", UNKNOWN
    elif isinstance(value, bool):
        yield "'maybe'", "maybe"
    elif isinstance(value, str):
        yield from _wrong_texts(schema, value)
    elif isinstance(value, int | float):
        yield "'no number'", "no number"
        yield from ((f"{schema[name] + step}", schema[name] + step) for name, step in ENDS if name in schema)
    elif isinstance(value, list):
        yield from _wrong_lists(schema, value)
    elif isinstance(value, dict):
        yield "'no object'", "no object"


def _wrong_lists(schema: dict[str, Any], value: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    if least:
        yield f"of {least - 1} items", value[: least - 1]
    if isinstance(most, int) and most < MOST_ITEMS and value:
        yield f"of {most + 1} items", _many(value, most + 1)


def _wrong_texts(schema: dict[str, Any], value: str) -> Iterator[tuple[str, str]]:
    least, most, pattern = schema.get("minLength", 0), schema.get("maxLength"), schema.get("pattern")
    if least:
        yield f"of {least - 1} characters", _of_length(value, least - 1)
    if isinstance(most, int) and most < LONGEST:
        yield f"of {most + 1} characters", _of_length(value, most + 1)
    for form in WRONG_FORMS if pattern else ():
        text = form.format(value=value, upper=value.upper())
        if not re.search(str(pattern), text) and len(text) <= (most or LONGEST):
            yield f"{text!a}", text


def _of_length(value: str, length: int) -> str:
    """A text of a length, made of a value and its last character."""
    return (value + value[-1:] * length)[:length] if value else "x" * length


def _many(value: list[Any], count: int) -> list[Any]:
    """So many items, made of the first one, each with a name of its own."""

    def numbered(number: int) -> Any:
        first = copy.deepcopy(value[0])
        if isinstance(first, str):
            return f"{first}{number}x"
        for name in ("id", "name"):
            if isinstance(first, dict) and isinstance(first.get(name), str):
                first[name] = f"{first[name]}{number}x"
        return first

    return [*value[:count], *(numbered(number) for number in range(len(value), count))]


def _sized(document: Document, schema: Any, body: Any, sized: Any, turn: int = -1) -> Any:
    whole = samples.simple(document, schema)
    if isinstance(body, dict):
        own = whole.get("properties") or {}
        return {name: _sized(document, own.get(name) or {}, value, sized, turn) for name, value in body.items()}
    if isinstance(body, list):
        entries = enumerate(sized(whole, body))
        return [_sized(document, whole.get("items") or {}, entry, sized, number) for number, entry in entries]
    if listed := [value for value in whole.get("enum") or () if value is not None]:
        return listed[turn % len(listed)] if sized is _at_most else listed[0]
    return sized(whole, body)


def _at_most(schema: dict[str, Any], value: Any) -> Any:
    most = schema.get("maxItems" if isinstance(value, list) else "maxLength")
    if isinstance(value, list) and value and isinstance(most, int) and most < MOST_ITEMS:
        return _many(value, most)
    if isinstance(value, str) and isinstance(most, int) and most < LONGEST and "enum" not in schema:
        return _of_length(value, most)
    return schema.get("maximum", value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _at_least(schema: dict[str, Any], value: Any) -> Any:
    if isinstance(value, list):
        return value[: schema.get("minItems", 0)]
    if isinstance(value, str) and "enum" not in schema and "minLength" in schema:
        short = "".join(secrets.choice(ascii_lowercase) for _ in range(max(1, schema["minLength"])))  # that nothing else has
        return short if re.search(schema.get("pattern", ""), short) else value
    return schema.get("minimum", value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _needed(document: Document, schema: Any, body: Any) -> Any:
    """A body without what may be left out."""
    whole = samples.simple(document, schema)
    if isinstance(body, dict):
        needed, own = whole.get("required") or (), whole.get("properties") or {}
        return {name: _needed(document, own.get(name) or {}, value) for name, value in body.items() if name in needed}
    return [_needed(document, whole.get("items") or {}, item) for item in body] if isinstance(body, list) else body


def _without(body: Any, names: tuple[str, ...]) -> Any:
    changed = copy.deepcopy(body)
    above = pointers.found(changed, "/" + "/".join(names[:-1])) if names[1:] else changed
    del above[int(names[-1]) if isinstance(above, list) else names[-1]]
    return changed
