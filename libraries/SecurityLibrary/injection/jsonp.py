"""Answers that are scripts which call what a value names (JSONP), and begin with any text of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from SecurityLibrary.description.insertion_points import InsertionPoint
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

CALLED = re.compile(r"(?i)^(?:json_?p|(?:json_?)?callback(?:_?name)?|cb)$")


def begun_by_any_text(scan: Scan, point: InsertionPoint) -> list[Exchange]:
    """The answers that are scripts and begin with a whole statement of a value, twice; empty where only names are taken."""
    if point.parameter.location != "query" or not CALLED.match(point.parameter.name):
        return []
    answers = []
    for _ in range(2):
        number = scan.random.number()
        value = f"qc{number}(1);qd{number}"
        answer = scan.sender.put(point, value)
        if not answer.ok or not _runs(answer) or not answer.text.lstrip("/*; \r\n").startswith(f"{value}("):
            return []
        answers.append(answer)
    return answers


def _runs(answer: Exchange) -> bool:
    """Whether a browser runs an answer that another site's page names as a script."""
    return "javascript" in answer.media or "nosniff" not in answer.headers.get("x-content-type-options", "").lower()
