"""What a discovery has to bring, worked out from a wider one: all and only what its filter, threshold or limit lets through."""

from __future__ import annotations

from typing import Any, NamedTuple, TYPE_CHECKING
from urllib.parse import urlencode

from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, QaError, unknown, UsageError
from theodore_qa.observing.display import plural, written
from TheodoreLibrary import discovery_checks, discovery_filters, discovery_requests, jobs

if TYPE_CHECKING:
    from theodore_qa.observing.checks import Checks

COUNTS = {"job": "total_found", "quick": "total_found", "suggestions": "count"}
CHANNELS = tuple(COUNTS)
WIDE = {"limit": 50, "similarity_threshold": 0}
AT, BEYOND = "at the value", "just beyond"
NUMBERS = {"founded_after": ("founded_year", 1), "founded_before": ("founded_year", -1)} | {
    "min_employees": ("employee_count", 1),
    "max_employees": ("employee_count", -1),
}
TIMEOUT = 60.0


class Found(NamedTuple):
    """A company that was found, and how similar it is."""

    name: str
    score: float


class Wide(NamedTuple):
    """All that a channel finds for a company: what narrower discoveries are worked out from."""

    channel: str
    company: str
    identity: str | None
    options: dict[str, Any]
    found: list[Found]

    def __str__(self) -> str:
        return f"{plural(len(self.found), 'company')} found by {self.channel} for '{self.company}'"

    @property
    def from_one_source(self) -> bool:
        """Whether all limits are served from the same candidates."""
        return self.channel == "suggestions" or "source_preference" in self.options

    def narrowed(self, **options: float | None) -> Outcome:
        """What the channel finds with other options; one that is None is not sent."""
        given = {name: value for name, value in (self.options | options).items() if value is not None}
        return discover(self.channel, self.company, self.identity, given)


class Outcome(NamedTuple):
    """What a discovery found, the best first, by its request and its whole answer."""

    channel: str
    company: str
    options: dict[str, Any]
    found: list[Found]
    answer: dict[str, Any]


def discover(channel: str, company: str, identity: str | None, options: dict[str, Any]) -> Outcome:
    """The companies that are found over a channel; an answer other than success is an error."""
    if channel == "job":
        job = jobs.start(company, identity, jobs.DISCOVERY, **options)
        jobs.follow(job, TIMEOUT)
        if job.status != "completed":
            raise QaError(f"The discovery of companies like {company} ended as {job.status}: {job.error}.")
        answer = job.state
    else:
        name, route = ("company_name", "quick") if channel == "quick" else ("query", "suggestions")
        query = urlencode({name: company} | options)
        response = context.system.request("GET", f"/discover/{route}?{query}", token=context.system.token(identity))
        if response.status != jobs.OK:
            raise QaError(f"{response.method} {response.path} was answered {response.status} with {response.excerpt(160)}.")
        answer = response.object()
    if channel == "suggestions":
        found = [Found(str(suggested), 1.0) for suggested in answer.get("suggestions") or ()]
    else:
        found = [found_in(result) for result in answer.get("results") or ()]
    return Outcome(channel, company, options, found, answer)


def found_in(result: dict[str, Any]) -> Found:
    """The company of a result, and its score."""
    return Found(discovery_checks.name_of(result), float(result["similarity_score"]))


def reported(checks: Checks, outcome: Outcome) -> None:
    """The answer repeats what was requested, also where that is a default, and counts what it holds."""
    answer, filters = outcome.answer, outcome.options.get("filters") or {}
    expected: dict[str, Any] = {COUNTS[outcome.channel]: len(outcome.found)}
    expected["query" if outcome.channel == "suggestions" else "query_company"] = outcome.company
    if outcome.channel == "quick":
        expected["similarity_threshold"] = outcome.options.get("similarity_threshold", discovery_checks.THRESHOLD)
    seen = {name: answer.get(name) for name in expected}
    checks.that("discovery.exact_answer", seen == expected, written(expected), written(seen), n=len(expected))
    if outcome.channel == "job":
        applied = {str(entry.get("field")): entry for entry in answer.get("filters_applied") or ()}
        values = {name: entry.get("value") for name, entry in applied.items() if entry.get("value") != []}
        right = {name: value for name, value in filters.items() if value != []}
        due, reported = f"filters {written(right)}", f"filters {written(values)}"
        checks.that("discovery.exact_filters_reported", values == right, due, reported)
        discovery_checks.operators_fit(checks, applied)


def wide(channel: str, company: str, source: str, identity: str | None) -> Wide:
    """All that a channel finds; a channel that does not exist is an error."""
    if channel not in CHANNELS:
        raise unknown("channel", channel, CHANNELS)
    options: dict[str, Any] = {"limit": 50} if channel == "suggestions" else dict(WIDE)
    if source:
        options["source_preference"] = [source]
    return Wide(channel, company, identity, options, discover(channel, company, identity, options).found)


def filter_value(name: str, values: tuple[str, ...], results: list[dict[str, Any]]) -> Any:
    """A filter's value; that of a number is a value of a company in the middle of the results, or the next one beyond it."""
    if name not in NUMBERS:
        if name not in discovery_filters.FILTERS:
            raise unknown("filter", name, discovery_filters.FILTERS)
        return list(values) if name in discovery_filters.LISTS else discovery_requests.filter_value(name, values[0])
    if values not in ((AT,), (BEYOND,)):
        raise UsageError(f"The filter {name} is tried '{AT}' or '{BEYOND}': write one of them.")
    field, step = NUMBERS[name]
    known = sorted({company[field] for result in results if isinstance((company := result["company"]).get(field), int)})
    if len(known) < 3:  # noqa: PLR2004  # one on each side of the middle
        raise NotEvaluatedError(
            f"{plural(len(known), 'different value')} of {field} among {plural(len(results), 'result')}: 3 are needed."
        )
    return known[len(known) // 2] + (step if values == (BEYOND,) else 0)


def let_through(name: str, value: Any, results: list[dict[str, Any]]) -> list[Found]:
    """What has to come of results under a filter, in their order; an empty list of values lets everything through."""
    return list(map(found_in, results if value == [] else _passing(name, value, results)))


def _passing(name: str, value: Any, results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [result for result in results if discovery_filters.lets_through({name: value}, result["company"])]
