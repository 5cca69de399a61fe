"""What can be said of a discovery from what was observed: each function adds its checks to a collection."""

from __future__ import annotations

import json
import math
from typing import Any, TYPE_CHECKING

from TheodoreLibrary import grounding, research_checks

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks
    from TheodoreLibrary.jobs import Job

THRESHOLD, LIMIT = 0.6, 10
MOST_SHOWN = 3
FOUND_BY = "found by vector database, perplexity, tavily, search droid, google search, web search, manual research"
DESCRIBED = ("industry", "business_model", "company_size", "founded_year", "employee_count", "headquarters")
PHASES = ("target_profile", "vector_search", "web_discovery", "ranking")


def name_of(result: dict[str, Any]) -> str:
    """The name of the company that a result is about."""
    company = result.get("company")
    return str(company.get("name")) if isinstance(company, dict) else "no company"


def names(results: list[dict[str, Any]]) -> list[str]:
    """The names of the companies that were found, in their order."""
    return [name_of(result) for result in results]


def valid_results(
    checks: Checks,
    company: str,
    results: list[dict[str, Any]],
    total: Any,
    *,
    limit: int,
    threshold: float,
    explained: bool = True,
) -> None:
    """The results keep to what was asked, are in order, without the company itself and without doubles, and say why."""
    found = names(results)
    scores = [result.get("similarity_score") for result in results]
    numbers = [score for score in scores if isinstance(score, int | float) and not isinstance(score, bool)]
    count = len(results)
    checks.that("discovery.limit", count <= limit, f"at most {limit} results", f"{count} results", n=count)
    low = [f"{name} {score}" for name, score in zip(found, scores, strict=True) if score not in numbers or score < threshold]
    checks.that("discovery.threshold", not low, f"scores of at least {threshold}", ", ".join(low) or _range(numbers), n=count)
    high = [score for score in numbers if not 0 <= score <= 1]
    checks.that("discovery.scores", len(numbers) == count and not high, "scores between 0 and 1", _range(numbers), n=count)
    checks.that(
        "discovery.order",
        numbers == sorted(numbers, reverse=True),
        "the most similar first",
        ", ".join(map(str, scores)),
        n=count,
    )
    itself = [name for name in found if research_checks.words(name) == research_checks.words(company)]
    checks.that("discovery.no_self", not itself, f"{company} not among them", ", ".join(itself) or "it is not", n=count)
    keys = [(result.get("company") or {}).get("domain") or name_of(result) for result in results]
    twice = sorted({key for key in keys if keys.count(key) > 1} | {name for name in found if found.count(name) > 1})
    checks.that("discovery.no_duplicates", not twice, "each company once", ", ".join(twice) or f"{count} companies", n=count)
    unusable = [
        name for name, key, result in zip(found, keys, results, strict=True) if not _is_company(result.get("company"), key)
    ]
    observed = ", ".join(unusable) or "all"
    checks.that("discovery.companies", not unusable, "a name, a domain and the website of that domain", observed, n=count)
    checks.that("discovery.total", total == count, f"a total of {count}", total, n=count)
    if explained:
        _explained(checks, company, results)
    _factors(checks, results)


def _is_company(company: Any, domain: Any) -> bool:
    if not isinstance(company, dict) or not company.get("name") or "." not in str(domain):
        return False
    return (
        str(company.get("website") or "")
        .removeprefix("https://")
        .removeprefix("http://")
        .removeprefix("www.")
        .startswith(str(domain))
    )


def _range(scores: list[Any]) -> str:
    return f"{min(scores)} to {max(scores)}" if scores else "no scores"


def _explained(checks: Checks, company: str, results: list[dict[str, Any]]) -> None:
    wrong = []
    for result in results:
        text, name = str(result.get("similarity_explanation") or ""), name_of(result)
        if (
            name not in text
            or not research_checks.words(company) & research_checks.words(text)
            or not result.get("match_reasons")
        ):
            wrong.append(name)
    checks.that(
        "discovery.explanations",
        not wrong,
        "an explanation that names both companies, with reasons",
        f"not so for {', '.join(wrong)}" if wrong else "all have one",
        n=len(results),
    )
    invented = [
        f"'{sentence}' of {name_of(result)} ({why})" for result in results for sentence, why in _unsupported(result, company)
    ]
    checks.that(
        "discovery.explanations_grounded",
        not invented,
        "explanations and reasons in words and numbers of the records and factors",
        "; ".join(invented[:MOST_SHOWN]) or "all are",
        n=len(results),
    )


def _unsupported(result: dict[str, Any], company: str) -> list[tuple[str, str]]:
    """What an explanation and its reasons say that neither the match's record nor its factors do."""
    factors = {name: value for name, value in (result.get("similarity_factors") or {}).items() if isinstance(value, int | float)}
    shares = [value for value in (*factors.values(), result.get("similarity_score")) if isinstance(value, int | float)]
    percent = [str(way(100 * share)) for share in shares for way in (math.floor, math.ceil)]
    record = json.dumps(result.get("company"), ensure_ascii=False)
    known = grounding.Texts([record, company, FOUND_BY, *factors, *percent, *map(str, shares)])
    claims = [*grounding.sentences(str(result.get("similarity_explanation") or "")), *map(str, result.get("match_reasons") or ())]
    return [(sentence, reason) for sentence in claims if (reason := known.lacking(sentence))]


def described(checks: Checks, results: list[dict[str, Any]], truths: list[dict[str, Any]]) -> None:
    """What results say of companies that the truth knows is true."""
    by_name = {str(truth["name"]).casefold(): truth for truth in truths if truth.get("expected")}
    known = [
        (result.get("company") or {}, by_name[name_of(result).casefold()])
        for result in results
        if name_of(result).casefold() in by_name
    ]
    wrong = []
    for company, truth in known:
        expected = {"domain": truth.get("domain"), **{name: truth["expected"].get(name) for name in DESCRIBED}}
        reported = {name: company.get(name) for name, value in expected.items() if value is not None}
        wrong += [f"{truth['name']}: {name} {value}" for name, value in reported.items() if not _is(value, expected[name])]
    condition = "what is true of each company"
    if not known:
        checks.not_evaluated("discovery.described", condition, "none of the companies that were found is known to the truth")
        return
    observed = "; ".join(wrong[:MOST_SHOWN]) + (f"; and {len(wrong) - MOST_SHOWN} more" if len(wrong) > MOST_SHOWN else "")
    checks.that("discovery.described", not wrong, condition, observed or f"all {len(known)} are", n=len(known))


def _is(value: Any, true: Any) -> bool:
    if isinstance(true, str):
        return isinstance(value, str) and true.casefold() in value.casefold()
    return bool(value == true)


def _factors(checks: Checks, results: list[dict[str, Any]]) -> None:
    """A score is a weighted mean of its factors, so it lies between the least and the greatest of them."""
    wrong = []
    for result in results:
        parts = [value for value in (result.get("similarity_factors") or {}).values() if isinstance(value, int | float)]
        score = result.get("similarity_score")
        if not parts or not isinstance(score, int | float) or not min(parts) - 0.001 <= score <= max(parts) + 0.001:
            wrong.append(name_of(result))
    checks.that(
        "discovery.factors",
        not wrong,
        "scores between their least and greatest factor",
        f"not so for {', '.join(wrong)}" if wrong else "all",
        n=len(results),
    )


def completed(checks: Checks, job: Job) -> None:
    """The discovery was completed, and its times go with that."""
    checks.equal("discovery.status", "completed", job.status)
    checks.equal("discovery.query", job.company, job.state.get("query_company"))
    checks.that("discovery.no_error", not job.error, "no error", job.error)
    succeeded = {name: phase.get("success") is True and (phase.get("duration_ms") or 0) > 0 for name, phase in job.phases.items()}
    complete = tuple(succeeded) == PHASES and all(succeeded.values())
    checks.that(
        "discovery.phases",
        complete,
        ", ".join(PHASES),
        ", ".join(name for name, done in succeeded.items() if done),
        n=len(succeeded),
    )
    research_checks.fresh_end(checks, job, job.state.get("completed_at"))


def phases_agree(checks: Checks, job: Job, *, vectors: bool, web: bool) -> None:
    """What the phases say they asked is what was called, and their numbers of candidates add up to what was ranked."""
    outputs = {name: phase.get("output_data") or {} for name, phase in job.phases.items()}
    vector, on_web, ranking = (outputs.get(name, {}) for name in PHASES[1:])
    queried = {"vector_search": vector.get("asked"), "web_discovery": on_web.get("asked")}
    checks.equal("discovery.phases_asked", {"vector_search": vectors, "web_discovery": web}, queried)
    target = outputs.get(PHASES[0], {})
    domain, second = target.get("domain"), target.get("fallback_used")
    usable = isinstance(second, bool) and (domain is None or "." in str(domain))
    checks.that("discovery.phases_target", usable, "the company's domain, and whether a second search found it", target)
    reported = [
        vector.get("candidates"),
        on_web.get("candidates"),
        ranking.get("candidates"),
        ranking.get("over_threshold"),
    ]
    counts = [count for count in reported if isinstance(count, int)]
    right = len(counts) == len(reported) and counts[0] + counts[1] == counts[2] >= counts[3] >= len(job.results)
    condition = f"candidates of both that add up, and of them at least {len(job.results)} above the threshold"
    checks.that("discovery.phases_candidates", right, condition, reported, n=len(reported))


def operators_fit(checks: Checks, applied: dict[Any, dict[str, Any]]) -> None:
    """Each filter that is told names an operator that says which way it works."""
    wrong = [
        f"{name} {entry.get('operator')}" for name, entry in applied.items() if entry.get("operator") not in _operators(str(name))
    ]
    observed = ", ".join(wrong) or "all do"
    checks.that("discovery.filters_operators", not wrong, "operators that say how each filter works", observed, n=len(applied))


def _operators(name: str) -> tuple[str, ...]:
    if name.endswith("_after") or name.startswith("min_"):
        return (">=", "gte", "ge", "greater_than_or_equal")
    if name.endswith("_before") or name.startswith("max_"):
        return ("<=", "lte", "le", "less_than_or_equal")
    if name.startswith("exclude"):
        return ("not in", "not_in", "nin", "exclude")
    return ("in", "contains", "equals", "==", "eq")


def included(checks: Checks, results: list[dict[str, Any]], expected: list[str]) -> None:
    """Each of ``expected`` was found."""
    found = names(results)
    missing = [name for name in expected if name not in found]
    observed = f"missing: {', '.join(missing)} (found: {', '.join(found) or 'nothing'})" if missing else ", ".join(found)
    checks.that("discovery.includes", not missing, ", ".join(expected), observed, n=len(expected))


def excluded(checks: Checks, results: list[dict[str, Any]], unwanted: list[str]) -> None:
    """None of ``unwanted`` was found, although something was."""
    found = names(results)
    present = [name for name in unwanted if name in found]
    checks.that("discovery.found_something", bool(found), "at least one result", f"{len(found)} results", n=len(found))
    checks.that(
        "discovery.excludes", not present, f"without {', '.join(unwanted)}", ", ".join(present) or "without", n=len(found)
    )


def filtered(checks: Checks, filters: dict[str, Any], results: list[dict[str, Any]], without: list[dict[str, Any]]) -> None:
    """Every result is what the filters ask for, nothing that they let through is missing, and they did shut something out."""
    wrong = [name_of(result) for result in results if not lets_through(filters, result.get("company") or {})]
    checks.that(
        "discovery.filters", not wrong, _conditions(filters), f"not: {', '.join(wrong)}" if wrong else "all are", n=len(results)
    )
    should = [name_of(result) for result in without if lets_through(filters, result.get("company") or {})]
    missing = sorted(set(should) - set(names(results)))
    checks.that(
        "discovery.filters_keep",
        not missing,
        f"all {len(should)} that the filters let through",
        f"missing: {', '.join(missing)}" if missing else "all",
        n=len(without),
    )
    out = len(without) - len(should)
    if not out:
        checks.not_evaluated(
            "discovery.filters_tried", "something that the filters shut out", f"they let through all {len(without)} results"
        )
        return
    checks.that("discovery.filters_tried", out > 0, "something that the filters shut out", f"{out} shut out", n=len(without))


def _conditions(filters: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in filters.items())


def lets_through(filters: dict[str, Any], company: dict[str, Any]) -> bool:
    """Whether a company is what the contract's filters ask for; what is not known of it is not."""
    return all(_FILTERS[name](company, value) for name, value in filters.items() if name in _FILTERS)


def _one_of(field: str) -> Any:
    return lambda company, allowed: company.get(field) in allowed


def _at_least(field: str) -> Any:
    return lambda company, least: isinstance(company.get(field), int) and company[field] >= least


def _at_most(field: str) -> Any:
    return lambda company, most: isinstance(company.get(field), int) and company[field] <= most


def _located(company: dict[str, Any], locations: list[str]) -> bool:
    text = f"{company.get('headquarters')} {company.get('locations')}".casefold()
    return any(location.casefold() in text for location in locations)


def _mentions(company: dict[str, Any], words: list[str]) -> list[bool]:
    text = " ".join(str(value) for value in company.values()).casefold()
    return [word.casefold() in text for word in words]


_FILTERS: dict[str, Any] = {
    "business_model": _one_of("business_model"),
    "company_size": _one_of("company_size"),
    "tech_sophistication": _one_of("tech_sophistication"),
    "industry": _one_of("industry"),
    "location": _located,
    "founded_after": _at_least("founded_year"),
    "founded_before": _at_most("founded_year"),
    "min_employees": _at_least("employee_count"),
    "max_employees": _at_most("employee_count"),
    "exclude_companies": lambda company, names: company.get("name") not in names,
    "include_keywords": lambda company, words: all(_mentions(company, words)),
    "exclude_keywords": lambda company, words: not any(_mentions(company, words)),
}
FILTERS = (*_FILTERS, "exclude_competitors")
LISTS = (
    "business_model",
    "company_size",
    "tech_sophistication",
    "industry",
    "location",
    "exclude_companies",
    "include_keywords",
    "exclude_keywords",
)
