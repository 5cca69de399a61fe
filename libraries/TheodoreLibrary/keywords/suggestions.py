"""The keyword for suggestions of company names."""

from __future__ import annotations

from robotlibcore import keyword

from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural
from theodore_qa.systems import conformance
from TheodoreLibrary import discovery_requests, jobs


class SuggestionKeywords:
    """Suggestions."""

    @keyword(tags=("discovery",))
    def suggestions_should_include(self, query: str, *companies: str, limit: int = 10, identity: str | None = None) -> None:
        """Requests suggestions and checks the answer, and that the companies are among them.

        Args:
            query: The text that a user has typed, at least 2 characters.
            companies: The names that must be suggested.
            limit: The greatest number of results, from 1 to 50; 10 by default.
            identity: The identity that sends the requests; by default the first one of the environment.

        Example:

        ```robotframework
        Suggestions Should Include    Strip    Stripe
        ```
        """
        discovery_requests.require_names(companies)
        answer = discovery_requests.suggestions(query, limit, identity)
        checks = Checks("Suggestions", query)
        conformance.conform(checks, "discovery.suggestions_contract", answer)
        conformance.answered(checks, "discovery.suggestions_status", jobs.OK, answer)
        body = answer.object()
        suggested = list(body.get("suggestions") or [])
        checks.equal("discovery.suggestions_query", query, body.get("query"))
        checks.equal("discovery.suggestions_count", len(suggested), body.get("count"))
        missing = [name for name in companies if name not in suggested]
        checks.that("discovery.suggestions", not missing, ", ".join(companies), suggested, n=len(suggested))
        once = len(set(suggested)) == len(suggested) <= limit
        checks.that(
            "discovery.suggestions_once",
            once,
            f"at most {plural(limit, 'suggestion')}, each once",
            f"{plural(len(suggested), 'suggestion')}, {len(set(suggested))} different",
            n=len(suggested),
        )
        checks.conclude()
