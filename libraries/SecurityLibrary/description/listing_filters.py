"""Filters of lists that may show what a list leaves out by itself: drafts, what is hidden, what was removed."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation

CHOOSING = re.compile(
    r"(?i)^(?:filter\[)?(?:state|status|visibility|published|phase|stage|scope|view|show|include\w*|only|archived|deleted|all)\]?$"
)
STATES = ("draft", "drafts", "hidden", "private", "unpublished", "pending", "archived", "deleted", "internal", "all", "*")
FLAGS = ("true", "1", "false", "0")


def variants(operation: ScanOperation) -> Iterator[dict[InsertableParameter, Any]]:
    """Values for each filter of a list that may show more: those of its enumeration, and usual words."""
    for parameter in operation.parameters:
        if parameter.location != "query" or not CHOOSING.match(parameter.name):
            continue
        usual = str(parameter.schema.get("example", parameter.schema.get("default", "")))
        known = [str(value) for value in parameter.schema.get("enum", ())]
        values = known or (FLAGS if parameter.kind == "boolean" or usual.lower() in FLAGS else STATES)
        yield from ({parameter: value} for value in values if value != usual)
