"""Keywords for finding similar companies."""

from __future__ import annotations

from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any
from urllib.parse import urlencode

from assertionengine import AssertionOperator  # Robot converts arguments by these hints
from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import QaError, unknown, UsageError
from theodore_qa.log import log_table
from theodore_qa.observing.assertions import asserted
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import conformance
from theodore_qa.timing import show
from TheodoreLibrary import discovery_checks, jobs, research_checks
from TheodoreLibrary.jobs import Job  # Robot converts arguments by these hints

TIMEOUT = timedelta(seconds=60)
SOURCES = ("vector", "web")
ARGUMENTS = ("limit", "threshold", "sources", "identity", "timeout")


class DiscoveryKeywords:
    """Discoveries, what they should have found, and suggestions."""

    @keyword(tags=("discovery",))
    def discover_similar_companies(
        self,
        company: str,
        *,
        limit: int = discovery_checks.LIMIT,
        threshold: float = discovery_checks.THRESHOLD,
        sources: str = "",
        identity: str | None = None,
        timeout: timedelta = TIMEOUT,  # not asynchronous
        **filters: str,
    ) -> Job:
        """Looks for companies similar to one, follows the job to its end, and checks its answers by the contract.

        A misspelt filter is answered with the nearest one.

        Args:
            company: The company's name.
            limit: How many at most, 1 to 100; 10 by default.
            threshold: How similar at least, 0 to 1; 0.6 by default.
            sources: Vector, web, or both by default.
            identity: Who asks; the first identity of the environment by default.
            timeout: How long it may take; 60 seconds by default.
            filters: The contract's filters by name: ``industry=finance, retail`` or ``max_employees=5000``.

        Returns:
            The discovery, which may have failed; ``${discovery.results}`` can be read.

        Example:

        ```robotframework
        ${discovery} =    Discover Similar Companies    Stripe    limit=5    industry=finance
        Results Should Be Sound    ${discovery}
        ```
        """
        preferred = [source.strip() for source in sources.split(",") if source.strip()]
        for source in preferred:
            if source not in SOURCES:
                raise unknown("source", source, SOURCES)
        requested = {name: _filter(name, value) for name, value in filters.items()}
        job = jobs.start(
            company,
            identity,
            jobs.DISCOVERY,
            limit=limit,
            similarity_threshold=threshold,
            filters=requested or None,
            source_preference=preferred or None,
        )
        accepted = Checks("Discovery accepted", company)
        research_checks.accepted(accepted, job)
        accepted.conclude()
        jobs.follow(job, timeout.total_seconds())
        _show(job)
        checks = Checks("Discovery followed", company)
        research_checks.one_job(checks, job)
        checks.conclude()
        return job

    @keyword(tags=("discovery",))
    def discover_quickly(
        self,
        company: str,
        *,
        limit: int = discovery_checks.LIMIT,
        threshold: float = discovery_checks.THRESHOLD,
        identity: str | None = None,
    ) -> list[str]:
        """Asks for similar companies at once, checks the answer and its results, and returns the names.

        Args:
            company: The company's name.
            limit: How many at most, 1 to 50; 10 by default.
            threshold: How similar at least, 0 to 1; 0.6 by default.
            identity: Who asks; the first identity of the environment by default.

        Example:

        ```robotframework
        ${names} =    Discover Quickly    Figma    limit=3
        ```
        """
        query = urlencode({"company_name": company, "limit": limit, "similarity_threshold": threshold})
        answer = context.system.request("GET", f"/discover/quick?{query}", token=context.system.token(identity))
        checks = Checks("Quick discovery", company)
        conformance.conform(checks, "discovery.quick_contract", answer)
        checks.equal("discovery.quick_status", jobs.OK, answer.status)
        body = answer.object()
        results = list(body.get("results") or [])
        checks.equal("discovery.query", company, body.get("query_company"))
        checks.equal("discovery.quick_threshold", float(threshold), body.get("similarity_threshold"))
        discovery_checks.valid_results(checks, company, results, body.get("total_found"), limit=limit, threshold=threshold)
        checks.conclude()
        return discovery_checks.names(results)

    @keyword(tags=("discovery",))
    def results_should_be_sound(self, discovery: Job, *, at_least: int = 1) -> None:
        """Checks everything that holds for any discovery that was completed.

        Not more than the limit, none below the threshold, the most similar first, no company twice, not the company itself,
        scores between their factors, an explanation of each that names both companies, and a total that is right.

        Args:
            discovery: What `Discover Similar Companies` returned.
            at_least: How many results there must be; 1 by default.

        Example:

        ```robotframework
        ${discovery} =    Discover Similar Companies    Stripe    limit=5
        Results Should Be Sound    ${discovery}    at_least=3
        ```
        """
        request = discovery.request
        checks = Checks("Results", discovery.company)
        discovery_checks.completed(checks, discovery)
        count = len(discovery.results)
        checks.that("discovery.count", count >= at_least, f"at least {at_least} results", f"{count} results", n=count)
        total = discovery.state.get("total_found")
        limit, threshold = request["limit"], request["similarity_threshold"]
        discovery_checks.valid_results(checks, discovery.company, discovery.results, total, limit=limit, threshold=threshold)
        checks.conclude()

    @keyword(tags=("discovery",))
    def discovery_should_include(self, discovery: Job, *companies: str) -> None:
        """Checks that companies were found.

        Args:
            discovery: What `Discover Similar Companies` returned.
            companies: Their names.

        Example:

        ```robotframework
        ${discovery} =    Discover Similar Companies    Stripe
        Discovery Should Include    ${discovery}    Square    PayPal    Adyen
        ```
        """
        _need_names(companies)
        checks = Checks("Found", discovery.company)
        discovery_checks.included(checks, discovery.results, list(companies))
        checks.conclude()

    @keyword(tags=("discovery",))
    def discovery_should_exclude(self, discovery: Job, *companies: str) -> None:
        """Checks that companies were not found, although something was.

        Args:
            discovery: What `Discover Similar Companies` returned.
            companies: Their names.

        Example:

        ```robotframework
        ${discovery} =    Discover Similar Companies    Stripe
        Discovery Should Exclude    ${discovery}    Toyota Motor Corporation
        ```
        """
        _need_names(companies)
        checks = Checks("Not found", discovery.company)
        discovery_checks.excluded(checks, discovery.results, list(companies))
        checks.conclude()

    @keyword(tags=("discovery",))
    def companies_found_should_be_described_rightly(self, discovery: Job, *, truths: list[dict[str, Any]]) -> None:
        """Checks that what a discovery says of the companies that it found is true of them.

        Compared are the domain, industry, business model, size, founding year, number of people and headquarters of each company
        that the truth knows; if it knows none of them, this is NOT EVALUATED.

        Args:
            discovery: What `Discover Similar Companies` returned.
            truths: What is true: `TestDataLibrary.Get All Companies`.

        Example:

        ```robotframework
        ${truths} =    Get All Companies
        ${discovery} =    Discover Similar Companies    Stripe
        Companies Found Should Be Described Rightly    ${discovery}    truths=${truths}
        ```
        """
        checks = Checks("Described", discovery.company)
        discovery_checks.described(checks, discovery.results, truths)
        checks.conclude()

    @keyword(tags=("discovery",))
    def filters_should_be_respected(self, discovery: Job, *, compared_with: Job) -> None:
        """Checks a filtered discovery against one of the same company without filters.

        Every result is what the filters ask for, nothing that they let through is missing, and they shut something out; if they
        don't, the filter was not tried and the test is NOT EVALUATED.

        Args:
            discovery: The one with filters.
            compared_with: The one without, with the same limit and threshold.

        Example:

        ```robotframework
        ${all} =    Discover Similar Companies    Stripe    limit=20
        ${some} =    Discover Similar Companies    Stripe    limit=20    business_model=b2b
        Filters Should Be Respected    ${some}    compared_with=${all}
        ```
        """
        filters = discovery.request.get("filters") or {}
        if not filters or compared_with.request.get("filters"):
            raise UsageError("Filters Should Be Respected needs a discovery with filters, and compared_with one without.")
        checks = Checks("Filters", discovery.company)
        discovery_checks.completed(checks, discovery)
        applied = {entry.get("field"): entry for entry in discovery.state.get("filters_applied") or []}
        unreported = [
            name
            for name, value in filters.items()
            if not (applied.get(name, {}).get("applied") and applied[name].get("value") == value)
        ]
        checks.that(
            "discovery.filters_told", not unreported, "each filter as applied", ", ".join(unreported) or "all are", n=len(filters)
        )
        discovery_checks.operators_fit(checks, applied)
        if "exclude_competitors" in filters:
            raise UsageError("For exclude_competitors use Discovery Should Exclude: who is a competitor is not in the results.")
        discovery_checks.filtered(checks, filters, discovery.results, compared_with.results)
        checks.conclude()

    @keyword(tags=("discovery",))
    def discovery_should_have_used(self, discovery: Job, source: str) -> None:
        """Checks that a discovery found its results by a source, and by the calls that it really asked there.

        Without links this is NOT EVALUATED.

        Args:
            discovery: What `Discover Similar Companies` returned.
            source: Vector: the vector store alone, of a company that was researched before; web: the sites were read.

        Example:

        ```robotframework
        ${discovery} =    Discover Similar Companies    Slack
        Discovery Should Have Used    ${discovery}    web
        ```
        """
        if source not in SOURCES:
            raise unknown("source", source, SOURCES)
        checks = Checks("Source", discovery.company)
        if discovery.calls is None:
            research_checks.no_links(checks, f"discovery.used_{source}", "calls over the links")
            checks.conclude()
            return
        queries = [
            call for call in discovery.calls.get("vectors", []) if call["path"].endswith("/query") and call["status"] == jobs.OK
        ]
        read = {call["host"].removeprefix("www.") for call in discovery.calls.get("web", []) if call["status"] == jobs.OK}
        domains = {str((result.get("company") or {}).get("domain")) for result in discovery.results}
        checks.that("discovery.found_something", bool(domains), "at least one result", f"{len(domains)} results", n=len(domains))
        if source == "vector":
            observed = f"{len(queries)} queries"
            checks.that("discovery.used_vector", bool(queries), "a query of the vector store", observed, n=len(queries))
            checks.that("discovery.web_not_needed", not read, "no site read", ", ".join(sorted(read)) or "none", n=len(domains))
        else:
            unread = domains - read
            observed = f"not read: {', '.join(sorted(unread))}" if unread else f"{len(domains)} sites read"
            checks.that("discovery.used_web", not unread, "the site of each result read", observed, n=len(domains))
        discovery_checks.phases_agree(checks, discovery, vectors=bool(queries), web=bool(read))
        checks.conclude()

    @keyword(tags=("discovery",))
    def discovery_should_fail_gracefully(self, discovery: Job) -> None:
        """Checks that a company that nobody knows leads to an error that names it, after a second search, and to nothing else.

        Args:
            discovery: What `Discover Similar Companies` returned.

        Example:

        ```robotframework
        ${discovery} =    Discover Similar Companies    Unknown Startup
        Discovery Should Fail Gracefully    ${discovery}
        ```
        """
        checks = Checks("Graceful failure", discovery.company)
        checks.equal("discovery.status", "failed", discovery.status)
        checks.that("discovery.nothing_found", not discovery.results, "no results", f"{len(discovery.results)} results")
        error = str(discovery.error or "")
        checks.that(
            "discovery.error_names_company", discovery.company in error, f"an error that names {discovery.company}", error
        )
        if discovery.calls is None:
            research_checks.no_links(checks, "discovery.fallback_search", "at least 2 searches")
        else:
            made = sum(call["status"] == jobs.OK for call in discovery.calls.get("search", []))
            checks.that("discovery.fallback_search", made >= 2, "at least 2 searches", f"{made} searches", n=made)  # noqa: PLR2004
        checks.conclude()

    @keyword(tags=("discovery",))
    def suggestions_should_include(self, query: str, *companies: str, limit: int = 10, identity: str | None = None) -> None:
        """Asks for suggestions and checks the answer and that companies are among them.

        Args:
            query: What a user has typed, at least 2 characters.
            companies: Names that must be suggested.
            limit: How many at most, 1 to 50; 10 by default.
            identity: Who asks; the first identity of the environment by default.

        Example:

        ```robotframework
        Suggestions Should Include    Strip    Stripe
        ```
        """
        _need_names(companies)
        answer = suggestions(query, limit, identity)
        checks = Checks("Suggestions", query)
        conformance.conform(checks, "discovery.suggestions_contract", answer)
        checks.equal("discovery.suggestions_status", jobs.OK, answer.status)
        body = answer.object()
        suggested = list(body.get("suggestions") or [])
        checks.equal("discovery.suggestions_query", query, body.get("query"))
        checks.equal("discovery.suggestions_count", len(suggested), body.get("count"))
        missing = [name for name in companies if name not in suggested]
        checks.that(
            "discovery.suggestions", not missing, ", ".join(companies), ", ".join(map(str, suggested)) or "none", n=len(suggested)
        )
        once = len(set(suggested)) == len(suggested) <= limit
        checks.that(
            "discovery.suggestions_once", once, f"at most {limit}, each once", f"{len(suggested)} suggestions", n=len(suggested)
        )
        checks.conclude()

    @keyword(tags=("discovery",))
    def get_discovered_companies(
        self, discovery: Job, op: AssertionOperator = None, expected: Any = None, message: str | None = None
    ) -> Any:
        """Returns the names of the companies that were found, the most similar first; compared if an operator is given.

        Args:
            discovery: What `Discover Similar Companies` returned.
            op: Operator of AssertionEngine such as ``==``, ``>=`` or ``contains``; without one nothing is compared.
            expected: What the operator compares with.
            message: Message of a failure instead of the usual one.

        Example:

        ```robotframework
        ${discovery} =    Discover Similar Companies    Stripe
        Get Discovered Companies    ${discovery}    contains    Adyen
        ```
        """
        found = discovery_checks.names(discovery.results)
        return asserted("discovery.companies", found, op, expected, message, subject=discovery.company)


def suggestions(query: str, limit: int, identity: str | None) -> Any:
    """The answer to a request for suggestions."""
    parameters = urlencode({"query": query, "limit": limit})
    return context.system.request("GET", f"/discover/suggestions?{parameters}", token=context.system.token(identity))


def _need_names(companies: tuple[str, ...]) -> None:
    if not companies:
        raise UsageError("Name at least one company, else there is nothing to check.")


def _filter(name: str, value: Any) -> Any:
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


def _show(job: Job) -> None:
    log_table("What was asked", ("Field", "Value"), list(job.request.items()))
    if job.calls is not None:
        counts = [(link, len(calls), sum(call["status"] == jobs.OK for call in calls)) for link, calls in job.calls.items()]
        log_table("Which dependencies were called", ("Link", "Calls", "Answered 200"), counts)
    rows = [
        (
            discovery_checks.name_of(result),
            result.get("similarity_score"),
            result.get("similarity_factors"),
            result.get("similarity_explanation"),
        )
        for result in job.results
    ]
    log_table(
        f"What came back: {job.status}", ("Company", "Score", "Factors", "Explanation"), rows or [("-", "-", "-", job.error)]
    )
    log_table("How long it took", ("Total",), [(show(job.finished_after or 0),)])
