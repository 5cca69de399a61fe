"""Keywords that hold a discovery to all and only what its filter, threshold or limit lets through."""

from __future__ import annotations

from typing import Any

from robotlibcore import keyword

from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written
from TheodoreLibrary import exact_discovery
from TheodoreLibrary.exact_discovery import Found, Wide  # Robot converts arguments by these hints
from TheodoreLibrary.jobs import Job  # Robot converts arguments by these hints

DEFAULT_LIMIT, DEFAULT_THRESHOLD = 10, 0.6
NOT_SENT = "not sent"
AT_A_SCORE = "at a score"
ALL = "all"


class ExactnessKeywords:
    """Discoveries that bring all and only what they should."""

    @keyword(tags=("discovery",))
    def filter_should_be_exact(self, among: Job, name: str, *values: str, limit: int | None = None) -> None:
        """Repeats a discovery with one filter and checks that all and only the results come that the filter lets through.

        They come with the same scores and in the same order, are counted, and the answer names the filter.

        Args:
            among: A completed discovery without filters, as `Discover Similar Companies` returns it.
            name: A filter of the contract, such as industry.
            values: The filter's values, none for an empty list. For a number ``at the value`` or ``just beyond``: the value of
                a company in the middle of the results, and the next one that shuts this company out.
            limit: The greatest number of results: the first of those that the filter lets through have to come. By default that
                of the discovery without filters.

        Example:

        ```robotframework
        ${all} =    Discover Similar Companies    Stripe    limit=20    threshold=0.2    sources=vector
        Filter Should Be Exact    ${all}    industry    finance    retail
        ```
        """
        value = exact_discovery.filter_value(name, values, among.results)
        options = {key: given for key, given in among.request.items() if key != "company_name"} | {"filters": {name: value}}
        expected = exact_discovery.let_through(name, value, among.results)
        if limit is not None:
            options, expected = options | {"limit": limit}, expected[:limit]
        outcome = exact_discovery.discover("job", among.company, among.identity, options)
        checks = Checks("Filter", f"{name} {written(value)}")
        right = outcome.found == expected
        checks.that(f"discovery.exact.{name}", right, _listed(expected), _listed(outcome.found), n=len(among.results))
        exact_discovery.reported(checks, outcome)
        checks.conclude()

    @keyword(tags=("discovery", "precondition"))
    def discover_widely(self, channel: str, company: str, *, source: str = "", identity: str | None = None) -> Wide:
        """Finds all that a channel finds for a company, with the threshold 0 and the limit 50, to compare with.

        Args:
            channel: job, quick or suggestions.
            company: The company's name, or the letters that suggestions are requested for.
            source: vector or web, for a job; by default both.
            identity: The identity that sends the requests; by default the first one of the environment.

        Example:

        ```robotframework
        ${wide} =    Discover Widely    quick    Stripe
        Limit Should Be Exact    ${wide}    2
        ```
        """
        return exact_discovery.wide(channel, company, source, identity)

    @keyword(tags=("discovery",))
    def threshold_should_be_exact(self, among: Any, threshold: str) -> None:
        """Checks that all and only the companies come that are at least as similar as a threshold, the best first.

        Args:
            among: What `Discover Widely` returned.
            threshold: A number, ``at a score`` for the score of a company in the middle, or ``not sent`` for the default 0.6.

        Example:

        ```robotframework
        ${wide} =    Discover Widely    quick    Stripe
        Threshold Should Be Exact    ${wide}    at a score
        ```
        """
        lowest = least(threshold, sorted(found.score for found in among.found))
        narrow = among.narrowed(similarity_threshold=None if threshold == NOT_SENT else lowest)
        expected = [found for found in among.found if found.score >= lowest]
        checks = Checks("Threshold", f"{among.channel} {threshold}")
        right = narrow.found == expected
        checks.that("discovery.exact_threshold", right, _listed(expected), _listed(narrow.found), n=len(among.found))
        exact_discovery.reported(checks, narrow)
        checks.conclude()

    @keyword(tags=("discovery",))
    def limit_should_be_exact(self, among: Any, limit: str) -> None:
        """Checks that as many companies come as a limit allows, the best first; of one source, exactly the first of all.

        Where there are not more of them this is NOT EVALUATED.

        Args:
            among: What `Discover Widely` returned.
            limit: A number, ``all`` for as many as there are, or ``not sent`` for the default 10.

        Example:

        ```robotframework
        ${wide} =    Discover Widely    quick    Figma
        Limit Should Be Exact    ${wide}    1
        ```
        """
        special = {NOT_SENT: DEFAULT_LIMIT, ALL: len(among.found)}
        most = special[limit] if limit in special else int(limit)
        checks = Checks("Limit", f"{among.channel} {limit}")
        if not among.found or len(among.found) < most + (limit != ALL):
            checks.not_evaluated(
                "discovery.exact_limit", f"more than {plural(most, 'company')}", plural(len(among.found), "company")
            )
        else:
            narrow = among.narrowed(limit=None if limit == NOT_SENT else most)
            _first(checks, among, narrow.found, most)
            exact_discovery.reported(checks, narrow)
        checks.conclude()


def _first(checks: Checks, among: Wide, found: list[Found], most: int) -> None:
    """The first of all come, where a channel does not look further afield for a greater limit; else as many, the best first."""
    if among.from_one_source:
        expected = among.found[:most]
        checks.that("discovery.exact_limit", found == expected, _listed(expected), _listed(found), n=len(found))
        return
    scores = [company.score for company in found]
    right = len(found) == most and scores == sorted(scores, reverse=True)
    checks.that("discovery.exact_limit", right, f"{plural(most, 'company')}, the best first", _listed(found), n=len(found))


def least(threshold: str, scores: list[float]) -> float:
    """The threshold as a number."""
    if threshold == NOT_SENT:
        return DEFAULT_THRESHOLD
    if threshold == AT_A_SCORE:
        if not scores:
            raise NotEvaluatedError("No company was found, so that there is no score to take as the threshold.")
        return scores[len(scores) // 2]
    return float(threshold)


def _listed(found: list[Found]) -> str:
    return ", ".join(f"{name} {score:g}" for name, score in found) or "none"
