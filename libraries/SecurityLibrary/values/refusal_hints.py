"""What a refusal says of the values that it refuses: which of them, and what is taken in their place."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description.operations import InsertableParameter
from SecurityLibrary.values import refusal_words, refused_names
from SecurityLibrary.values.usual_values import usual
from theodore_qa.openapi import samples

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from theodore_qa.openapi.contents import Contents
    from theodore_qa.systems.exchange import Exchange

Place = InsertableParameter
FIELDS = re.compile(
    r"(?i)^(?:fields?|params?|parameters?|property|path|loc|location|pointer|attribute|instance_?path|property_?path"
    r"|data_?path|argument)$"
)
NAMES = re.compile(r"(?i)^(?:name|key|code|source|target)$")  # of fields that may say which value is meant, and much else
SAYING = re.compile(
    r"(?i)^(?:msg|messages?|default_?message|detail|details|description|title|reason|errors?|hint|constraints?|help)$"
)
ERRORS = re.compile(r"(?i)errors?$|violations$|invalid|problems|issues")
SENT = re.compile(r"(?i)^(?:input|value|received|given|rejected_?value|actual|url|docs|trace_?id|status|instance)$")
CONTAINERS = frozenset(("body", "json", "query", "path", "data", "form", "header", "cookie", "request", "params", "variables"))
OPTIONS = re.compile(r"(?i)^(?:options|(?:allowed|valid|permitted|accepted)(?:_?values)?|choices|enum|expected|one_?of)$")
LIMITS = {
    "ge": "minimum", "gte": "minimum", "min": "minimum", "minimum": "minimum", "min_value": "minimum", "gt": "exclusiveMinimum",
    "le": "maximum", "lte": "maximum", "max": "maximum", "maximum": "maximum", "max_value": "maximum", "lt": "exclusiveMaximum",
    "min_length": "minLength", "minlength": "minLength", "max_length": "maxLength", "maxlength": "maxLength",
    "multiple_of": "multipleOf", "multipleof": "multipleOf",
}  # fmt: skip
GIVEN = ("example", "examples", "default", "const")
NUMBERS = ("integer", "number")
LACKS = re.compile(
    r"(?i)required|missing|lack|must (?:be )?(?:provided?|given|present|sent|have|set)|needs?\b|specify|provide|blank|absent"
)
DOES_HARM = re.compile(r"(?i)delet|remov|purge|drop|destroy|clos|cancel|reset|revok|admin|\broot\b|\ball\b")
GAP = r"[\s_-]*"  # between the words of a name
LONGEST = 600  # characters of a text that is read
MOST = 12  # statements


def values(
    document: Contents, answer: Exchange, places: Iterable[Place], tried: set[tuple[str, str]]
) -> tuple[dict[Place, Any], dict[str, Any]]:
    """The values that a refusal leads to, by place; and those of properties that it asks for, and that are no known place.

    Args:
        document: The document that the schemas of the places refer to.
        answer: The refusal.
        places: The places for values of the operation that was refused.
        tried: Names with the values that were refused before, which are not taken again.
    """
    known = {place.name: place for place in places}
    found: dict[Place, Any] = {}
    lacking: dict[str, Any] = {}
    for name, text, schema in list(_statements(answer, list(known)))[:MOST]:
        stated = refusal_words.schema(text) | schema
        if not stated and not LACKS.search(text):
            continue
        place = _named(name, known)
        if place is not None:
            value = _value(document, place, stated, tried)
            if value is not None and place not in found:
                found[place] = value
        elif name and LACKS.search(text) and re.fullmatch(r"[A-Za-z_][\w.-]{1,39}", name):
            beside = InsertableParameter(name, "body", tuple(name.split(".")), {"type": "string"} | stated)
            value = _value(document, beside, stated, tried)
            lacking |= {name: value} if value is not None else {}
    if not found and not lacking and LACKS.search(answer.text[:LONGEST]):
        beside_known = [each for each in refused_names.named_in(answer) if _named(each, known) is None]
        sampled = {each: InsertableParameter(each, "body", tuple(each.split(".")), {"type": "string"}) for each in beside_known}
        lacking = {each: usual(place, samples.sample(document, place.schema)) for each, place in sampled.items()}
    return found, lacking


def names(answer: Exchange, places: Iterable[Place]) -> set[str]:
    """The names of what a refusal speaks of."""
    return {name for name, _, _ in _statements(answer, [place.name for place in places])}


def _value(document: Contents, place: Place, stated: dict[str, Any], tried: set[tuple[str, str]]) -> Any:
    """A value that fits what a refusal says of a place; None where none is left that was not refused."""
    kind = stated.get("type", place.kind)
    if kind in NUMBERS and not all(map(_is_number, stated.get("enum", ()))):
        stated = {key: part for key, part in stated.items() if key != "enum"}
    options = sorted(stated.get("enum", ()), key=lambda option: bool(DOES_HARM.search(str(option))))
    # What a refusal says of a list it says of its items.
    inner = place.schema.get("items") or {} if kind == "array" and place.kind == "array" else None
    schema = dict(place.schema if inner is None else inner)
    bare = {key: part for key, part in schema.items() if key not in GIVEN and not (stated and key in ("enum", "pattern"))}
    merged = bare | {key: part for key, part in stated.items() if key not in ("example", "enum")}
    if inner is not None and "type" in stated:
        merged = {key: part for key, part in merged.items() if key != "type"} | {"type": bare.get("type", "string")}
    given = [stated["example"]] if "example" in stated else []
    fallback = samples.sample(document, merged)
    if not set(stated) - {"type"}:
        named = InsertableParameter(place.name, place.location, place.pointer, merged)
        fallback = usual(named, fallback)
    for candidate in (*options, *given, fallback):
        value = _of_kind(candidate, str(merged.get("type", "string")))
        value = [value] if inner is not None and not isinstance(value, list) else value
        if (place.name, str(value)) not in tried:
            return value
    return None


def _of_kind(value: Any, kind: str) -> Any:
    """A text as a value of a kind, where it can be one."""
    try:
        if kind == "integer" and isinstance(value, str):
            return int(value)
        if kind == "number" and isinstance(value, str):
            return float(value)
    except ValueError:
        pass
    return value


def _is_number(value: Any) -> bool:
    return re.fullmatch(r"-?\d+(?:\.\d+)?", str(value)) is not None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _named(name: str, known: dict[str, Place]) -> Place | None:
    """The place that a name means: the whole of it, or its last part where one alone is called so."""
    whole = [place for each, place in known.items() if _plain(each) == _plain(name)]
    last = _plain(name.rpartition(".")[2])
    ends = [place for each, place in known.items() if _plain(re.sub(r"\[\]$", "", each).rpartition(".")[2]) == last]
    found = whole or (ends if len(ends) == 1 else [])
    return found[0] if found and name else None


def _statements(answer: Exchange, known: list[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What a refusal says, by the name of what it says it of, with what it says as a schema."""
    body = answer.body
    parts = [("", answer.text[:LONGEST], {})] if body is None else list(_parts(body, known))
    for name, text, schema in sorted(parts, key=lambda part: not part[0]):  # a title says less than what names a property
        if name:
            yield name, text[:LONGEST], schema
            continue
        mentioned = list(_mentioned(text[:LONGEST], known))
        yield from mentioned
        if not mentioned and len(known) == 1 and text:
            yield known[0], text, schema


def _mentioned(text: str, known: list[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The names that a sentence mentions, each with what follows it until the next one; or with the words before it."""
    found: dict[int, str] = {}
    for name in sorted(known, key=len, reverse=True):
        words = re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", re.sub(r"\[\]$", "", name).rpartition(".")[2])
        spelled = GAP.join(map(re.escape, words))
        match = re.search(rf"(?i)(?<!\w){spelled}(?!\w)", text) if words else None
        if match and not any(begin <= match.start() < begin + len(other) for begin, other in found.items()):
            found[match.start()] = name
    begins = sorted(found)
    for begin, end in zip(begins, [*begins[1:], len(text)], strict=False):
        stated = text[begin:end]
        yield found[begin], stated if len(begins) > 1 else text, {}


def _parts(body: Any, known: list[str], *, within: bool = False) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The statements of a refusal in JSON: a name (or none), a text, and what stands beside it.

    ``within`` an object of errors names may be any.
    """
    if isinstance(body, str):
        yield "", body, {}
    elif isinstance(body, list):
        for item in body:
            yield from _parts(item, known)
    elif isinstance(body, dict):
        fields = (value for key, value in body.items() if FIELDS.match(str(key)) or (key == "source" and isinstance(value, dict)))
        name = next((where for value in fields if (where := _where(value))), "")
        perhaps = (where for key, value in body.items() if NAMES.match(str(key)) and (where := _where(value)))
        name = name or next((where for where in perhaps if _named(where, dict.fromkeys(known, _ANY))), "")
        if name:
            yield name, " ".join(_texts(body)), _stated(body)
            return
        for key, value in body.items():
            if SENT.match(str(key)):
                continue
            texts = list(_texts(value)) if isinstance(value, dict) else value
            listed = isinstance(texts, list) and texts and all(isinstance(item, str) for item in texts)
            named = within or _named(str(key), dict.fromkeys(known, _ANY)) is not None
            if not SAYING.match(str(key)) and (isinstance(value, str) or listed) and named:
                yield str(key), value if isinstance(value, str) else " ".join(texts), {}
            else:
                yield from _parts(value, known, within=ERRORS.match(str(key)) is not None)


_ANY = InsertableParameter("", "body")


def _where(value: Any) -> str:
    """The name that a field of a refusal has: a text, a pointer of JSON, or a list of parts."""
    if isinstance(value, dict):  # JSON:API's source
        value = next((inner for inner in value.values() if isinstance(inner, str)), "")
    parts = [str(part) for part in value] if isinstance(value, list) else re.split(r"[./]", str(value).lstrip("$#"))
    named = [part for part in parts if part and not part.isdigit()]
    while named and named[0] in CONTAINERS:
        named = named[1:]
    return ".".join(named) if len(named) <= 4 and all(re.fullmatch(r"[\w-]+(?:\[\d*\])?", part) for part in named) else ""  # noqa: PLR2004


def _texts(body: Any) -> Iterator[str]:
    """What a part of a refusal says in words, but for what repeats the request."""
    if isinstance(body, str):
        yield body
    elif isinstance(body, list):
        for item in body:
            yield from _texts(item)
    elif isinstance(body, dict):
        for key, value in body.items():
            if not SENT.match(str(key)) and not FIELDS.match(str(key)):
                yield from _texts(value)


def _stated(body: dict[str, Any]) -> dict[str, Any]:
    """What a part of a refusal states by its fields: options, limits, a pattern."""
    found: dict[str, Any] = {}
    for key, value in body.items():
        if isinstance(value, dict) and not FIELDS.match(str(key)):
            found |= _stated(value)
        elif OPTIONS.match(str(key)) and isinstance(value, list) and value and all(isinstance(each, str | int) for each in value):
            found["enum"] = value
        elif str(key).lower() in LIMITS and isinstance(value, int | float) and not isinstance(value, bool):
            limit = LIMITS[str(key).lower()]
            by_length = limit in ("minimum", "maximum") and body.get("type") in ("string", "array")
            found[f"{limit[:3]}Length" if by_length else limit] = value
        elif str(key).lower() in ("pattern", "regex", "regexp") and isinstance(value, str):
            found["pattern"] = value.strip("/")
    return found
