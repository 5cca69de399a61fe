"""The model of what a discovery finds: its results keep to limit, threshold and filters."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import written
from TheodoreLibrary import discovery_checks

if TYPE_CHECKING:
    from TheodoreLibrary.exploration.judging import Judge

LIMIT, THRESHOLD = 10, 0.6  # without others in the request


def sound_results(judge: Judge, check: str, company: str, results: list[Any], total: Any, limit: int, threshold: float) -> None:
    """Results keep to limit and threshold, fall in their scores, and hold each company once and not the company itself."""
    names = [discovery_checks.name_of(result) for result in results]
    scores = [number(result.get("similarity_score")) for result in results]
    judge.equal(f"{check}.total", len(results), total)
    judge.that(f"{check}.limit", len(results) <= limit, f"at most {limit} results", f"{len(results)} results")
    judge.that(f"{check}.threshold", all(score >= threshold for score in scores), f"scores of at least {threshold}", written(scores))
    judge.that(f"{check}.order", scores == sorted(scores, reverse=True), "scores that never rise", written(scores))
    judge.that(f"{check}.once", len(set(names)) == len(names), "each company once", written(names))
    judge.that(f"{check}.no_self", company not in names, f"no result {company}", written(names))


def ended_discovery(judge: Judge, request: dict[str, Any], body: dict[str, Any]) -> None:
    """What a completed discovery found keeps to what was requested."""
    results = body.get("results") if isinstance(body.get("results"), list) else []
    limit, threshold = request.get("limit") or LIMIT, request.get("similarity_threshold", THRESHOLD)
    sound_results(judge, "explore.discovery", str(request["company_name"]), results or [], body.get("total_found"), limit, threshold)
    filters = request.get("filters") or {}
    wrong = [discovery_checks.name_of(result) for result in results or [] if not discovery_checks.lets_through(filters, result.get("company") or {})]
    judge.that("explore.discovery.filters", not wrong, f"results that keep to {written(filters)}", written(wrong))
    applied = {entry.get("field") for entry in body.get("filters_applied") or ()}
    judge.that("explore.discovery.filters_reported", set(filters) <= applied, f"filters_applied with {written(set(filters))}", written(applied))


def number(value: Any) -> float:
    """A number as it is, anything else as -1."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else -1.0
