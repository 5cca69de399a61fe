"""Requests for discoveries and suggestions, and the filters that testers write."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING
from urllib.parse import urlencode

from theodore_qa.context import context
from theodore_qa.errors import QaError, unknown, UsageError
from theodore_qa.observing.display import written
from TheodoreLibrary import discovery_filters, jobs

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.exchange import Exchange

TRIES = 3
DISCOVERY = "discovery"
ARGUMENTS = ("limit", "threshold", "sources", "identity", "timeout")


def suggestions(query: str, limit: int, identity: str | None) -> Any:
    """Request suggestions."""
    parameters = urlencode({"query": query, "limit": limit})
    return context.system.request("GET", f"/discover/suggestions?{parameters}", token=context.system.token(identity))


def quick(checks: Checks, company: str, limit: int, threshold: float, identity: str | None) -> Exchange:
    """The answer to a quick discovery, which leaves no job behind: what others do meanwhile does so once, not at each try."""
    parameters = urlencode({"company_name": company, "limit": limit, "similarity_threshold": threshold})
    for _ in range(TRIES):
        before = jobs.counted(DISCOVERY, identity)
        answer: Exchange = context.system.request("GET", f"/discover/quick?{parameters}", token=context.system.token(identity))
        after = jobs.counted(DISCOVERY, identity)
        if after == before:
            break
    expected = f"as many discovery jobs in /metrics as before, {written(before)}"
    checks.that("discovery.quick_leaves_no_job", after == before, expected, written(after))
    return answer


def filter_value(name: str, value: Any) -> Any:
    """The value of a filter in the contract's type: a list, a number or a boolean. An unknown filter is an error."""
    if name not in discovery_filters.FILTERS:
        raise unknown("filter or argument", name, (*discovery_filters.FILTERS, *ARGUMENTS))
    if name in discovery_filters.LISTS:
        return [part.strip() for part in str(value).split(",") if part.strip()]
    if name == "exclude_competitors":
        return str(value).strip().lower() in ("true", "yes", "1")
    try:
        return int(value)
    except ValueError:
        raise QaError(f"The filter {name} needs a whole number, and was given '{value}'.") from None


def require_names(companies: tuple[str, ...]) -> None:
    """Raise where no companies are named."""
    if not companies:
        raise UsageError("Name at least one company, else there is nothing to check.")
