"""Which records the filters of an export choose, reckoned from the records of the API alone."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from theodore_qa.errors import unknown, UsageError

Record = dict[str, Any]
PLAIN_FILTERS = {"industries": "industry", "business_models": "business_model", "company_sizes": "company_size"}
OF_CREATION, OF_SIMILARITY = ("created_after", "created_before"), ("similar_to", "similarity_threshold")
OF_CONDITIONS = ("sql_like_query", "custom_expressions")
OF_RANGES = ("employee_count_min", "employee_count_max", "revenue_min", "revenue_max", "min_quality_score")
OF_RECORDS = (*PLAIN_FILTERS, "growth_stages", "locations", *OF_RANGES, "updated_after", "updated_before", *OF_CONDITIONS)
FILTERS = (*OF_RECORDS, *OF_CREATION, *OF_SIMILARITY)
AMOUNT = re.compile(r"(\d+(?:,\d{3})*(?:\.\d+)?)(?: (million|billion|trillion))?")
UNITS = {"million": 1e6, "billion": 1e9, "trillion": 1e12}


def require_known(filters: dict[str, Any]) -> None:
    """Raise where a filter is none of the contract's: a system that leaves it aside would choose everything."""
    for name in filters:
        if name not in FILTERS:
            raise unknown("filter", name, FILTERS)


def fitting(records: list[Record], filters: dict[str, Any]) -> list[Record]:
    """The records that filters choose; raises where the records alone do not say it."""
    require_known(filters)
    for names, keyword in (
        (OF_CREATION, "Export Should Choose By Time"),
        (OF_SIMILARITY, "Export Should Choose Similar Companies"),
    ):
        given = [name for name in names if filters.get(name) is not None]
        if given:
            raise UsageError(f"Records do not say whom {given[0]} chooses: use {keyword}.")
    kept = [record for record in records if _fits(record, filters)]
    query = filters.get("sql_like_query")
    for condition in ([query] if query is not None else []) + (filters.get("custom_expressions") or []):
        kept = satisfying(kept, condition)
    return kept


def idle(records: list[Record], filters: dict[str, Any]) -> list[str]:
    """The filters, and the values in their lists, without which the same records are chosen: whether they work is not seen."""
    chosen = fitting(records, filters)
    parts: list[tuple[str, dict[str, Any]]] = []
    for name, value in filters.items():
        others = {key: given for key, given in filters.items() if key != name}
        if isinstance(value, list) and len(value) > 1:
            parts += [(f"{name} {each}", filters | {name: [given for given in value if given != each]}) for each in value]
        elif value not in (None, []):
            parts.append((name, others))
    return [part for part, without in parts if fitting(records, without) == chosen]


def satisfying(records: list[Record], condition: str) -> list[Record]:
    """The records of which a condition is true, as SQLite judges it."""
    import sqlite3

    names = list(dict.fromkeys(name for record in records for name in record))
    plain = [name for name in names if not any(isinstance(record.get(name), list | dict) for record in records)]
    if not records:
        return []
    with sqlite3.connect(":memory:") as connection:
        connection.execute(f"CREATE TABLE companies (position, {', '.join(map(_quoted, plain))})")
        rows = [(position, *(record.get(name) for name in plain)) for position, record in enumerate(records)]
        connection.executemany(f"INSERT INTO companies VALUES ({', '.join('?' * (1 + len(plain)))})", rows)  # noqa: S608  # question marks
        try:
            found = connection.execute(f"SELECT position FROM companies WHERE ({condition}) ORDER BY position")  # noqa: S608  # the tester's
            return [records[position] for (position,) in found]
        except sqlite3.Error as error:
            raise UsageError(f"The condition '{condition}' cannot be read: {error}.") from None


def amount(text: Any) -> float | None:
    """The number that a record's amount states, such as 5300000000 for ``$5.3 billion``; None where it states none."""
    found = AMOUNT.search(str(text or ""))
    return float(found[1].replace(",", "")) * UNITS.get(found[2], 1.0) if found else None


def ranged(record: Record, name: str) -> float | None:
    """The number of a record of which the filter ``name`` gives an end; None where it is not known."""
    if name.startswith("revenue"):
        return amount(record.get("revenue_range"))
    number: float | None = record.get("employee_count" if name.startswith("employee_count") else "confidence_score")
    return number


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _fits(record: Record, filters: dict[str, Any]) -> bool:
    for name, field_name in PLAIN_FILTERS.items():
        if filters.get(name) and record.get(field_name) not in filters[name]:
            return False
    stages = [str(stage).casefold() for stage in filters.get("growth_stages") or []]
    if stages and str(record.get("funding_stage") or "").casefold() not in stages:
        return False
    places = [str(record.get("headquarters") or ""), *(record.get("locations") or [])]
    places_named = [str(place).casefold() for place in filters.get("locations") or []]
    if places_named and not any(part in place.casefold() for part in places_named for place in places):
        return False
    for name in OF_RANGES:
        end, value = filters.get(name), ranged(record, name)
        if end is not None and (value is None or (value > end if name.endswith("_max") else value < end)):
            return False
    after, before = filters.get("updated_after"), filters.get("updated_before")
    if not after and not before:
        return True
    moment = datetime.fromisoformat(str(record.get("last_updated")))
    return (not after or moment > datetime.fromisoformat(after)) and (not before or moment < datetime.fromisoformat(before))
