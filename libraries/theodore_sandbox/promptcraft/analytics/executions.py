"""Executions of workflows in the store, and the questions that analytics put to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

import sqlalchemy as sa

from theodore_sandbox import defects
from theodore_sandbox.promptcraft.store import tables

if TYPE_CHECKING:
    from collections.abc import Iterator

executions = sa.Table(
    "workflow_executions",
    tables,
    sa.Column("execution_id", sa.String(60), primary_key=True),
    sa.Column("tenant", sa.String(60), index=True),
    sa.Column("created_at", sa.String(40)),  # ISO 8601 in UTC: sorts as the moments do
    sa.Column("agent_id", sa.String(80)),
    sa.Column("user_id", sa.String(80)),
    sa.Column("status", sa.String(20)),
    sa.Column("processing_time_ms", sa.Float),
    sa.Column("total_cost", sa.Float),
    sa.Column("steps_completed", sa.Integer),
    sa.Column("security_issues_found", sa.Integer),
    sa.Column("test_success_rate", sa.Float),
)
COMPLETED = sa.case((executions.c.status == "completed", 1.0), else_=0.0)
HOUR = 13  # characters of a moment up to its hour: 2026-01-31T23


@dataclass(frozen=True)
class Selection:
    """Which executions are looked at: those of a tenant in a period, of one agent or user if named."""

    tenant: str | None
    after: str
    until: str
    agent: str | None = None
    user: str | None = None
    completed_only: bool = False

    @property
    def condition(self) -> sa.ColumnElement[bool]:
        """The selection as a condition."""
        column = executions.c
        parts = [column.created_at > self.after, column.created_at <= self.until]
        parts += [column.tenant == self.tenant] if self.tenant is not None else []
        for named, value in ((column.agent_id, self.agent), (column.user_id, self.user)):
            if value:
                parts.append(named.like(value) if defects.on("filters-as-patterns") else named == value)
        parts += [column.status == "completed"] if self.completed_only else []
        return sa.and_(*parts)


@dataclass(frozen=True)
class Reader:
    """Questions about a selection of executions."""

    connection: sa.Connection
    selection: Selection

    def totals(self) -> dict[str, Any]:
        """Counts, sums and means over all of them."""
        column = executions.c
        query = sa.select(
            sa.func.count().label("count"),
            sa.func.count(column.user_id.distinct()).label("users"),
            sa.func.avg(column.processing_time_ms).label("time"),
            sa.func.avg(COMPLETED).label("success"),
            sa.func.sum(column.total_cost).label("cost"),
            sa.func.avg(sa.cast(column.steps_completed, sa.Float)).label("steps"),
            sa.func.avg(column.test_success_rate).label("tests"),
        ).where(self.selection.condition)
        return dict(self.connection.execute(query).mappings().one())

    def by_agent(self) -> list[dict[str, Any]]:
        """The same of each agent."""
        column = executions.c
        query = (
            sa.select(
                column.agent_id.label("agent"),
                sa.func.count().label("count"),
                sa.func.count(column.user_id.distinct()).label("users"),
                sa.func.avg(column.processing_time_ms).label("time"),
                sa.func.avg(COMPLETED).label("success"),
                sa.func.sum(column.total_cost).label("cost"),
                sa.func.avg(column.test_success_rate).label("tests"),
                sa.func.sum(column.security_issues_found).label("issues"),
            )
            .where(self.selection.condition)
            .group_by(column.agent_id)
        )
        return [dict(row) for row in self.connection.execute(query).mappings()]

    def by_hour(self) -> list[dict[str, Any]]:
        """Counts and sums of each hour in UTC."""
        column = executions.c
        hour = sa.func.substr(column.created_at, 1, HOUR).label("hour")
        query = (
            sa.select(
                hour,
                sa.func.count().label("count"),
                sa.func.sum(column.processing_time_ms).label("time"),
                sa.func.sum(COMPLETED).label("completed"),
                sa.func.sum(column.total_cost).label("cost"),
            )
            .where(self.selection.condition)
            .group_by(hour)
            .order_by(hour)
        )
        return [dict(row) for row in self.connection.execute(query).mappings()]

    def by_user(self) -> list[dict[str, Any]]:
        """How much each user did and what is first of it, in the order of their names."""
        column = executions.c
        query = (
            sa.select(
                column.user_id.label("user"),
                sa.func.count().label("count"),
                sa.func.sum(column.total_cost).label("cost"),
                sa.func.min(column.execution_id).label("first"),
            )
            .where(self.selection.condition)
            .group_by(column.user_id)
            .order_by(column.user_id)
        )
        return [dict(row) for row in self.connection.execute(query).mappings()]

    def ordered(self, column: str, start: int, count: int) -> list[float]:
        """Some values of a column in ascending order."""
        values = executions.c[column]
        query = sa.select(values).where(self.selection.condition).order_by(values).offset(start).limit(count)
        return list(self.connection.execute(query).scalars())

    def above(self, column: str, threshold: float) -> int:
        """How many values of a column are above a threshold."""
        query = sa.select(sa.func.count()).where(self.selection.condition, executions.c[column] > threshold)
        return int(self.connection.execute(query).scalar_one())

    def costs(self) -> Iterator[float]:
        """The cost of each."""
        yield from self.connection.execute(sa.select(executions.c.total_cost).where(self.selection.condition)).scalars()
