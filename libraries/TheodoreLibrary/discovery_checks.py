"""Checks of a discovery: each function adds to a collection of checks."""

from __future__ import annotations

import json
import math
from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import plural, written
from TheodoreLibrary import grounding, research_checks
from TheodoreLibrary.jobs import OK

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks
    from TheodoreLibrary.jobs import Job

THRESHOLD, LIMIT = 0.6, 10
NAMED_FIELDS = ("industry", "business_model", "company_size", "company_stage")  # whose values are single words
MOST_SHOWN = 3
ROUNDING = 0.001  # scores and factors have three decimals
FOUND_BY = "found by vector database, perplexity, tavily, search droid, google search, web search, manual research"
DESCRIBED = ("industry", "business_model", "company_size", "founded_year", "employee_count", "headquarters")
UNKNOWN, NOT_A_FIELD = (None, "", "unknown"), "no field"
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
    """Results keep to limit and threshold, are in order, hold each company once and not the company itself, and are explained.

    Args:
        checks: that the observations are added to.
        company: that others are similar to.
        results: of the discovery, in their order.
        total: the number of results that the system reports.
        limit: the most results.
        threshold: the least score, from 0 to 1.
        explained: whether explanations were requested.
    """
    count = len(results)
    checks.that("discovery.limit", count <= limit, f"at most {plural(limit, 'result')}", plural(count, "result"), n=count)
    _valid_scores(checks, results, threshold)
    _distinct_companies(checks, company, results)
    checks.that("discovery.total", total == count, f"total_found {count}", f"total_found {total}", n=count)
    if explained:
        _explained(checks, company, results)
    _factors(checks, results)


def _valid_scores(checks: Checks, results: list[dict[str, Any]], threshold: float) -> None:
    """Each score is a number from the threshold to 1, and none is above the one before it."""
    found, count = names(results), len(results)
    scores = [result.get("similarity_score") for result in results]
    numbers = [score for score in scores if isinstance(score, int | float) and not isinstance(score, bool)]
    low = [f"{name} {score}" for name, score in zip(found, scores, strict=True) if score not in numbers or score < threshold]
    checks.that("discovery.threshold", not low, f"scores of at least {threshold}", ", ".join(low) or _range(numbers), n=count)
    high = [score for score in numbers if not 0 <= score <= 1]
    checks.that("discovery.scores", len(numbers) == count and not high, "scores between 0 and 1", _range(numbers), n=count)
    checks.that(
        "discovery.order",
        numbers == sorted(numbers, reverse=True),
        "scores that never rise",
        " → ".join(map(str, scores)) or "no scores",
        n=count,
    )


def _distinct_companies(checks: Checks, company: str, results: list[dict[str, Any]]) -> None:
    """Each result is a usable company, each another one, and none the company itself."""
    found, count = names(results), len(results)
    itself = [name for name in found if research_checks.words(name) == research_checks.words(company)]
    checks.that(
        "discovery.no_self", not itself, f"no result named {company}", ", ".join(itself or found) or "no results", n=count
    )
    keys = [(result.get("company") or {}).get("domain") or name_of(result) for result in results]
    twice = sorted({key for key in keys if keys.count(key) > 1} | {name for name in found if found.count(name) > 1})
    checks.that("discovery.no_duplicates", not twice, "each company once", ", ".join(twice) or plural(count, "company"), n=count)
    unusable = [
        name for name, key, result in zip(found, keys, results, strict=True) if not _is_company(result.get("company"), key)
    ]
    observed = ", ".join(unusable) or f"{count} of {count} companies"
    checks.that(
        "discovery.companies", not unusable, "a name, a domain and the website of that domain for each company", observed, n=count
    )


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
        f"no such explanation for {', '.join(wrong)}" if wrong else f"{len(results)} of {len(results)} explanations",
        n=len(results),
    )
    invented = [
        f"'{sentence}' of {name_of(result)} ({why})" for result in results for sentence, why in _unsupported(result, company)
    ]
    checks.that(
        "discovery.explanations_grounded",
        not invented,
        "no explanation or reason beyond the words and numbers of the records and factors",
        "; ".join(invented[:MOST_SHOWN]) or f"0 such sentences in {plural(len(results), 'result')}",
        n=len(results),
    )


def _unsupported(result: dict[str, Any], company: str) -> list[tuple[str, str]]:
    """Sentences of an explanation that neither the record nor the factors of its result support, each with the reason."""
    factors = {name: value for name, value in (result.get("similarity_factors") or {}).items() if isinstance(value, int | float)}
    shares = [value for value in (*factors.values(), result.get("similarity_score")) if isinstance(value, int | float)]
    percent = [str(way(100 * share)) for share in shares for way in (math.floor, math.ceil)]
    record = json.dumps(result.get("company"), ensure_ascii=False)
    known = grounding.Texts([record, company, FOUND_BY, *factors, *percent, *map(str, shares)])
    claims = [*grounding.sentences(str(result.get("similarity_explanation") or "")), *map(str, result.get("match_reasons") or ())]
    of = result.get("company") or {}
    return [(claim, reason) for claim in claims if (reason := known.lacking(claim) or _misplaced(claim, of))]


def _misplaced(claim: str, company: dict[str, Any]) -> str:
    """Why a claim about a field by its name, such as ``business model: both saas``, is not about the company's value of it."""
    for field in NAMED_FIELDS:
        value = company.get(field)
        _, named, stated = claim.casefold().partition(f"{field.replace('_', ' ')}:")
        if named and isinstance(value, str) and _letters(value) not in _letters(stated.partition(";")[0]):
            return f"the company's {field} is {value}"
    return ""


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def described(checks: Checks, results: list[dict[str, Any]], truths: list[dict[str, Any]]) -> None:
    """Results describe the companies that are among the truths truly."""
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
    condition = "the true value of each described field"
    if not known:
        checks.not_evaluated("discovery.described", condition, "none of the companies that were found is known to the truth")
        return
    observed = "; ".join(wrong[:MOST_SHOWN]) + (f"; and {len(wrong) - MOST_SHOWN} more" if len(wrong) > MOST_SHOWN else "")
    checks.that(
        "discovery.described", not wrong, condition, observed or f"true values for {plural(len(known), 'company')}", n=len(known)
    )


def grounded(checks: Checks, job: Job) -> None:
    """The pages that were fetched of a company support what its match says, field by field."""
    expected = "no fact or sentence of a match that no page of its own site supports"
    if job.calls is None:
        research_checks.no_links(checks, "discovery.grounded", expected)
        return
    pages: dict[str, list[str]] = {}
    for call in job.calls.get("web", []):
        if call["status"] == OK and call.get("body"):
            pages.setdefault(research_checks.host(f"//{call['host']}"), []).append(call["body"])
    read = [company for company in (result.get("company") or {} for result in job.results) if company.get("domain") in pages]
    if not read:
        checks.not_evaluated("discovery.grounded", expected, "no site of a match was read in this discovery")
        return
    invented = [
        f"{company.get('name')}: {phrase}"
        for company in read
        for phrase in grounding.ungrounded(company, grounding.Texts(pages[company["domain"]]))
    ]
    more = f"; and {len(invented) - MOST_SHOWN} more" if len(invented) > MOST_SHOWN else ""
    observed = "; ".join(invented[:MOST_SHOWN]) + more
    checks.that("discovery.grounded", not invented, expected, observed or f"0 in {plural(len(read), 'match')}", n=len(read))


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
        if not parts or not isinstance(score, int | float) or not min(parts) - ROUNDING <= score <= max(parts) + ROUNDING:
            wrong.append(name_of(result))
    checks.that(
        "discovery.factors",
        not wrong,
        "each score between its least and greatest factor",
        f"another score for {', '.join(wrong)}" if wrong else f"{len(results)} of {len(results)} scores",
        n=len(results),
    )
    unfounded = [
        f"{name} {value} of {name_of(result)}"
        for result in results
        for name, value in (result.get("similarity_factors") or {}).items()
        if value and (result.get("company") or {}).get(name, NOT_A_FIELD) in UNKNOWN
    ]
    observed = "; ".join(unfounded[:MOST_SHOWN]) or f"none in {plural(len(results), 'result')}"
    checks.that("discovery.factors_of_unknown", not unfounded, "no likeness in what is not known", observed, n=len(results))


def completed(checks: Checks, job: Job) -> None:
    """The discovery was completed, and its times agree with that."""
    checks.equal("discovery.status", "completed", job.status)
    checks.equal("discovery.query", job.company, job.state.get("query_company"))
    checks.that("discovery.no_error", not job.error, "no error", job.error or "no error")
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
    """The phases report the calls that were made, and their numbers of candidates add up to those that were ranked."""
    outputs = {name: phase.get("output_data") or {} for name, phase in job.phases.items()}
    vector, on_web, ranking = (outputs.get(name, {}) for name in PHASES[1:])
    queried = {"vector_search": vector.get("asked"), "web_discovery": on_web.get("asked")}
    checks.equal("discovery.phases_asked", {"vector_search": vectors, "web_discovery": web}, queried)
    target = outputs.get(PHASES[0], {})
    domain, second = target.get("domain"), target.get("fallback_used")
    usable = isinstance(second, bool) and (domain is None or "." in str(domain))
    checks.that("discovery.phases_target", usable, "a domain or none, and fallback_used true or false", target)
    reported = [
        vector.get("candidates"),
        on_web.get("candidates"),
        ranking.get("candidates"),
        ranking.get("over_threshold"),
    ]
    counts = [count for count in reported if isinstance(count, int)]
    right = len(counts) == len(reported) and counts[0] + counts[1] == counts[2] >= counts[3] >= len(job.results)
    condition = f"vectors + web = ranked candidates, at least {len(job.results)} of them above the threshold"
    observed = "{} + {}, ranked {}, above the threshold {}".format(*map(written, reported))
    checks.that("discovery.phases_candidates", right, condition, observed, n=len(reported))


def operators_fit(checks: Checks, applied: dict[Any, dict[str, Any]]) -> None:
    """Each reported filter names an operator that fits it."""
    wrong = [
        f"{name} {entry.get('operator')}" for name, entry in applied.items() if entry.get("operator") not in _operators(str(name))
    ]
    observed = ", ".join(wrong or (f"{name} {entry.get('operator')}" for name, entry in applied.items()))
    checks.that("discovery.filters_operators", not wrong, "an operator that fits each filter", observed, n=len(applied))


def _operators(name: str) -> tuple[str, ...]:
    if name.endswith("_after") or name.startswith("min_"):
        return (">=", "gte", "ge", "greater_than_or_equal")
    if name.endswith("_before") or name.startswith("max_"):
        return ("<=", "lte", "le", "less_than_or_equal")
    if name.startswith("exclude"):
        return ("not in", "not_in", "nin", "exclude")
    return ("in", "contains", "equals", "==", "eq")


def included(checks: Checks, results: list[dict[str, Any]], expected: list[str]) -> None:
    """All expected companies are among the results."""
    found = names(results)
    missing = [name for name in expected if name not in found]
    observed = f"missing: {', '.join(missing)} (found: {', '.join(found) or 'nothing'})" if missing else ", ".join(found)
    checks.that("discovery.includes", not missing, ", ".join(expected), observed, n=len(expected))


def excluded(checks: Checks, results: list[dict[str, Any]], unwanted: list[str]) -> None:
    """No unwanted company is among the results, and there are results."""
    found = names(results)
    present = [name for name in unwanted if name in found]
    checks.that("discovery.found_something", bool(found), "at least one result", plural(len(found), "result"), n=len(found))
    checks.that(
        "discovery.excludes",
        not present,
        f"none of {', '.join(unwanted)}",
        ", ".join(present or found) or "no results",
        n=len(found),
    )
