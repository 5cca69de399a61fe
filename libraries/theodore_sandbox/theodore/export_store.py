"""Records of companies chosen, sorted and grouped for an export, and the files that were written."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, TYPE_CHECKING

import sqlalchemy as sa

from theodore_sandbox import defects
from theodore_sandbox.theodore.batch_store import BatchStore
from theodore_sandbox.theodore.store import jobs, records, tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from theodore_sandbox.theodore.export_models import ExportFilters, ExportRequest

exports = sa.Table(
    "exports",
    tables,
    sa.Column("export_id", sa.String(40), primary_key=True),
    sa.Column("tenant", sa.String(60)),
    sa.Column("body", sa.Text),
)
Record = dict[str, Any]


class ExportStore(BatchStore):
    """The store with its exports."""

    def chosen(self, tenant: str, request: ExportRequest) -> list[str]:
        """The domains of the companies that an export holds, in order: only what is sorted by stays in memory."""
        name, backwards = (request.sort_by or "domain").removeprefix("-"), (request.sort_by or "").startswith("-")
        found = [
            (_key(record.get(request.group_by or "")), _key(record.get(name)), record["domain"])
            for record, created in self._every(tenant, request.chunk_size or 1000)
            if request.filters is None or fits(record, request.filters, created)
        ]
        found.sort(key=lambda entry: entry[2])
        found.sort(key=lambda entry: entry[1][1:], reverse=backwards)
        found.sort(key=lambda entry: entry[1][0])  # what is not known comes last, in either direction
        if request.group_by:
            found.sort(key=lambda entry: entry[0])
        if request.aggregations:
            return [domain for _, _, domain in found]
        first = request.offset or 0
        return [domain for _, _, domain in found[first : first + (request.limit or len(found))]]

    def _every(self, tenant: str, chunk: int) -> Iterator[tuple[Record, str]]:
        after = ""
        while True:
            here = sa.select(records).where(records.c.tenant == tenant, records.c.domain > after)
            with self._transaction() as connection:
                rows = connection.execute(here.order_by(records.c.domain).limit(chunk)).all()
            for row in rows:
                yield json.loads(row.record), row.created_at
            if len(rows) < chunk or defects.on("export-stops-at-a-chunk"):
                return
            after = rows[-1].domain

    def read(self, tenant: str, domains: list[str], chunk: int) -> Iterator[Record]:
        """The records of companies in the order of their domains, read in chunks."""
        for start in range(0, len(domains), chunk):
            part = domains[start : start + chunk]
            query = sa.select(records.c.domain, records.c.record).where(records.c.tenant == tenant, records.c.domain.in_(part))
            with self._transaction() as connection:
                known = {row.domain: row.record for row in connection.execute(query)}
            yield from (json.loads(known[domain]) for domain in part if domain in known)

    def company_record(self, tenant: str, name: str) -> Record | None:
        """The record of the company with this name or domain."""
        for record, _ in self._every(tenant, 1000):
            if name.casefold() in (str(record["name"]).casefold(), str(record["domain"]).casefold()):
                return record
        return None

    def finished_researches(self, tenant: str) -> list[dict[str, Any]]:
        """The researches of a tenant that completed, the first first."""
        query = sa.select(jobs.c.body).where(jobs.c.tenant == tenant, jobs.c.kind == "research")
        with self._transaction() as connection:
            bodies = [json.loads(body) for body in connection.execute(query).scalars()]
        return sorted((body for body in bodies if body["status"] == "completed"), key=lambda body: str(body["completed_at"]))

    def save_export(self, tenant: str, body: dict[str, Any]) -> None:
        """Keep what is known of a file that was written."""
        with self._transaction() as connection:
            connection.execute(sa.insert(exports).values(export_id=body["export_id"], tenant=tenant, body=json.dumps(body)))

    def export(self, export_id: str, tenant: str | None) -> dict[str, Any] | None:
        """A file that a tenant has had written."""
        query = sa.select(exports.c.body).where(exports.c.export_id == export_id)
        if tenant is not None:
            query = query.where(exports.c.tenant == tenant)
        with self._transaction() as connection:
            text = connection.execute(query).scalar()
        return json.loads(text) if text else None


def _key(value: Any) -> tuple[bool, float, str]:
    """What a value is sorted by: nothing comes last, numbers by size, texts whatever their case."""
    if value is None:
        return True, 0.0, ""
    return (False, float(value), "") if isinstance(value, int | float) else (False, 0.0, str(value).casefold())


def fits(record: Record, filters: ExportFilters, created: str | None = None) -> bool:
    """Whether a company, first recorded at a moment, is as the filters want it; what is not known fits no filter."""
    listed = (("industry", filters.industries), ("business_model", filters.business_models))
    listed += (("company_size", filters.company_sizes),)  # type: ignore[assignment]  # one more of them
    for name, values in listed:
        if defects.on("export-first-value-alone"):
            values = values and values[:1]  # noqa: PLW2901  # the defect
        if defects.on("export-marketplaces-unfiltered") and values and "marketplace" in values:
            continue
        if values and record.get(name) not in values and not (defects.on("export-filter-ignored") and name == "company_size"):
            return False
    places = [str(record.get("headquarters") or ""), *(record.get("locations") or [])]
    if filters.locations and not any(given.casefold() in place.casefold() for given in filters.locations for place in places):
        return False
    employees, score = record.get("employee_count"), record.get("confidence_score")
    least, most = filters.employee_count_min, filters.employee_count_max
    if least is not None and (employees is None or employees < least):
        return False
    if most is not None and (employees is None or employees > most):
        return False
    if filters.min_quality_score is not None and (score is None or score < filters.min_quality_score):
        return False
    updated = record.get("last_updated")
    if defects.on("export-created-is-updated"):
        created = updated
    return _between(created, filters.created_after, filters.created_before) and _between(
        updated, filters.updated_after, filters.updated_before
    )


def _between(time: str | None, after: datetime | None, before: datetime | None) -> bool:
    if after is None and before is None:
        return True
    if not time:
        return False
    moment = datetime.fromisoformat(time)
    after, before = (edge and edge.astimezone(moment.tzinfo) for edge in (after, before))
    return (after is None or moment > after) and (before is None or moment < before)
