"""The audit trail of a tenant, for its administrators."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, HTTPException, Path, Query, Request

from theodore_sandbox import defects
from theodore_sandbox.promptcraft.access import Admin  # noqa: TC001  # FastAPI resolves annotations at run time
from theodore_sandbox.promptcraft.store import events

router = APIRouter(prefix="/api/v4/admin/audit/events")
Kind = Literal["authentication", "authorization", "data_access", "configuration_change", "execution", "error"]
EventId = Annotated[str, Path(pattern="^[0-9a-f-]{36}$")]


@router.get("")
def listed(
    request: Request,
    signed: Admin,
    event_type: Kind | None = None,
    user_id: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """The latest events of the tenant, the newest first."""
    query = sa.select(events.c.event)
    leak = defects.on("events-of-all-tenants-listed") or (event_type and defects.on("events-filtered-of-all-tenants"))
    if not leak:
        query = query.where(events.c.tenant == signed.tenant)
    if event_type:
        query = query.where(events.c.event_type == event_type)
    if user_id:
        query = query.where(events.c.user_id == user_id)
    rows = request.app.state.store.rows(query.order_by(events.c.number.desc()).limit(limit))
    return {"data": [row["event"] for row in rows]}


@router.get("/{event_id}")
def read(request: Request, event_id: EventId, signed: Admin) -> dict[str, Any]:
    """An event of the tenant."""
    row = request.app.state.store.first(sa.select(events).where(events.c.event_id == event_id))
    if row is None or (row["tenant"] != signed.tenant and not defects.on("event-of-any-tenant-read")):
        raise HTTPException(404, "There is no such event")
    event: dict[str, Any] = row["event"]
    return event
