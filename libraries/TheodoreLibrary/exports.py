"""Exports: requested, downloaded whole and in parts, and what they have to hold by the records of the API."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING

from theodore_qa.context import context
from theodore_qa.errors import QaError
from TheodoreLibrary import export_filters
from TheodoreLibrary.batches import evaluated

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.system import System

OK, PARTIAL = 200, 206
Record = dict[str, Any]
THRESHOLD = 1000
DECIMALS = 4


@dataclass(eq=False, repr=False)  # generated methods cost import time
class Export:
    """A file that was requested, with what the system says of it, and the file."""

    request: dict[str, Any]
    identity: str | None
    accepted: Exchange
    file: Exchange
    system: System = field(default_factory=lambda: context.system)

    @property
    def id(self) -> str:
        """The export's identifier."""
        return str(self.result.get("export_id"))

    @property
    def result(self) -> dict[str, Any]:
        """What the system says of the file."""
        return self.accepted.object()

    @property
    def format(self) -> str:
        """The format that was requested."""
        return str(self.request.get("format") or "csv")

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return self.file.content

    def __str__(self) -> str:
        return f"export {self.id} in {self.format}"


def no_export(value: object) -> Export:
    """An export, as `Export Companies`, `Export Company Report` and `Export Backup` return it."""
    del value  # Robot's message has it
    raise ValueError("call Export Companies first, and pass what it returns.")


def make(route: str, identity: str | None, **request: Any) -> Export:
    """Request an export and download its file."""
    system = context.system
    body = {name: value for name, value in request.items() if value is not None}
    answer = evaluated(system, system.request("POST", f"/export/{route}", json_body=body, token=system.token(identity)))
    if answer.status != OK or not answer.object().get("export_id"):
        raise QaError(
            f"The export of {route} was not made: expected 200 with an export_id, "
            f"observed {answer.status} with {answer.excerpt(200)}."
        )
    known = body | ({"format": "zip"} if route == "backup" else {})
    export = Export(known, identity, answer, answer, system)
    export.file = download(export)
    return export


def requested(name: str, identity: str | None) -> Exchange:
    """Request an export under a name, whatever the answer."""
    system = context.system
    body = {"format": "csv", "limit": 1, "file_path": name}
    return system.request("POST", "/export/companies", json_body=body, token=system.token(identity))


def download(export: Export, part: str = "", identity: str | None = None, **headers: str) -> Exchange:
    """Request the file, or a part of it such as ``bytes=0-99``."""
    sent = ({"Range": part} if part else {}) | {name.replace("_", "-"): value for name, value in headers.items()}
    token = export.system.token(identity or export.identity)
    return export.system.request("GET", f"/export/files/{export.id}/download", token=token, headers=sent)


def not_comparable(export: Export) -> str:
    """Why an export cannot be compared with the records of some companies alone; empty if it can."""
    request = export.request
    if request.get("limit") or request.get("offset"):
        return "holds a part of all companies"
    return "" if "domain" in columns([{"domain": ""}], request) else "lacks the domain"


def chosen(records: list[Record], request: dict[str, Any]) -> list[Record]:
    """The records that a request chooses, in its order, cut to its fields; or its groups, each a row of numbers."""
    kept = export_filters.fitting(records, request.get("filters") or {})
    name = str(request.get("sort_by") or "domain")
    field_name, backwards = name.removeprefix("-"), name.startswith("-")
    kept.sort(key=lambda record: str(record.get("domain")))
    known = [record for record in kept if record.get(field_name) is not None]
    known.sort(key=lambda record: _comparable(record[field_name]), reverse=backwards)
    kept = known + [record for record in kept if record.get(field_name) is None]
    group = request.get("group_by")
    if group:
        kept.sort(key=lambda record: (record.get(group) is None, _comparable(record.get(group) or "")))
    if request.get("aggregations"):
        kept = aggregated(kept, request)
    first = int(request.get("offset") or 0)
    kept = kept[first : first + int(request["limit"])] if request.get("limit") else kept[first:]
    return kept if request.get("aggregations") else [_cut(record, request) for record in kept]


def aggregated(records: list[Record], request: dict[str, Any]) -> list[Record]:
    """One row for each group of records that follow each other, with the functions over the values that are known."""
    rows = []
    by = request.get("group_by")
    for group, members in itertools.groupby(records, key=lambda record: record.get(by) if by else None):
        listed = list(members)
        row: Record = {"group": group, "companies": len(listed)}
        for part in request["aggregations"]:
            values = [record[part["field"]] for record in listed if record.get(part["field"]) is not None]
            row[f"{part['function']}_{part['field']}"] = _reduced(part["function"], values)
        rows.append(row)
    return rows


def _reduced(function: str, values: list[float]) -> float | None:
    if function == "count":
        return len(values)
    if not values:
        return None
    if function == "sum":
        return round(math.fsum(values), DECIMALS) if any(isinstance(value, float) for value in values) else sum(values)
    if function == "mean":
        return round(math.fsum(values) / len(values), DECIMALS)
    return max(values) if function == "max" else min(values)


def _comparable(value: Any) -> tuple[float, str]:
    return (float(value), "") if isinstance(value, int | float) else (0.0, str(value).casefold())


def columns(records: list[Record], request: dict[str, Any]) -> list[str]:
    """The columns in the order in which they were requested, or in that of the API's records."""
    if request.get("aggregations"):
        each = (f"{part['function']}_{part['field']}" for part in request["aggregations"])
        return list(dict.fromkeys(("group", "companies", *each)))
    named = request.get("include_fields") or list(dict.fromkeys(name for record in records for name in record))
    named = [name for name in named if name not in (request.get("exclude_fields") or [])]
    named += request.get("custom_columns") or {}
    return ["group", *named] if request.get("group_by") else list(named)


def _cut(record: Record, request: dict[str, Any]) -> Record:
    more = (request.get("custom_columns") or {}) | ({"group": request["group_by"]} if request.get("group_by") else {})
    whole = {heading: record.get(name) for heading, name in more.items()} | record
    return {name: whole.get(name) for name in columns([record], request)}
