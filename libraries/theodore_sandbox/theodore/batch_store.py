"""Batches in the store: each company is a row, and the row is the checkpoint."""

from __future__ import annotations

import json
from typing import Any, TYPE_CHECKING

import sqlalchemy as sa

from theodore_sandbox import defects
from theodore_sandbox.theodore.batch_models import BatchJobStatus
from theodore_sandbox.theodore.store import Store, tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

batches = sa.Table(
    "batches",
    tables,
    sa.Column("job_id", sa.String(40), primary_key=True),
    sa.Column("number", sa.Integer),
    sa.Column("kind", sa.String(20)),
    sa.Column("status", sa.String(30)),
    sa.Column("tenant", sa.String(60)),
    sa.Column("owner", sa.String(40)),
    sa.Column("body", sa.Text),
    sa.Column("request", sa.Text),
)
items = sa.Table(
    "batch_items",
    tables,
    sa.Column("job_id", sa.String(40), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("company", sa.Text),
    sa.Column("status", sa.String(20)),
    sa.Column("attempts", sa.Integer),
    sa.Column("error", sa.Text),
    sa.Column("result", sa.Text),
    sa.Column("analyses", sa.Text),
)
uploads = sa.Table(
    "uploads",
    tables,
    sa.Column("file_id", sa.String(60), primary_key=True),
    sa.Column("tenant", sa.String(60)),
    sa.Column("companies", sa.Text),
)
PAGE = 500
PENDING, COMPLETED, FAILED = "pending", "completed", "failed"


class BatchStore(Store):
    """The store with its batches."""

    def add_batch(self, body: dict[str, Any], tenant: str, owner: str, request: str, companies: Iterable[dict[str, Any]]) -> None:
        """Write a new batch with all its companies, or nothing of it."""
        job_id = body["job_id"]
        rows = [
            {"job_id": job_id, "position": position, "company": json.dumps(company), "status": PENDING, "attempts": 0}
            for position, company in enumerate(companies)
        ]
        with self._transaction() as connection:
            number = connection.execute(sa.select(sa.func.coalesce(sa.func.max(batches.c.number), 0))).scalar_one() + 1
            row = {"kind": body["job_type"], "status": body["status"], "tenant": tenant, "owner": owner}
            row |= {"job_id": job_id, "number": number, "body": json.dumps(body), "request": request}
            connection.execute(sa.insert(batches).values(row))
            connection.execute(sa.insert(items), rows)

    def save_batch(self, body: dict[str, Any]) -> None:
        """Write the state of a batch."""
        with self._transaction() as connection:
            self._write(connection, body)

    def checkpoint(self, body: dict[str, Any], position: int, outcome: dict[str, Any]) -> None:
        """Write the outcome of a company and the numbers of its batch, both or neither."""
        here = (items.c.job_id == body["job_id"]) & (items.c.position == position)
        with self._transaction() as connection:
            connection.execute(sa.update(items).where(here).values(**outcome))
            self._write(connection, body)

    @staticmethod
    def _write(connection: sa.Connection, body: dict[str, Any]) -> None:
        values = {"status": body["status"], "body": json.dumps(body)}
        connection.execute(sa.update(batches).where(batches.c.job_id == body["job_id"]).values(values))

    def batch(self, job_id: str, tenant: str | None) -> dict[str, Any] | None:
        """A batch with its request; None for one that the tenant does not have."""
        query = sa.select(batches).where(batches.c.job_id == job_id)
        if tenant is not None:
            query = query.where(batches.c.tenant == tenant)
        with self._transaction() as connection:
            row = connection.execute(query).mappings().first()
        return dict(row) | {"body": json.loads(row["body"])} if row else None

    def unfinished_batches(self) -> list[str]:
        """The batches that a restart has interrupted."""
        at_work = (BatchJobStatus.PENDING, BatchJobStatus.RUNNING)
        with self._transaction() as connection:
            return list(connection.execute(sa.select(batches.c.job_id).where(batches.c.status.in_(at_work))).scalars())

    def batches_with_webhook(self, state: str) -> list[str]:
        """The batches whose webhook is in this state."""
        query = sa.select(batches.c.job_id).where(batches.c.body.contains(f'"webhook": "{state}"', autoescape=True))
        with self._transaction() as connection:
            return list(connection.execute(query).scalars())

    def list_batches(
        self, tenant: str, status: str | None, kind: str | None, limit: int, offset: int
    ) -> tuple[list[dict[str, Any]], int]:
        """A page of a tenant's batches, the latest first, and how many there are."""
        chosen = batches.c.tenant == tenant
        if status and not (status == FAILED and defects.on("batch-filter-ignored")):
            chosen &= batches.c.status == status
        if kind:
            chosen &= batches.c.kind == kind
        page = sa.select(batches.c.body).where(chosen).order_by(batches.c.number.desc()).limit(limit).offset(offset)
        with self._transaction() as connection:
            total = connection.execute(sa.select(sa.func.count()).select_from(batches).where(chosen)).scalar_one()
            return [json.loads(body) for body in connection.execute(page).scalars()], total

    def forget_outcomes(self, job_id: str) -> None:
        """Have all companies of a batch before it again."""
        fresh = {"status": PENDING, "attempts": 0, "error": None, "result": None, "analyses": None}
        with self._transaction() as connection:
            connection.execute(sa.update(items).where(items.c.job_id == job_id).values(**fresh))

    def item_counts(self, job_id: str) -> dict[str, int]:
        """How many companies of a batch have each status."""
        query = sa.select(items.c.status, sa.func.count()).where(items.c.job_id == job_id).group_by(items.c.status)
        with self._transaction() as connection:
            return {str(status): int(count) for status, count in connection.execute(query)}

    def pending_positions(self, job_id: str) -> list[int]:
        """The positions of the companies that are still to be worked on, in order."""
        query = sa.select(items.c.position).where(items.c.job_id == job_id, items.c.status == PENDING).order_by(items.c.position)
        with self._transaction() as connection:
            return list(connection.execute(query).scalars())

    def company(self, job_id: str, position: int) -> dict[str, Any]:
        """One company of a batch as it was sent."""
        query = sa.select(items.c.company).where(items.c.job_id == job_id, items.c.position == position)
        with self._transaction() as connection:
            company: dict[str, Any] = json.loads(connection.execute(query).scalar_one())
        return company

    def items(self, job_id: str) -> Iterator[dict[str, Any]]:
        """Every company of a batch with its outcome, in order, read in pages."""
        after = -1
        while True:
            query = sa.select(items).where(items.c.job_id == job_id, items.c.position > after).order_by(items.c.position)
            with self._transaction() as connection:
                rows = [dict(row) for row in connection.execute(query.limit(PAGE)).mappings()]
            for row in rows:
                result = json.loads(row["result"]) if row["result"] else None
                analyses = json.loads(row["analyses"]) if row["analyses"] else {}
                yield row | {"company": json.loads(row["company"]), "result": result, "analyses": analyses}
            if len(rows) < PAGE or defects.on("batch-results-stop-at-a-page"):
                return
            after = rows[-1]["position"]

    def save_upload(self, file_id: str, tenant: str, companies: list[dict[str, Any]]) -> None:
        """Keep the companies of an uploaded file."""
        with self._transaction() as connection:
            connection.execute(sa.insert(uploads).values(file_id=file_id, tenant=tenant, companies=json.dumps(companies)))

    def upload(self, file_id: str, tenant: str) -> list[dict[str, Any]] | None:
        """The companies of a file that a tenant has uploaded."""
        query = sa.select(uploads.c.companies).where(uploads.c.file_id == file_id)
        if not defects.on("batch-upload-of-any-tenant"):
            query = query.where(uploads.c.tenant == tenant)
        with self._transaction() as connection:
            text = connection.execute(query).scalar()
        return json.loads(text) if text else None
