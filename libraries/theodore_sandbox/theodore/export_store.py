"""Records of companies chosen, sorted and grouped for an export, and the files that were written."""

from __future__ import annotations

import json
from typing import Any, TYPE_CHECKING

import sqlalchemy as sa

from theodore_sandbox import defects
from theodore_sandbox.theodore.batch_store import BatchStore
from theodore_sandbox.theodore.export_filters import fits
from theodore_sandbox.theodore.store import jobs, records, tables

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from theodore_sandbox.theodore.export_models import ExportRequest

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

    def chosen(self, tenant: str, request: ExportRequest, similar: Container[str] | None = None) -> list[str]:
        """The domains of the companies that an export holds, in order: only what is sorted by stays in memory.

        Where a request names a company, ``similar`` are the domains of those that are similar to it.
        """
        name, backwards = (request.sort_by or "domain").removeprefix("-"), (request.sort_by or "").startswith("-")
        found = [
            (_key(record.get(request.group_by or "")), _key(record.get(name)), record["domain"])
            for record, created in self._every(tenant, request.chunk_size or 1000)
            if (similar is None or record["domain"] in similar)
            and (request.filters is None or fits(record, request.filters, created))
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
