"""The model of what researches and discoveries find."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import plural, written
from TheodoreLibrary import discovery_checks, discovery_filters

if TYPE_CHECKING:
    from TheodoreLibrary.exploration.judging import Judge
    from TheodoreLibrary.exploration.model.world import Job

LIMIT, THRESHOLD = 10, 0.6  # without others in the request


def ended_research(judge: Judge, job: Job, body: dict[str, Any]) -> None:
    """A completed research has a record of its own company; one that did not complete has none."""
    result = body.get("result")
    completed = job.status == "completed"
    observed = f"status {job.status}, {'a result' if result else 'no result'}"
    judge.that("explore.research.result", bool(result) == completed, "a result if and only if it completed", observed)
    if completed and isinstance(result, dict):
        judge.equal("explore.research.result_name", job.company, result.get("name"))
        judge.that("explore.research.result_domain", bool(result.get("domain")), "a domain", written(result.get("domain")))
        if job.domain:
            judge.equal("explore.research.result_own_domain", job.domain, result.get("domain"))


def ended_discovery(judge: Judge, request: dict[str, Any], body: dict[str, Any]) -> None:
    """What a completed discovery found keeps to what was requested."""
    results = body["results"] if isinstance(body.get("results"), list) else []
    limit, threshold = request.get("limit") or LIMIT, request.get("similarity_threshold", THRESHOLD)
    check_results(judge, "explore.discovery", str(request["company_name"]), results, body.get("total_found"), limit, threshold)
    filters = request.get("filters") or {}
    companies = [result.get("company") or {} for result in results]
    wrong = [str(company.get("name")) for company in companies if not discovery_filters.lets_through(filters, company)]
    judge.that("explore.discovery.filters", not wrong, f"results that keep to {written(filters)}", written(wrong))
    applied = {str(entry.get("field")) for entry in body.get("filters_applied") or ()}
    judge.that(
        "explore.discovery.filters_reported",
        set(filters) <= applied,
        f"filters_applied: {written(set(filters))}",
        written(applied),
    )


def check_results(judge: Judge, check: str, company: str, results: list[Any], total: Any, limit: int, threshold: float) -> None:
    """Results keep to limit and threshold, fall in their scores, and hold each company once and not the company itself."""
    names = [discovery_checks.name_of(result) for result in results]
    scores = [number(result.get("similarity_score")) for result in results]
    judge.equal(f"{check}.total", len(results), total, "total_found")
    judge.that(f"{check}.limit", len(results) <= limit, f"at most {plural(limit, 'result')}", plural(len(results), "result"))
    judge.that(
        f"{check}.threshold", all(score >= threshold for score in scores), f"scores of at least {threshold}", written(scores)
    )
    judge.that(f"{check}.order", scores == sorted(scores, reverse=True), "scores that never rise", written(scores))
    judge.that(f"{check}.once", len(set(names)) == len(names), "each company once", written(names))
    judge.that(f"{check}.no_self", company not in names, f"no result {company}", written(names))


def number(value: Any) -> float:
    """A number as it is, anything else as -1."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else -1.0
