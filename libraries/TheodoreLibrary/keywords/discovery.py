"""Keywords for finding similar companies."""

from __future__ import annotations

from datetime import timedelta  # Robot converts arguments by these hints
from typing import Any

from assertionengine import AssertionOperator  # Robot converts arguments by these hints
from robotlibcore import keyword

from theodore_qa.errors import unknown, UsageError
from theodore_qa.log import log_table
from theodore_qa.observing.assertions import asserted
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written
from theodore_qa.systems import conformance
from theodore_qa.timing import show
from TheodoreLibrary import discovery_checks, discovery_filters, discovery_requests, jobs, reported_totals, research_checks
from TheodoreLibrary.jobs import Job  # Robot converts arguments by these hints

TIMEOUT = timedelta(seconds=60)
SOURCES = ("vector", "web")


class DiscoveryKeywords:
    """Discoveries, and what they should have found."""

    @keyword(tags=("discovery", "precondition"))
    def discover_similar_companies(
        self,
        company: str,
        *,
        limit: int = 10,
        threshold: float = 0.6,
        sources: str = "",
        identity: str | None = None,
        timeout: timedelta = TIMEOUT,
        **filters: str,
    ) -> Job:
        """Starts a discovery of similar companies, follows it to its end, and checks its answers by the contract.

        Args:
            company: The company's name.
            limit: The greatest number of results, from 1 to 100; 10 by default.
            threshold: The least similarity, from 0 to 1; 0.6 by default.
            sources: vector, web, or both, separated by a comma; both by default.
            identity: The identity that sends the requests; by default the first one of the environment.
            timeout: The longest time from the start to the end; 60 seconds by default.
            filters: Filters of the contract by their names, such as ``industry=finance, retail`` or ``max_employees=5000``.

        Returns:
            The discovery, which may have failed; ``${discovery.results}`` can be read.

        Raises:
            UsageError: A filter or a source is unknown; the error names the nearest one.
            QaError: The discovery is not accepted, or does not end within ``timeout``.

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
        requested = {name: discovery_requests.filter_value(name, value) for name, value in filters.items()}
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
        jobs.leave_open(job)
        return job

    @keyword(tags=("discovery",))
    def discover_quickly(
        self,
        company: str,
        *,
        limit: int = 10,
        threshold: float = 0.6,
        identity: str | None = None,
    ) -> list[str]:
        """Finds similar companies by a single request, checks the answer and its results, and returns the names.

        It must leave no job behind that the metrics count.

        Args:
            company: The company's name.
            limit: The greatest number of results, from 1 to 50; 10 by default.
            threshold: The least similarity, from 0 to 1; 0.6 by default.
            identity: The identity that sends the requests; by default the first one of the environment.

        Example:

        ```robotframework
        ${names} =    Discover Quickly    Figma    limit=3
        ```
        """
        checks = Checks("Quick discovery", company)
        answer = discovery_requests.quick(checks, company, limit, threshold, identity)
        conformance.conform(checks, "discovery.quick_contract", answer)
        conformance.answered(checks, "discovery.quick_status", jobs.OK, answer)
        body = answer.object()
        results = list(body.get("results") or [])
        checks.equal("discovery.query", company, body.get("query_company"))
        checks.equal("discovery.quick_threshold", float(threshold), body.get("similarity_threshold"))
        discovery_checks.valid_results(checks, company, results, body.get("total_found"), limit=limit, threshold=threshold)
        checks.conclude()
        return discovery_checks.names(results)

    @keyword(tags=("discovery",))
    def results_should_be_sound(self, discovery: Job, *, at_least: int = 1) -> None:
        """Checks everything that must hold for any completed discovery.

        The results keep to the limit and the threshold, begin with the most similar, and hold no company twice nor the company
        itself. Scores lie between their factors, each explanation names both companies, and the total is right.

        Args:
            discovery: A discovery that `Discover Similar Companies` returned.
            at_least: The least number of results; 1 by default.

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
        checks.that(
            "discovery.count", count >= at_least, f"at least {plural(at_least, 'result')}", plural(count, "result"), n=count
        )
        total = discovery.state.get("total_found")
        limit, threshold = request["limit"], request["similarity_threshold"]
        discovery_checks.valid_results(checks, discovery.company, discovery.results, total, limit=limit, threshold=threshold)
        checks.conclude()

    @keyword(tags=("discovery",))
    def discovery_should_include(self, discovery: Job, *companies: str) -> None:
        """Checks that a discovery found companies.

        Args:
            discovery: A discovery that `Discover Similar Companies` returned.
            companies: The names of the companies.

        Example:

        ```robotframework
        ${discovery} =    Discover Similar Companies    Stripe
        Discovery Should Include    ${discovery}    Square    PayPal    Adyen
        ```
        """
        discovery_requests.require_names(companies)
        checks = Checks("Found", discovery.company)
        discovery_checks.included(checks, discovery.results, list(companies))
        checks.conclude()

    @keyword(tags=("discovery",))
    def discovery_should_exclude(self, discovery: Job, *companies: str) -> None:
        """Checks that a discovery did not find companies, although it found others.

        Args:
            discovery: A discovery that `Discover Similar Companies` returned.
            companies: The names of the companies.

        Example:

        ```robotframework
        ${discovery} =    Discover Similar Companies    Stripe
        Discovery Should Exclude    ${discovery}    Toyota Motor Corporation
        ```
        """
        discovery_requests.require_names(companies)
        checks = Checks("Not found", discovery.company)
        discovery_checks.excluded(checks, discovery.results, list(companies))
        checks.conclude()

    @keyword(tags=("discovery",))
    def companies_found_should_be_described_rightly(self, discovery: Job, *, truths: list[dict[str, Any]]) -> None:
        """Checks that a discovery describes the companies that it found truly.

        Domain, industry, business model, size, founding year, number of employees and headquarters are compared for each company
        among the truths. If none of the results is among them, this is NOT EVALUATED.

        Args:
            discovery: A discovery that `Discover Similar Companies` returned.
            truths: The true facts of all companies, as `TestDataLibrary.Get All Companies` returns them.

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
    def matches_should_rest_on_their_pages(self, discovery: Job) -> None:
        """Checks that the pages that were read of each company found support every fact and sentence of its match.

        Args:
            discovery: A discovery on the web that `Discover Similar Companies` returned.

        Example:

        ```robotframework
        ${discovery} =    Discover Similar Companies    Stripe    sources=web
        Matches Should Rest On Their Pages    ${discovery}
        ```
        """
        checks = Checks("Matches and pages", discovery.company)
        discovery_checks.grounded(checks, discovery)
        checks.conclude()

    @keyword(tags=("discovery",))
    def filters_should_be_respected(self, discovery: Job, *, compared_with: Job) -> None:
        """Compares a discovery with filters with one of the same company without filters.

        Every result must pass the filters, and no result that passes them may be missing. If the filters exclude nothing, or
        let nothing through, this is NOT EVALUATED.

        Args:
            discovery: The discovery with filters.
            compared_with: The discovery without filters, with the same limit and threshold.

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
            "discovery.filters_reported",
            not unreported,
            f"filters_applied with {written(filters)}",
            f"missing: {', '.join(unreported)}" if unreported else f"{len(filters)} of {len(filters)} filters",
            n=len(filters),
        )
        discovery_checks.operators_fit(checks, applied)
        if "exclude_competitors" in filters:
            raise UsageError("For exclude_competitors use Discovery Should Exclude: who is a competitor is not in the results.")
        discovery_filters.filtered(checks, filters, discovery.results, compared_with.results)
        checks.conclude()

    @keyword(tags=("discovery",))
    def discovery_should_have_used(self, discovery: Job, source: str) -> None:
        """Checks that a discovery found its results by a source, and that it made the calls for that.

        Its tokens are the sum of what the providers charged, and its phases follow each other. Without links: NOT EVALUATED.

        Args:
            discovery: A discovery that `Discover Similar Companies` returned.
            source: vector, if the vector store alone was queried, or web, if web sites were read.

        Example:

        ```robotframework
        ${discovery} =    Discover Similar Companies    Slack    sources=web
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
        checks.that(
            "discovery.found_something", bool(domains), "at least 1 result", plural(len(domains), "result"), n=len(domains)
        )
        if source == "vector":
            observed = plural(len(queries), "query")
            checks.that("discovery.used_vector", bool(queries), "at least 1 query of the vector store", observed, n=len(queries))
            checks.that(
                "discovery.web_not_needed", not read, "no calls to web sites", ", ".join(sorted(read)) or "none", n=len(domains)
            )
        else:
            unread = domains - read
            observed = f"not read: {', '.join(sorted(unread))}" if unread else f"{plural(len(domains), 'site')} read"
            checks.that("discovery.used_web", not unread, "calls to the site of each result", observed, n=len(domains))
        discovery_checks.phases_agree(checks, discovery, vectors=bool(queries), web=bool(read))
        reported_totals.of_discovery(checks, discovery)
        checks.conclude()

    @keyword(tags=("discovery",))
    def discovery_should_fail_gracefully(self, discovery: Job) -> None:
        """Checks that the discovery of an unknown company failed after a second search, with an error that names the company.

        Args:
            discovery: A discovery that `Discover Similar Companies` returned.

        Example:

        ```robotframework
        ${discovery} =    Discover Similar Companies    Unknown Startup
        Discovery Should Fail Gracefully    ${discovery}
        ```
        """
        checks = Checks("Graceful failure", discovery.company)
        checks.equal("discovery.status", "failed", discovery.status)
        research_checks.not_whole(checks, discovery)
        checks.that("discovery.nothing_found", not discovery.results, "no results", plural(len(discovery.results), "result"))
        error = str(discovery.error or "")
        checks.that(
            "discovery.error_names_company",
            discovery.company in error,
            f"an error that names {discovery.company}",
            error or "no error",
        )
        if discovery.calls is None:
            research_checks.no_links(checks, "discovery.fallback_search", "at least 2 searches")
        else:
            made = sum(call["status"] == jobs.OK for call in discovery.calls.get("search", []))
            checks.that("discovery.fallback_search", made >= 2, "at least 2 searches", plural(made, "search"), n=made)  # noqa: PLR2004
        checks.conclude()

    @keyword(tags=("discovery",))
    def get_discovered_companies(
        self, discovery: Job, op: AssertionOperator = None, expected: Any = None, message: str | None = None
    ) -> Any:
        """Returns the names of the found companies, the most similar first; compared if an operator is given.

        Args:
            discovery: A discovery that `Discover Similar Companies` returned.
            op: An operator of AssertionEngine, such as ``==``, ``>=`` or ``contains``. Without one nothing is compared.
            expected: The value that the operator compares with.
            message: The message of a failure; by default one that names both values.

        Example:

        ```robotframework
        ${discovery} =    Discover Similar Companies    Stripe
        Get Discovered Companies    ${discovery}    contains    Adyen
        ```
        """
        found = discovery_checks.names(discovery.results)
        return asserted("discovery.companies", found, op, expected, message, subject=discovery.company)


def _show(job: Job) -> None:
    log_table("Request", ("Field", "Value"), list(job.request.items()))
    if job.calls is not None:
        counts = [(link, len(calls), sum(call["status"] == jobs.OK for call in calls)) for link, calls in job.calls.items()]
        log_table("Calls to dependencies", ("Link", "Calls", "Answered 200"), counts)
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
        f"Results, status {job.status}", ("Company", "Score", "Factors", "Explanation"), rows or [("-", "-", "-", job.error)]
    )
    log_table("Duration", ("Total",), [(show(job.finished_after or 0),)])
