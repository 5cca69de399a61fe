"""The outcomes and quality checks that the scenarios name: each compares what was observed with what is true."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from typing import Any, TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from theodore_qa.context import context
from theodore_qa.errors import unknown
from theodore_qa.observing.display import plural, UNFILLED, written
from theodore_qa.systems import conformance
from TheodoreLibrary import jobs, research_checks

if TYPE_CHECKING:
    from collections.abc import Callable

    from theodore_qa.observing.checks import Checks
    from TheodoreLibrary.jobs import Job

Outcome: TypeAlias = "Callable[[Checks, Job, dict[str, Any], Any], None]"
SIZES = {
    "startup": (1, 50),
    "small": (1, 250),
    "medium": (50, 1000),
    "large": (250, 10_000),
    "enterprise": (1000, 10**7),
}
INTERNALS = re.compile(  # a value that is none, or a name that was never filled in, among them
    r"Traceback|\bFile \"|Exception\b|[A-Za-z]+Error\b|<class|0x[0-9a-f]{6}|/usr/|\.py\b|" + UNFILLED.pattern
)
LEAST_DESCRIPTION = 40
RELATED = 0.4  # the least similarity of two names, as difflib measures it


def company_found(checks: Checks, job: Job, truth: dict[str, Any], expected: Any) -> None:
    """The company was found under its own domain, or was not found if it does not exist."""
    if expected:
        research_checks.finished(checks, job, "completed")
        research_checks.has_data(checks, job)
        research_checks.names_company(checks, job)
        checks.equal("research.domain", truth["domain"], (job.record or {}).get("domain"))
    else:
        checks.that(
            "research.not_found", job.status == "failed" and job.record is None, "status failed and no result", _outcome(job)
        )
        research_checks.finished(checks, job, "failed")


def _outcome(job: Job) -> str:
    found = (job.record or {}).get("name")
    return f"status {job.status}, " + (f"a result about {found}" if job.record else "no result")


def field(name: str) -> Outcome:
    """The outcome for a field of the record that must have its true value."""

    def check(checks: Checks, job: Job, truth: dict[str, Any], expected: Any) -> None:  # noqa: ARG001  # one signature for all
        checks.equal(f"quality.accuracy.{name}", truth["expected"][name], (job.record or {}).get(name))

    check.__doc__ = f"The record's {name.replace('_', ' ')} is the true one."
    return check


def competitive_analysis(checks: Checks, job: Job, truth: dict[str, Any], expected: Any) -> None:  # noqa: ARG001  # one signature for all
    """The record names the true competitors, and competitive advantages."""
    record = job.record or {}
    named = [str(competitor).casefold() for competitor in record.get("competitors") or []]
    known = [str(competitor) for competitor in truth["expected"].get("competitors", [])]
    right = [competitor for competitor in known if competitor.casefold() in named]
    checks.that(
        "research.competitors",
        bool(named) and right == known,
        ", ".join(known) or "at least 1 competitor",
        ", ".join(named) or "none",
        n=len(named),
    )
    apart = record.get("competitive_advantages") or []
    checks.that("research.competitive_advantages", bool(apart), "at least 1 advantage", ", ".join(apart) or "none", n=len(apart))


def domain_discovery(checks: Checks, job: Job, truth: dict[str, Any], expected: Any) -> None:  # noqa: ARG001  # one signature for all
    """The phase succeeded and led to the company's own domain."""
    checks.equal("research.domain", truth["domain"], (job.record or {}).get("domain"))
    phase = job.phases.get("domain_discovery", {})
    checks.that(
        "research.domain_discovery", phase.get("success") is True, "success true", f"success {written(phase.get('success'))}"
    )


def fallback_search(checks: Checks, job: Job, truth: dict[str, Any], expected: Any) -> None:  # noqa: ARG001  # one signature for all
    """A second search was made because the first one found nothing, and the phase reports it."""
    reported = (job.phases.get("domain_discovery", {}).get("output_data") or {}).get("fallback_used")
    if reported is not None:
        checks.that("research.fallback_reported", reported is True, "fallback_used true", f"fallback_used {written(reported)}")
    if job.calls is None:
        research_checks.no_links(checks, "research.fallback_search", "at least 2 searches")
        return
    made = sum(call["status"] == 200 for call in job.calls.get("search", []))  # noqa: PLR2004  # HTTP's OK
    checks.that("research.fallback_search", made >= 2, "at least 2 searches", plural(made, "search"), n=made)  # noqa: PLR2004


def graceful_error(checks: Checks, job: Job, truth: dict[str, Any], expected: Any) -> None:  # noqa: ARG001  # one signature for all
    """The failure is reported as in the contract and shows no internals, and the system is healthy afterwards."""
    research_checks.finished(checks, job, "failed")
    research_checks.one_job(checks, job)
    leak = INTERNALS.search(job.error or "")
    checks.that("research.error_without_internals", not leak, "no internals", leak[0] if leak else "none")
    health = context.system.request("GET", "/health")
    conformance.answered(checks, "api.health_status", jobs.OK, health)
    conformance.conform(checks, "api.health_contract", health)
    status = health.body.get("status") if isinstance(health.body, dict) else health.body
    checks.equal("api.health", "healthy", status)


def suggestions_provided(checks: Checks, job: Job, truth: dict[str, Any], expected: Any) -> None:  # noqa: ARG001  # one signature for all
    """The failed job suggests what the user can do next."""
    suggestions = _suggestions(job)
    checks.that(
        "research.suggestions", bool(suggestions), "at least 1 suggestion", ", ".join(suggestions) or "none", n=len(suggestions)
    )


def _suggestions(job: Job) -> list[str]:
    details = (job.state.get("progress") or {}).get("details") or {}
    return [str(suggestion) for suggestion in details.get("suggestions") or []]


def no_false_positives(checks: Checks, job: Job, truth: dict[str, Any], expected: Any) -> None:  # noqa: ARG001  # one signature for all
    """No record was invented, and nothing was analysed or stored for the company."""
    checks.that("research.not_found", job.status == "failed" and job.record is None, "status failed and no result", _outcome(job))
    if job.calls is None:
        research_checks.no_links(checks, "research.nothing_stored", "at least 1 search, 0 AI calls, 0 stored")
        return
    searches = len(job.calls.get("search", []))
    made = {link: len(job.calls.get(link, [])) for link in ("openai", "vectors")}
    holds = searches > 0 and not any(made.values())
    observed = f"{plural(searches, 'search')}, {made['openai']} AI calls, {made['vectors']} stored"
    checks.that("research.nothing_stored", holds, "at least 1 search, 0 AI calls, 0 stored", observed, n=searches)


def international_data(checks: Checks, job: Job, truth: dict[str, Any], expected: Any) -> None:  # noqa: ARG001  # one signature for all
    """Headquarters and domain are the true ones, and no text is damaged."""
    checks.equal("research.domain", truth["domain"], (job.record or {}).get("domain"))
    headquarters = str((job.record or {}).get("headquarters") or "")
    expected_place = str(truth["expected"]["headquarters"])
    checks.that(
        "quality.accuracy.headquarters",
        expected_place.casefold() in headquarters.casefold(),
        expected_place,
        headquarters or "none",
    )
    _undamaged(checks, job)


def _undamaged(checks: Checks, job: Job) -> None:
    text = str(job.record or {})
    damaged = re.findall(r"�|Ã.|â€.|\?{3,}", text)
    checks.that(
        "research.text_undamaged",
        bool(job.record) and not damaged,
        "no damaged characters",
        ", ".join(damaged[:5]) or "none",
        n=len(text),
    )


def languages(checks: Checks, job: Job, truth: dict[str, Any], expected: Any) -> None:  # noqa: ARG001  # one signature for all
    """The record holds facts that only pages in another language have, in their own script."""
    text = str(job.record or {})
    facts = [(language, fact) for language, fields in truth.get("only_in", {}).items() for fact in _flat(fields)]
    missing = [f"{fact} ({language})" for language, fact in facts if fact not in text]
    observed = f"missing: {', '.join(missing)}" if missing else f"{len(facts)} of {len(facts)} facts"
    checks.that("research.languages", bool(facts) and not missing, ", ".join(fact for _, fact in facts), observed, n=len(facts))


def _flat(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in _flat(part)]
    if isinstance(value, list):
        return [text for part in value for text in _flat(part)]
    return [str(value)]


def cultural_context(checks: Checks, job: Job, truth: dict[str, Any], expected: Any) -> None:  # noqa: ARG001  # one signature for all
    """The summary keeps the company's own terms in its own language."""
    summary = str((job.record or {}).get("ai_summary") or "")
    mentions = [str(mention) for mention in truth.get("summary_mentions", [])]
    missing = [mention for mention in mentions if mention not in summary]
    checks.that(
        "research.summary_mentions",
        bool(mentions) and not missing,
        ", ".join(mentions),
        f"missing: {', '.join(missing)}" if missing else f"{len(mentions)} of {len(mentions)} mentions",
        n=len(mentions),
    )


def name_accuracy(checks: Checks, job: Job, truth: dict[str, Any], expected: Any) -> None:  # noqa: ARG001  # one signature for all
    """The record's name is the company's, apart from its legal form."""
    observed = str((job.record or {}).get("name") or "")
    true_words = research_checks.words(str(truth["name"]))
    record_words = research_checks.words(observed)
    checks.that(
        "quality.accuracy.name",
        bool(record_words) and (record_words <= true_words or true_words <= record_words),
        truth["name"],
        observed or "none",
    )


def website(checks: Checks, job: Job, truth: dict[str, Any], expected: Any) -> None:  # noqa: ARG001  # one signature for all
    """The record's website is the company's."""
    host = (urlsplit(str((job.record or {}).get("website") or "")).hostname or "").removeprefix("www.")
    checks.equal("quality.accuracy.website", truth["domain"], host)
    checks.equal("research.domain", truth["domain"], (job.record or {}).get("domain"))


def description(checks: Checks, job: Job, truth: dict[str, Any], expected: Any) -> None:  # noqa: ARG001  # one signature for all
    """The description is a sentence about this company, long enough to say something."""
    text = str((job.record or {}).get("description") or "")
    checks.that(
        "quality.description_length",
        len(text) >= LEAST_DESCRIPTION,
        f"at least {LEAST_DESCRIPTION} characters",
        f"{len(text)} characters",
    )
    named = any(word in text.casefold() for word in research_checks.words(str(truth["name"])))
    checks.that("quality.description_names_company", named, f"a word of {truth['name']}", text or "no description")


def relevance(checks: Checks, job: Job, truth: dict[str, Any], expected: Any) -> None:  # noqa: ARG001  # one signature for all
    """Only pages of the company itself were used."""
    checks.equal("research.domain", truth["domain"], (job.record or {}).get("domain"))
    research_checks.own_pages(checks, job)


def validation(checks: Checks, job: Job, truth: dict[str, Any], expected: Any) -> None:
    """The record is about the requested company."""
    research_checks.names_company(checks, job)
    name_accuracy(checks, job, truth, expected)


def consistency(checks: Checks, job: Job, truth: dict[str, Any], expected: Any) -> None:  # noqa: ARG001  # one signature for all
    """The record does not contradict itself."""
    record = job.record or {}
    host = (urlsplit(str(record.get("website") or "")).hostname or "").removeprefix("www.")
    checks.that(
        "quality.consistency.website",
        bool(host) and host == record.get("domain"),
        f"a website on {record.get('domain')}",
        host or "no website",
    )
    size, staff = record.get("company_size"), record.get("employee_count")
    if staff is not None and size in SIZES:
        low, high = SIZES[size]
        checks.that(
            "quality.consistency.size",
            low <= staff <= high,
            f"{low} to {plural(high, 'employee')} for the size {size}",
            plural(staff, "employee"),
        )
    year = record.get("founded_year")
    if year is not None:
        this = dt.datetime.now(dt.UTC).year
        checks.that("quality.consistency.founded", 1600 < year <= this, f"a founding year from 1600 to {this}", year)  # noqa: PLR2004  # no company is older
    score = record.get("confidence_score")
    checks.that(
        "quality.consistency.confidence", isinstance(score, int | float) and 0 <= score <= 1, "a confidence of 0 to 1", score
    )
    research_checks.fresh_end(checks, job, record.get("last_updated"))
    depth = "deep" if job.request.get("deep_analysis") else "standard"
    checks.equal("research.depth", depth, record.get("research_depth"))


def clear_error(checks: Checks, job: Job, truth: dict[str, Any], expected: Any) -> None:  # noqa: ARG001  # one signature for all
    """The error names the requested company, says what to do, and shows no internals."""
    text = job.error or ""
    checks.that(
        "research.error_names_company", job.company in text, f"an error that names {job.company}", text or "no error text"
    )
    advice = re.search(r"\b(check|give|try|did you mean)\b", text, re.IGNORECASE)
    checks.that("research.error_advises", bool(advice), "advice such as check, give or try", text or "no error text")
    leak = INTERNALS.search(text)
    checks.that(
        "research.error_without_internals",
        bool(text) and not leak,
        "no internals",
        leak[0] if leak else text or "no error text",
    )


def relevant_suggestions(checks: Checks, job: Job, truth: dict[str, Any], expected: Any) -> None:  # noqa: ARG001  # one signature for all
    """Each suggestion is a similar name or a sentence with advice, and none is the name that was not found."""
    suggestions = _suggestions(job)
    irrelevant = [
        suggestion
        for suggestion in suggestions
        if suggestion == job.company
        or (not (" " in suggestion and suggestion.endswith(".")) and _likeness(suggestion, job.company) < RELATED)
    ]
    checks.that(
        "research.suggestions_relevant",
        bool(suggestions) and not irrelevant,
        "similar names, or sentences with advice",
        ", ".join(irrelevant or suggestions) or "none",
        n=len(suggestions),
    )


def _likeness(first: str, second: str) -> float:
    return difflib.SequenceMatcher(None, first.casefold(), second.casefold()).ratio()


def facts(checks: Checks, job: Job, truth: dict[str, Any], expected: Any) -> None:
    """Founding year and headquarters are the true ones."""
    field("founded_year")(checks, job, truth, expected)
    international_data(checks, job, truth, expected)


def language_quality(checks: Checks, job: Job, truth: dict[str, Any], expected: Any) -> None:
    """Facts in other languages are complete and undamaged."""
    languages(checks, job, truth, expected)
    _undamaged(checks, job)


OUTCOMES: dict[str, Outcome] = {
    "company_found": company_found,
    "industry_identified": field("industry"),
    "business_model_detected": field("business_model"),
    "competitive_analysis": competitive_analysis,
    "domain_discovery_success": domain_discovery,
    "fallback_search_utilized": fallback_search,
    "error_handling_graceful": graceful_error,
    "fallback_suggestions_provided": suggestions_provided,
    "no_false_positives": no_false_positives,
    "international_data_handling": international_data,
    "multi_language_processing": languages,
    "cultural_context_awareness": cultural_context,
}
QUALITY: dict[str, Outcome] = {
    "company_name_accuracy": name_accuracy,
    "industry_classification_accuracy": field("industry"),
    "business_model_detection": field("business_model"),
    "website_extraction": website,
    "description_quality": description,
    "domain_discovery_accuracy": domain_discovery,
    "search_result_relevance": relevance,
    "company_validation": validation,
    "data_consistency": consistency,
    "false_positive_prevention": no_false_positives,
    "error_message_clarity": clear_error,
    "suggestion_relevance": relevant_suggestions,
    "international_data_accuracy": facts,
    "language_processing_quality": language_quality,
    "cultural_context_preservation": cultural_context,
}


def named(name: str, among: dict[str, Outcome], kind: str) -> Outcome:
    """The outcome of this name; an unknown one is an error with the nearest."""
    key = name.strip().lower().replace(" ", "_")
    if key not in among:
        raise unknown(kind, name, among)
    return among[key]
