"""Keywords for tenant isolation: no tenant sees what another has researched."""

from __future__ import annotations

from typing import Any

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural
from theodore_qa.systems import conformance
from TheodoreLibrary import discovery_checks, discovery_requests, jobs, research_checks
from TheodoreLibrary.jobs import Job  # Robot converts arguments by these hints

NOT_FOUND = 404


class TenantKeywords:
    """Isolation of two tenants."""

    @keyword(tags=("tenant",))
    def job_should_be_invisible_to(self, job: Job, other_tenant: str) -> None:
        """Requests a job as an identity of another tenant, by every route, and checks that it seems not to exist.

        The error must be the same as for an unknown job and must not name the company. The owner must see the job before, and
        unchanged after the other identity tried to cancel it.

        Args:
            job: A research or discovery that one tenant has followed to its end.
            other_tenant: An identity of another tenant.

        Example:

        ```robotframework
        ${research} =    Research Company    Acme Startup Inc    identity=analyst
        Job Should Be Invisible To    ${research}    partner
        ```
        """
        _require_two_tenants(job.identity, other_tenant)
        token = context.system.token(other_tenant)
        checks = Checks("Invisible", f"{job.kind} to {other_tenant}")
        conformance.answered(checks, "tenants.owner_sees", jobs.OK, jobs.ask(job))
        routes = [("GET", ""), ("GET", "/progress"), ("DELETE", "")] + ([("GET", "/stream")] if job.kind == "research" else [])
        for method, suffix in routes:
            path = f"{job.route}/{job.id}{suffix}"
            answer = context.system.request(method, path, token=token)
            unknown = context.system.request(method, path.replace(job.id, job.id[:-4] + "0000"), token=token)
            checks.that(
                "tenants.by_id",
                answer.status == NOT_FOUND,
                f"status {NOT_FOUND}",
                f"status {answer.status} for {method} {suffix or 'the job'}",
            )
            message = answer.body.get("message", "") if isinstance(answer.body, dict) else answer.text
            unknown_message = unknown.body.get("message", "") if isinstance(unknown.body, dict) else unknown.text
            same = str(message).replace(job.id, "") == str(unknown_message).replace(job.id[:-4] + "0000", "")
            quiet = job.company.casefold() not in answer.text.casefold()
            checks.that("tenants.error_text", same and quiet, "the error for an unknown job", answer.excerpt(200))
            if answer.status != jobs.OK:
                conformance.conform(checks, "tenants.contract", answer)
        before = job.status
        jobs.ask(job)
        checks.equal("tenants.untouched", before, job.status)
        checks.conclude()

    @keyword(tags=("tenant",))
    def company_should_be_suggested_only_to(self, company: str, owner: str, other_tenant: str) -> None:
        """Checks that a company that only one tenant has researched is suggested to this tenant alone.

        Args:
            company: A company that no public search suggests and that ``owner`` has researched.
            owner: An identity of the tenant that has researched the company.
            other_tenant: An identity of another tenant.

        Example:

        ```robotframework
        Research Company    Acme Startup Inc    identity=analyst
        Company Should Be Suggested Only To    Acme Startup Inc    owner=analyst    other_tenant=partner
        ```
        """
        _require_two_tenants(owner, other_tenant)
        query = company[:6]
        checks = Checks("Suggestions", company)
        own = discovery_requests.suggestions(query, 50, owner)
        other = discovery_requests.suggestions(query, 50, other_tenant)
        for answer in (own, other):
            conformance.conform(checks, "tenants.contract", answer)
        checks.that(
            "tenants.suggested_to_owner",
            company in own.object().get("suggestions", []),
            f"suggestions with {company}",
            own.object().get("suggestions"),
        )
        suggested = other.object().get("suggestions", [])
        checks.that(
            "tenants.suggestions", company not in suggested, f"suggestions without {company}", suggested, n=len(suggested)
        )
        checks.conclude()

    @keyword(tags=("tenant",))
    def discovery_should_not_reach_into(self, own: Job, foreign: Job, company: str) -> None:
        """Checks that a company that only one tenant has researched is found in the vectors of this tenant alone.

        Args:
            own: A discovery over vectors by the tenant that has researched ``company``.
            foreign: A discovery of the same company over vectors by another tenant.
            company: The name of the company.

        Example:

        ```robotframework
        Research Company    Square    identity=analyst
        ${own} =    Discover Similar Companies    Stripe    sources=vector    identity=analyst
        ${foreign} =    Discover Similar Companies    Stripe    sources=vector    identity=partner
        Discovery Should Not Reach Into    ${own}    ${foreign}    Square
        ```
        """
        _require_two_tenants(own.identity, foreign.identity)
        checks = Checks("Vectors", company)
        checks.equal("tenants.search_done", "completed", foreign.status)
        checks.that(
            "tenants.search_own",
            company in discovery_checks.names(own.results),
            f"results with {company} for its owner",
            discovery_checks.names(own.results),
        )
        found = discovery_checks.names(foreign.results)
        checks.that("tenants.search", company not in found, f"results without {company}", found, n=len(found))
        if foreign.calls is None:
            research_checks.no_links(checks, "tenants.search_asked", "at least 1 query of the vector store")
        else:
            queries = sum(call["path"].endswith("/query") for call in foreign.calls.get("vectors", []))
            checks.that(
                "tenants.search_asked", queries > 0, "at least 1 query of the vector store", plural(queries, "query"), n=queries
            )
        checks.conclude()

    @keyword(tags=("tenant",))
    def failed_job_should_be_listed_only_to(self, job: Job, other_tenant: str) -> None:
        """Checks that a failed job is listed in the status for its own tenant alone, as the latest and with its reason.

        Args:
            job: A research that failed.
            other_tenant: An identity of another tenant.

        Example:

        ```robotframework
        ${research} =    Research Company    Fake Corp ABC456    identity=analyst
        Failed Job Should Be Listed Only To    ${research}    partner
        ```
        """
        _require_two_tenants(job.identity, other_tenant)
        checks = Checks("Recent errors", job.company)
        statuses = {}
        for name in (context.system.identity(job.identity).name, other_tenant):
            answer = context.system.request("GET", "/status", token=context.system.token(name))
            conformance.conform(checks, "tenants.contract", answer)
            statuses[name] = answer.text
            if name != other_tenant:
                recent: list[dict[str, Any]] = (answer.object().get("system") or {}).get("recent_errors") or []
        owner = context.system.identity(job.identity).name
        checks.that(
            "tenants.listed_to_owner",
            job.id in statuses[owner],
            f"recent errors of {owner} with {job.id}",
            job.id if job.id in statuses[owner] else "no such error",
        )
        reasons = {entry["job_id"]: entry.get("error") for entry in recent}
        checks.equal("tenants.listed_with_reason", job.error, reasons.get(job.id))
        checks.equal("tenants.listed_first", job.id, next(iter(reasons), None))
        leaked = [text for text in (job.id, job.company) if text in statuses[other_tenant]]
        checks.that("tenants.listing", not leaked, f"recent errors of {other_tenant} without {job.id} and {job.company}", leaked)
        checks.conclude()


def _require_two_tenants(identity: str | None, other: str | None) -> None:
    first, second = context.system.identity(identity), context.system.identity(other)
    if first.tenant == second.tenant:
        raise UsageError(
            f"The identities {first.name} and {second.name} are of one tenant ({first.tenant}): name one of another."
        )
