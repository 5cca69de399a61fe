"""Values that are usually taken where a document says no more than that a text or a number goes there."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import InsertableParameter

GIVEN = {"example", "examples", "default", "const", "enum", "pattern", "format"}
# By the last part of a name; the first that fits counts.
TEXTS = tuple(
    (re.compile(pattern), value)
    for pattern, value in (
        (r"(?i)mail", "qa@example.com"),
        (r"(?i)birth|dob", "1990-02-03"),
        (r"(?:^|_)(?:day|date|on|from|until|start|end|due|arrival|departure)$|[a-z](?:Date|Day)$", "2031-02-03"),
        (r"_at$|moment|timestamp|datetime|[a-z]At$", "2031-02-03T10:30:00Z"),
        (r"(?i)(?:^|_)time$|hour$", "10:30"),
        (r"(?i)phone|mobile|fax|(?:^|_)tel$", "+441134960199"),
        (r"(?i)ur[il]$|link|website|homepage|callback|webhook", "https://example.com/"),
        (r"(?i)uuid|guid", "0b7c5f0e-6a4d-4a8e-9d0b-2f6f0f1f3a51"),
        (r"(?i)country", "GB"),
        (r"(?i)currency", "EUR"),
        (r"(?i)language|locale|lang$", "en"),
        (r"(?i)zip|post_?(?:al_?)?code", "10115"),
        (r"(?i)iban", "DE89370400440532013000"),
        (r"(?i)colou?r", "#336699"),
        (r"(?i)month", "2031-02"),
        (r"(?i)year", "2031"),
        (r"(?i)(?:^|_)ip(?:_|$)|address_?ip", "192.0.2.7"),
    )
)


def usual(parameter: InsertableParameter, sampled: Any) -> Any:
    """The usual value for the name of a parameter, where the document leaves it open; else the one that was sampled."""
    if GIVEN & parameter.schema.keys():
        return sampled
    name = parameter.name.rpartition(".")[2]
    if parameter.kind in ("integer", "number") and sampled == 0:
        return max(1, int(parameter.schema.get("minimum", 1)))
    if parameter.kind != "string":
        return sampled
    return next((value for pattern, value in TEXTS if pattern.search(name)), sampled)
