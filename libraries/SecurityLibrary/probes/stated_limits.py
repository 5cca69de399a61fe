"""Limits that a document states, and that the system does not keep to."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description import graphql
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.objects import readers
from SecurityLibrary.probes.base import InsertionPointProbe
from SecurityLibrary.values import other_names
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from SecurityLibrary.description.insertion_points import InsertionPoint
    from SecurityLibrary.findings.finding import Finding
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

NUMBERS = ("integer", "number")
# What is counted in tens: ten thousand of it nobody means. And shares of a whole, of which there are a hundred per cent.
COUNTED = re.compile(
    r"(?i)(?:^|[._\]])(?:quantity|qty|tickets|seats?|guests|persons|people|nights|days|hours|copies|units|portions|pieces|licen[cs]es)$"
    r"|(?-i:[a-z](?:Quantity|Qty)$)"
)
SHARE = re.compile(r"(?i)percent(?:age)?|pct|discount_?rate|(?:^|[._])share$")
MANY, BEYOND_ALL = (10_007, 10_009), (101, 150)
MOST_ITEMS = 200  # of a list that is sent


class StatedLimit(InsertionPointProbe):
    """A value beyond what the document allows is taken and kept."""

    id = "stated-limits"
    title = "What the document limits is not limited"
    topic = "api"
    severity = Severity.LOW
    cwe = 1284
    owasp = ("API4:2023", "API6:2023", "A04:2021", "A06:2025")
    tier = 2
    sends = (
        "numbers one and two above the maximum of the document, lists of one and two items more than it allows, made-up words "
        "where it lists all that there are; ten thousand pieces, seats, nights and the like, and more than a hundred per cent, "
        "where it states no maximum"
    )
    oracle = "both are taken, and the answer, or what reads the object that was made, shows them under the name of the place"
    bad = "copies: int  # the document says at most 20"
    good = "copies: Annotated[int, Field(ge=1, le=20)]"
    remediation = "Check values by the schema of the document, before anything is done with them."

    needs_free_text = False

    def applies(self, point: InsertionPoint) -> bool:
        """Places of a body or a query to which the document sets a limit."""
        return point.parameter.location in ("body", "query") and bool(_beyond(point, "qa"))

    def look(self, scan: Scan, point: InsertionPoint) -> Finding | None:
        """Go beyond the limit by the least, twice."""
        evidence: list[Exchange] = []
        values = _beyond(point, f"qa{scan.random.number()}")
        for value in values:
            if _shows(point.controls[0], point, value):
                return None
            answer = scan.sender.put(point, value)
            if not answer.ok:
                return None
            reading = readers.read(scan, point, answer, readers.of(scan, point)) if not graphql.reads(point.operation) else ()
            seen = next((each for each in (answer, *(each for _, each in reading)) if _shows(each, point, value)), None)
            if seen is None:
                return None
            evidence.append(seen)
        limit = f"the document allows {_limit(point)}" if _limit(point) else "nothing limits it"
        return self.finding(point.location, f"{_in_words(values)}, where {limit}", *evidence)


def _limit(point: InsertionPoint) -> str:
    """What the document allows at a place, as messages have it; empty where it sets no limit that is tried."""
    schema, kind = point.parameter.schema, point.parameter.kind
    if kind in NUMBERS:
        most, below = schema.get("maximum"), schema.get("exclusiveMaximum")
        return f"at most {most}" if _is_number(most) else f"less than {below}" if _is_number(below) else ""
    if kind == "array":
        most = schema.get("maxItems")
        return f"at most {most} items" if isinstance(most, int) and 0 < most < MOST_ITEMS else ""
    options = schema.get("enum")
    return "no more than its list of words" if kind == "string" and isinstance(options, list) and len(options) > 1 else ""


def _unstated(point: InsertionPoint) -> list[Any]:
    """Two numbers that nobody means, where the document states no maximum; empty where any number may be meant."""
    name, form = point.parameter.name, point.operation.takes_form and str(point.value).isdigit()
    making = point.operation.method == "POST" and point.parameter.location == "body"
    if not making or not (form or point.parameter.kind in NUMBERS):
        return []
    values = MANY if COUNTED.search(name) else BEYOND_ALL if SHARE.search(name) else ()
    return [str(value) if form else value for value in values]


def _beyond(point: InsertionPoint, word: str) -> list[Any]:
    """Two values beyond the limit of a place, the nearest ones; empty where it has none."""
    if not _limit(point):
        return _unstated(point)
    schema, kind = point.parameter.schema, point.parameter.kind
    if kind in NUMBERS:
        highest: float = schema["maximum"] if _is_number(schema.get("maximum")) else schema["exclusiveMaximum"] - 1
        step: float = schema["multipleOf"] if _is_number(schema.get("multipleOf")) else 1
        return [highest + step, highest + 2 * step]
    if kind == "array":
        most_items = int(schema["maxItems"])
        return [[point.value] * (most_items + more) for more in (1, 2)] if point.value is not None else []
    return [f"{word}a", f"{word}b"]


def _shows(answer: Exchange, point: InsertionPoint, value: Any) -> bool:
    """Whether an answer has a value under the name of a place."""
    name = other_names.plain(point.parameter.name.rpartition(".")[2].removesuffix("[]"))
    if isinstance(value, list):
        return answer.ok and any(len(items) == len(value) for items in _lists(answer.body, name))
    leaves = pointers.leaves(answer.body) if answer.ok else ()
    return any(other_names.plain(where.rpartition(".")[2].rpartition("/")[2]) == name and seen == value for where, seen in leaves)


def _lists(body: Any, name: str) -> list[list[Any]]:
    """The lists that a body has under a name."""
    if isinstance(body, dict):
        own = [value for key, value in body.items() if isinstance(value, list) and other_names.plain(key) == name]
        return own + [found for value in body.values() for found in _lists(value, name)]
    return [found for item in body for found in _lists(item, name)] if isinstance(body, list) else []


def _in_words(values: list[Any]) -> str:
    """Values as messages have them."""
    if isinstance(values[0], list):
        return f"lists of {len(values[0])} and {len(values[1])} items are kept"
    return f"{values[0]} and {values[1]} are kept"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
