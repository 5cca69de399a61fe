"""The executions that an answer of analytics is about, read from where they are."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from PromptCraftLibrary.analytics import columns, periods, requests, store
from theodore_qa.context import context

if TYPE_CHECKING:
    from PromptCraftLibrary.analytics.columns import Columns
    from PromptCraftLibrary.analytics.requests import Insights
    from theodore_qa.observing.checks import Checks


def counted_by(checks: Checks, insights: Insights, executions: Any = None) -> Columns | None:
    """The executions that an answer is about; None, with a record, if there are none or it does not say which."""
    if not periods.stated_rightly(checks, insights, context.environment.clock_tolerance):
        return None
    period = insights.period
    tenant = context.system.identity(insights.identity).tenant
    source = store.source_of(context.system) if executions is None else executions
    counted = columns.read(source, tenant=tenant).between(*period) if period else None
    for name, chosen in (("agent_filter", "of_agent"), ("user_filter", "of_user")):
        if counted is not None and (value := requests.queried(insights.answer, name)):
            counted = getattr(counted, chosen)(value)
    if counted is None or not len(counted):
        condition = f"executions of the tenant {tenant} in the period of the answer"
        checks.not_evaluated("analytics.executions", condition, "0 of them: write some by Store Executions")
        return None
    return counted
