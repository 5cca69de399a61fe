"""What a discovery has to bring, worked out from a wider one: all and only what its filter, threshold or limit lets through."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode

from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, QaError, unknown, UsageError
from theodore_qa.observing.display import plural
from TheodoreLibrary import discovery_checks, discovery_requests, jobs

CHANNELS = ("job", "quick", "suggestions")
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

    def narrowed(self, **options: float | None) -> list[Found]:
        """What the channel finds with other options; one that is None is not sent."""
        given = {name: value for name, value in (self.options | options).items() if value is not None}
        return discover(self.channel, self.company, self.identity, given)


def discover(channel: str, company: str, identity: str | None, options: dict[str, Any]) -> list[Found]:
    """The companies that are found over a channel; an answer other than success is an error."""
    if channel == "job":
        job = jobs.start(company, identity, jobs.DISCOVERY, **options)
        jobs.follow(job, TIMEOUT)
        if job.status != "completed":
            raise QaError(f"The discovery of companies like {company} ended as {job.status}: {job.error}.")
        results = job.results
    else:
        name, route = ("company_name", "quick") if channel == "quick" else ("query", "suggestions")
        query = urlencode({name: company} | options)
        answer = context.system.request("GET", f"/discover/{route}?{query}", token=context.system.token(identity))
        if answer.status != jobs.OK:
            raise QaError(f"{answer.method} {answer.path} was answered {answer.status} with {answer.excerpt(160)}.")
        if channel == "suggestions":
            return [Found(str(suggested), 1.0) for suggested in answer.object().get("suggestions") or ()]
        results = list(answer.object().get("results") or ())
    return [Found(discovery_checks.name_of(result), float(result["similarity_score"])) for result in results]


def wide(channel: str, company: str, source: str, identity: str | None) -> Wide:
    """All that a channel finds; a channel that does not exist is an error."""
    if channel not in CHANNELS:
        raise unknown("channel", channel, CHANNELS)
    options: dict[str, Any] = {"limit": 50} if channel == "suggestions" else dict(WIDE)
    if source:
        options["source_preference"] = [source]
    return Wide(channel, company, identity, options, discover(channel, company, identity, options))


def filter_value(name: str, values: tuple[str, ...], results: list[dict[str, Any]]) -> Any:
    """A filter's value; that of a number is a value of a company in the middle of the results, or the next one beyond it."""
    if name not in NUMBERS:
        if name not in discovery_checks.FILTERS:
            raise unknown("filter", name, discovery_checks.FILTERS)
        return list(values) if name in discovery_checks.LISTS else discovery_requests.filter_value(name, values[0])
    if values not in ((AT,), (BEYOND,)):
        raise UsageError(f"The filter {name} is tried '{AT}' or '{BEYOND}': write one of them.")
    field, step = NUMBERS[name]
    known = sorted({company[field] for result in results if isinstance((company := result["company"]).get(field), int)})
    if len(known) < 3:  # noqa: PLR2004  # one on each side of the middle
        raise NotEvaluatedError(
            f"{plural(len(known), 'different value')} of {field} among {plural(len(results), 'result')}: 3 are needed."
        )
    return known[len(known) // 2] + (step if values == (BEYOND,) else 0)


def let_through(name: str, value: Any, results: list[dict[str, Any]]) -> list[str]:
    """The names of the results that a filter has to let through: all by an empty list."""
    kept = results if value == [] else _passing(name, value, results)
    return sorted(map(discovery_checks.name_of, kept))


def _passing(name: str, value: Any, results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [result for result in results if discovery_checks.lets_through({name: value}, result["company"])]
