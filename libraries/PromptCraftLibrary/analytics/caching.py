"""Trials of the cache: an agent that no figures are cached of, with executions that are added underneath."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING

from PromptCraftLibrary.analytics import requests, store
from theodore_qa.context import context
from theodore_qa.errors import UsageError

if TYPE_CHECKING:
    from PromptCraftLibrary.analytics.requests import Insights

AGE = dt.timedelta(hours=2)
USER = "qa_user"


@dataclass
class Trial:
    """An agent of its own, and who asks for its figures."""

    agent: str
    identity: str | None
    written: int = field(default=0)  # executions of the identity's own tenant

    @classmethod
    def begin(cls, identity: str | None) -> Trial:
        """A trial with one execution."""
        context.system.permit("destructive")
        trial = cls(f"qa_cache_{secrets.token_hex(5)}", identity)
        trial.add(1)
        return trial

    def add(self, count: int, identity: str | None = None, *, age: dt.timedelta = AGE, user: str = USER) -> None:
        """Write executions of the agent into the store; they are taken out at the end of the test."""
        system = context.system
        source, tenant = store.source_of(system), system.identity(identity or self.identity).tenant
        moment = (dt.datetime.now(dt.UTC) - age).isoformat(timespec="microseconds")
        row: dict[str, Any] = {
            "created_at": moment,
            "agent_id": self.agent,
            "user_id": user,
            "status": "completed",
            "processing_time_ms": 1000.0,
            "total_cost": 0.1,
            "steps_completed": 1,
            "security_issues_found": 0,
            "test_success_rate": 1.0,
        }
        mark, _ = store.write(source, tenant, [row] * count)
        context.at_test_end(f"the executions {mark}* could not be removed", lambda: store.remove(source, mark))
        self.written += count if identity in (None, self.identity) else 0

    def insights(self, identity: str | None = None) -> Insights:
        """The figures of the agent."""
        return self.answered(identity)

    def answered(self, identity: str | None = None, **question: str) -> Insights:
        """The figures of the agent, or those of another question."""
        usual = {"time_range": "7d", "granularity": "day", "agent": self.agent}
        return requests.insights(identity or self.identity, **(usual | question))


def valid_for(insights: Insights, ttl: dt.timedelta | None) -> dt.timedelta:
    """How long figures are cached: as given, or as they state.

    Raises:
        UsageError: Neither says it.
    """
    if ttl is not None:
        return ttl
    stated = insights.metadata.get("cache_ttl_seconds")
    if isinstance(stated, bool) or not isinstance(stated, int | float):
        raise UsageError("The figures do not state their cache_ttl_seconds: give ttl=, such as ttl=15 min.")
    return dt.timedelta(seconds=stated)
