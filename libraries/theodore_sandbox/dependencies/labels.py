"""Facts that pages state by a label: ``Headquarters: Oslo`` on one line, or a label and its value on two, as of a table."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES = {
    "headquarters": "headquarters|hauptsitz|siège|本社",
    "founded_year": "founded|gegründet|création|設立年|設立",
    "employee_count": "employees|beschäftigte|effectif|従業員数",
    "locations": "offices|standorte|bureaux|拠点",
    "technologies": "technology|technik|techniques|技術",
    "competitors": "competitors|wettbewerber|concurrents|競合",
    "investors": "investors|investoren|investisseurs|投資家",
    "industry": "industry",
    "revenue_range": "revenue",
    "total_funding": "total funding",
    "target_market": "customers",
    "chief executive": "chief executive|vorstandsvorsitz|direction générale|社長",
    "founder": "founder|gründung durch|fondation par|創業者",
}
_OFFICES = ("chief executive", "founder")
_LISTS = ("locations", "technologies", "competitors", "investors")
_NUMBERS = ("founded_year", "employee_count")
_LABELS = {label: field for field, labels in _NAMES.items() for label in labels.split("|")}
_ON_ONE_LINE = re.compile(rf"({'|'.join(_LABELS)})[:：] ?(.+)", re.IGNORECASE)


def read(text: str) -> dict[str, Any]:
    """The facts that the lines of a text state by a label."""
    found: dict[str, Any] = {}
    for field, value in _pairs(text.splitlines()):
        if field in _OFFICES:
            found.setdefault("key_personnel", []).append({"name": value, "role": field})
        elif field in _LISTS:
            found[field] = [part.strip() for part in re.split(r", | and | und | et |、", value)]
        elif field in _NUMBERS:
            digits = re.sub(r"[.,\s]", "", value)
            if digits.isdigit():
                found[field] = int(digits)
        else:
            found[field] = value.lower() if field == "industry" else value
    return found


def _pairs(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Fields and their values, on one line or on two."""
    field = ""
    for line in lines:
        if field:
            yield field, line
            field = ""
        elif together := _ON_ONE_LINE.fullmatch(line):
            yield _LABELS[together[1].lower()], together[2]
        else:
            field = _LABELS.get(line.lower(), "")
