"""The properties that a refusal names, by its fields or by its text."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.values.known_values import texts_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from theodore_qa.systems.exchange import Exchange

MOST = 12  # properties
NAME = re.compile(r"[A-Za-z_][\w-]{1,39}")
DOTTED = re.compile(rf"{NAME.pattern}(?:\.{NAME.pattern}){{0,3}}")
QUOTED = re.compile(r"[\"'`\u201c\u2018]([A-Za-z_][\w.-]{1,39})[\"'`\u201d\u2019]")
# What stands before or behind the name of a property in a refusal.
LACKING = re.compile(
    r"(?i)(?:missing|required|invalid|provide|expected|needs?|specify|field|property|parameter|param|attribute|key)s?"
    r"(?:\s+(?:a|an|the|valid|required|field|property|parameter|is|are|value|for))*[\s:]+([A-Za-z_][\w.-]{1,39})"
    r"|\b([A-Za-z_][\w.-]{1,39})\s+(?:is|are|must|should|can(?:not|'t)|has to|may not|was not)\b"
)
FIELDS = re.compile(
    r"(?i)^(?:fields?|params?|parameters?|propert(?:y|ies)|path|loc|location|pointer|source|attributes?|keys?|missing)$"
)
ERRORS = re.compile(r"(?i)^errors?$|^details?$|violations|problems|issues")
NO_NAMES = frozenset(
    ("a", "an", "the", "it", "this", "that", "there", "which", "what", "value", "values", "field", "fields", "body",
     "json", "object", "request", "input", "data", "payload", "error", "errors", "message", "detail", "details", "invalid",
     "missing", "required", "is", "are", "be", "must", "should", "not", "valid", "string", "number", "integer", "boolean",
     "array", "null", "none", "undefined", "empty", "and", "or", "for", "with", "of", "in", "to", "type", "expected",
     "property", "properties", "parameter", "parameters", "please", "you", "one", "at", "least", "content", "syntax",
     "format", "schema", "bad", "status", "code", "user")
)  # fmt: skip


def named_in(answer: Exchange) -> list[str]:
    """The properties that a refusal names, by its fields or by its text."""
    found = [name for name in _named(answer.body) if DOTTED.fullmatch(name)]
    texts = [answer.text] if answer.body is None else [text for text in texts_in(answer.body) if len(text) < 500]  # noqa: PLR2004
    for text in () if found else texts:
        found += QUOTED.findall(text)
        found += [first or second for first, second in LACKING.findall(text)]
    plain = dict.fromkeys(re.sub(r"^(?:body|json|data\.attributes|request)\.", "", name.strip("-.")) for name in found)
    named = [name for name in plain if DOTTED.fullmatch(name) and name.lower() not in NO_NAMES]
    return [name for name in named if not any(other.startswith(f"{name}.") for other in named)][:MOST]


def _named(body: Any, *, within: bool = False) -> Iterator[str]:
    """The names that stand in the fields of a refusal, and the keys of its errors."""
    if isinstance(body, list):
        for item in body:
            if within and isinstance(item, str):
                yield item
            else:
                yield from _named(item, within=within)
    elif isinstance(body, dict):
        for key, value in body.items():
            if FIELDS.match(str(key)):
                parts = [part for part in value if isinstance(part, str)] if isinstance(value, list) else [value]
                # a location such as ["body", "title"] names one property, a list of fields several
                at_end = parts[-1:] if parts[:1] in (["body"], ["json"], ["data"]) else parts
                yield from (str(part).lstrip("/").replace("/", ".") for part in at_end if isinstance(part, str))
                yield from _named(value)
            elif ERRORS.match(str(key)) and isinstance(value, dict) and not any(FIELDS.match(str(name)) for name in value):
                yield from (str(name) for name in value if NAME.fullmatch(str(name)))
            else:
                yield from _named(value)
