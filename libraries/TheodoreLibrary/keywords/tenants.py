"""Keywords for tenants: what one has researched is out of sight of the other."""

from __future__ import annotations

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import conformance
from TheodoreLibrary import discovery_checks, jobs, research_checks
from TheodoreLibrary.jobs import Job  # Robot converts arguments by these hints
from TheodoreLibrary.keywords import discovery

NOT_FOUND = 404


class TenantKeywords:
    """Two identities of different tenants, each held against what is the other's."""

    @keyword(tags=("tenant",))
    def job_should_be_invisible_to(self, job: Job, stranger: str) -> None:
        """Asks for a job as somebody of another tenant, by every route, and checks that it is as if there were none.

        Its owner is shown it before, and after the stranger tried to cancel it. The error is the same as for a job that there is
        not, and names nothing of it.

        Args:
            job: A research or discovery of one tenant that was followed to its end.
            stranger: An identity of another tenant.

        Example:

        ```robotframework
        ${research} =    Research Company    Acme Startup Inc    identity=analyst
        Job Should Be Invisible To    ${research}    partner
        ```
        """
        _require_two_tenants(job.identity, stranger)
        token = context.system.token(stranger)
        checks = Checks("Invisible", f"{job.kind} to {stranger}")
        checks.equal("tenants.owner_sees", jobs.OK, jobs.ask(job).status)
        routes = [("GET", ""), ("GET", "/progress"), ("DELETE", "")] + ([("GET", "/stream")] if job.kind == "research" else [])
        for method, suffix in routes:
            path = f"{job.route}/{job.id}{suffix}"
            answer = context.system.request(method, path, token=token)
            unknown = context.system.request(method, path.replace(job.id, job.id[:-4] + "0000"), token=token)
            checks.that(
                "tenants.by_id", answer.status == NOT_FOUND, NOT_FOUND, f"{answer.status} for {method} {suffix or 'the job'}"
            )
            message = answer.body.get("message", "") if isinstance(answer.body, dict) else answer.text
            unknown_message = unknown.body.get("message", "") if isinstance(unknown.body, dict) else unknown.text
            same = str(message).replace(job.id, "") == str(unknown_message).replace(job.id[:-4] + "0000", "")
            quiet = job.company.casefold() not in answer.text.casefold()
            checks.that("tenants.error_text", same and quiet, "the error of a job that there is not", answer.excerpt(200))
            if answer.status != jobs.OK:
                conformance.conform(checks, "tenants.contract", answer)
        before = job.status
        jobs.ask(job)
        checks.equal("tenants.untouched", before, job.status)
        checks.conclude()

    @keyword(tags=("tenant",))
    def company_should_be_suggested_only_to(self, company: str, owner: str, stranger: str) -> None:
        """Checks that a company that only one tenant has researched is suggested to it and not to another.

        Args:
            company: A company that no public search suggests and that ``owner`` has researched.
            owner: An identity of the tenant that has researched it.
            stranger: An identity of another tenant.

        Example:

        ```robotframework
        Research Company    Acme Startup Inc    identity=analyst
        Company Should Be Suggested Only To    Acme Startup Inc    owner=analyst    stranger=partner
        ```
        """
        _require_two_tenants(owner, stranger)
        query = company[:6]
        checks = Checks("Suggestions", company)
        own = discovery.suggestions(query, 50, owner)
        other = discovery.suggestions(query, 50, stranger)
        for answer in (own, other):
            conformance.conform(checks, "tenants.contract", answer)
        checks.that(
            "tenants.suggested_to_owner", company in own.object().get("suggestions", []), company, own.object().get("suggestions")
        )
        suggested = other.object().get("suggestions", [])
        checks.that(
            "tenants.suggestions",
            company not in suggested,
            f"without {company}",
            ", ".join(map(str, suggested)) or "none",
            n=len(suggested),
        )
        checks.conclude()

    @keyword(tags=("tenant",))
    def discovery_should_not_reach_into(self, own: Job, foreign: Job, company: str) -> None:
        """Checks that a company that only one tenant has researched is found in its vectors and not in another's.

        Args:
            own: A discovery over vectors by the tenant that has researched ``company``.
            foreign: The same by another tenant.
            company: The company.

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
            f"{company} found by its owner",
            ", ".join(discovery_checks.names(own.results)),
        )
        found = discovery_checks.names(foreign.results)
        checks.that("tenants.search", company not in found, f"without {company}", ", ".join(found) or "nothing", n=len(found))
        if foreign.calls is None:
            research_checks.no_links(checks, "tenants.search_asked", "a query of the vector store")
        else:
            queries = sum(call["path"].endswith("/query") for call in foreign.calls.get("vectors", []))
            checks.that("tenants.search_asked", queries > 0, "a query of the vector store", f"{queries} queries", n=queries)
        checks.conclude()

    @keyword(tags=("tenant",))
    def failed_job_should_be_listed_only_to(self, job: Job, stranger: str) -> None:
        """Checks that a failed job is listed in the status that its tenant sees and not in another's.

        Args:
            job: A research that failed.
            stranger: An identity of another tenant.

        Example:

        ```robotframework
        ${research} =    Research Company    Fake Corp ABC456    identity=analyst
        Failed Job Should Be Listed Only To    ${research}    partner
        ```
        """
        _require_two_tenants(job.identity, stranger)
        checks = Checks("Recent errors", job.company)
        statuses = {}
        for name in (context.system.identity(job.identity).name, stranger):
            answer = context.system.request("GET", "/status", token=context.system.token(name))
            conformance.conform(checks, "tenants.contract", answer)
            statuses[name] = answer.text
        owner = context.system.identity(job.identity).name
        checks.that(
            "tenants.listed_to_owner",
            job.id in statuses[owner],
            f"{job.id} in the owner's status",
            "it is" if job.id in statuses[owner] else "it is not",
        )
        leaked = job.id in statuses[stranger] or job.company in statuses[stranger]
        checks.that("tenants.listing", not leaked, "nothing of it in the other's status", "it is there" if leaked else "nothing")
        checks.conclude()


def _require_two_tenants(identity: str | None, other: str | None) -> None:
    first, second = context.system.identity(identity), context.system.identity(other)
    if first.tenant == second.tenant:
        raise UsageError(
            f"The identities {first.name} and {second.name} are of one tenant ({first.tenant}): name one of another."
        )
