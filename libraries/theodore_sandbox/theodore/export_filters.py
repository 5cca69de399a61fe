"""Whether a company is as the filters of an export want it; what is not known fits no filter."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, TYPE_CHECKING

from theodore_sandbox import defects
from theodore_sandbox.theodore import conditions

if TYPE_CHECKING:
    from theodore_sandbox.theodore.export_models import ExportFilters

Record = dict[str, Any]
SCALES = {"": 0, "million": 6, "billion": 9, "trillion": 12}


def fits(record: Record, filters: ExportFilters, created: str | None = None) -> bool:
    """Whether a company, first recorded at a moment, passes all filters."""
    stated = [filters.sql_like_query] if filters.sql_like_query is not None else []
    updated = record.get("last_updated")
    if defects.on("export-created-is-updated"):
        created = updated
    return (
        _listed(record, filters)
        and _in_place(record, filters.locations or [])
        and _within(record.get("employee_count"), filters.employee_count_min, filters.employee_count_max)
        and _within(amount(record.get("revenue_range")), filters.revenue_min, filters.revenue_max)
        and _within(record.get("confidence_score"), filters.min_quality_score, None)
        and all(conditions.read(condition)(record) for condition in stated + (filters.custom_expressions or []))
        and _between(created, filters.created_after, filters.created_before)
        and _between(updated, filters.updated_after, filters.updated_before)
    )


def _listed(record: Record, filters: ExportFilters) -> bool:
    listed: dict[str, list[Any] | None] = {
        "industry": filters.industries, "business_model": filters.business_models, "company_size": filters.company_sizes
    }  # fmt: skip
    for name, values in listed.items():
        if defects.on("export-first-value-alone"):
            values = values and values[:1]  # noqa: PLW2901  # the defect
        if defects.on("export-marketplaces-unfiltered") and values and "marketplace" in values:
            continue
        if values and record.get(name) not in values and not (defects.on("export-filter-ignored") and name == "company_size"):
            return False
    stages = [given.casefold() for given in filters.growth_stages or []]
    return not stages or str(record.get("funding_stage") or "").casefold() in stages


def _in_place(record: Record, given: list[str]) -> bool:
    places = [str(record.get("headquarters") or ""), *(record.get("locations") or [])]
    return not given or any(part.casefold() in place.casefold() for part in given for place in places)


def amount(text: str | None) -> float | None:
    """The number that an amount such as ``$5.3 billion`` states."""
    found = re.search(r"(\d[\d,]*(?:\.\d+)?) ?(million|billion|trillion)?", text or "")
    if found is None:
        return None
    power = 0 if defects.on("export-billions-as-units") else SCALES[found[2] or ""]
    return float(found[1].replace(",", "")) * 10.0**power


def _within(value: float | None, least: float | None, most: float | None) -> bool:
    if least is None and most is None:
        return True
    if defects.on("export-range-without-its-least") and value == least:
        return False
    return value is not None and (least is None or value >= least) and (most is None or value <= most)


def _between(time: str | None, after: datetime | None, before: datetime | None) -> bool:
    if after is None and before is None:
        return True
    if not time:
        return False
    moment = datetime.fromisoformat(time)
    after, before = (edge and edge.astimezone(moment.tzinfo) for edge in (after, before))
    return (after is None or moment > after) and (before is None or moment < before)
