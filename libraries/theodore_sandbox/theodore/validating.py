"""Records validated by the rules of resources/contracts, as an export reads them: nothing is left out, what is wrong is named."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, TYPE_CHECKING

from theodore_sandbox import defects
from theodore_sandbox.theodore.models import BusinessModel, CompanySize, IndustryCategory, TechSophistication
from theodore_sandbox.theodore.store import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Record = dict[str, Any]
MOST_NAMED = 100
NEEDED = ("name", "domain")
ENUMS = {
    "industry": IndustryCategory,
    "business_model": BusinessModel,
    "company_size": CompanySize,
    "tech_sophistication": TechSophistication,
}
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
WEBSITE = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)

RULES: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("founded_year", lambda year: 1 <= year <= now().year, "It is no year, or lies in the future"),
    ("employee_count", lambda count: count >= 1, "It is below 1"),
    ("confidence_score", lambda score: 0 <= score <= 1, "It does not lie between 0 and 1"),
    ("contact_email", lambda text: bool(EMAIL.fullmatch(text)), "It is no e-mail address"),
    ("website", lambda text: bool(WEBSITE.fullmatch(text)), "It is no address of a web site"),
    ("last_updated", lambda moment: datetime.fromisoformat(moment) <= now(), "It lies in the future"),
)


class Validation:
    """What is wrong with the records that passed."""

    def __init__(self) -> None:
        self.errors: list[dict[str, Any]] = []
        self.invalid = 0

    def watched(self, records: Iterable[Record]) -> Iterator[Record]:
        """The records as they are, each looked at."""
        for row, record in enumerate(records, 1):
            found = [] if defects.on("export-validation-skipped") else list(_problems(record))
            self.invalid += bool(found)
            left = max(0, MOST_NAMED - len(self.errors))
            about = {"row": row, "company": record.get("domain") or record.get("name")}
            self.errors += [about | {"field": field, "problem": problem} for field, problem in found[:left]]
            yield record

    def outcome(self) -> dict[str, Any]:
        """How many are not valid, and which; the first hundred problems are named."""
        return {"validation_passed": not self.invalid, "invalid_count": self.invalid, "validation_errors": self.errors}


def _problems(record: Record) -> Iterator[tuple[str, str]]:
    """Each field that is wrong, with what is wrong with it."""
    for name in NEEDED:
        if not record.get(name):
            yield name, "It is missing"
    for name, values in ENUMS.items():
        if record.get(name) is not None and record[name] not in list(values):
            yield name, "It is none of the values of the contract"
    for name, rule, problem in RULES:
        if record.get(name) is not None and not rule(record[name]):
            yield name, problem
