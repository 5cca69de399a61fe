"""Requests for discoveries and suggestions, and the filters that testers write."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from theodore_qa.context import context
from theodore_qa.errors import QaError, unknown, UsageError
from TheodoreLibrary import discovery_checks

ARGUMENTS = ("limit", "threshold", "sources", "identity", "timeout")


def suggestions(query: str, limit: int, identity: str | None) -> Any:
    """Request suggestions."""
    parameters = urlencode({"query": query, "limit": limit})
    return context.system.request("GET", f"/discover/suggestions?{parameters}", token=context.system.token(identity))


def filter_value(name: str, value: Any) -> Any:
    """The value of a filter in the contract's type: a list, a number or a boolean. An unknown filter is an error."""
    if name not in discovery_checks.FILTERS:
        raise unknown("filter or argument", name, (*discovery_checks.FILTERS, *ARGUMENTS))
    if name in discovery_checks.LISTS:
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
