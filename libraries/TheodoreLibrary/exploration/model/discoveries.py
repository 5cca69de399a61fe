"""The model of discoveries: limits, thresholds and filters, quick answers and suggestions."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import plural, written
from TheodoreLibrary import discovery_checks
from TheodoreLibrary.exploration.model.actions import Action, done_or_invalid, INVALID, MISSING, OK, query, within
from TheodoreLibrary.exploration.model.jobs import PRIORITIES, started, valid_name
from TheodoreLibrary.exploration.model.results import check_results, LIMIT, number, THRESHOLD
from TheodoreLibrary.exploration.steps import Request

if TYPE_CHECKING:
    from TheodoreLibrary.exploration.judging import Judge
    from TheodoreLibrary.exploration.model.actions import Turn

MOST_QUICK, MOST_FOUND, MOST_SOURCES = 50, 100, 10
STARTS = ("micro",)  # with which the names of several well-known companies begin, or nearly
SHORTEST_QUERY, LONGEST_QUERY, TYPED = 2, 200, 6  # what is typed of a name
LISTS = {"location": 20, "exclude_companies": 50, "include_keywords": 20, "exclude_keywords": 20}  # at most so many entries
FIRST_YEAR, LAST_YEAR = 1800, 2025
ENUMS = {"business_model": "b2b", "company_size": "enterprise", "industry": "technology", "tech_sophistication": "advanced"}


class StartDiscovery(Action):
    """A discovery that is started."""

    name, area, scope, makes = "start a discovery", "discovery", "discovery", "job"

    def request(self, turn: Turn) -> Request:
        return Request("POST", "/discover", turn.values["body"])

    def statuses(self, turn: Turn) -> tuple[int, ...]:
        body = turn.values["body"]
        sources = body.get("source_preference") or ()
        valid = (
            valid_name(body.get("company_name"))
            and within(body.get("limit"), 1, MOST_FOUND)
            and within(body.get("similarity_threshold"), 0, 1)
            and isinstance(sources, list | tuple)
            and len(sources) <= MOST_SOURCES
            and body.get("priority", "normal") in PRIORITIES
            and valid_filters(body.get("filters") or {})
        )
        return done_or_invalid(valid=valid)

    def learn(self, turn: Turn) -> None:
        started(turn, "discovery")


class Quick(Action):
    """A discovery that answers at once: the same call brings the same list."""

    name, area, scope = "discover quickly", "discovery", "discovery"

    def request(self, turn: Turn) -> Request:
        return Request("GET", query("/discover/quick", **turn.values))

    def statuses(self, turn: Turn) -> tuple[int, ...]:
        values = turn.values
        sizes = within(values["limit"], 1, MOST_QUICK) and within(values["similarity_threshold"], 0, 1)
        if not valid_name(values["company_name"]) or not sizes:
            return (INVALID,)
        return (OK,) if values["company_name"] in turn.world.companies else (OK, MISSING)

    def learn(self, turn: Turn) -> None:
        values, judge, results = turn.values, turn.judge, turn.items("results")
        company = values["company_name"]
        limit = LIMIT if values["limit"] is None else values["limit"]
        threshold = THRESHOLD if values["similarity_threshold"] is None else values["similarity_threshold"]
        turn.equal("explore.quick.company", company, "query_company")
        judge.equal("explore.quick.threshold_reported", float(threshold), number(turn.body.get("similarity_threshold")))
        check_results(judge, "explore.quick", company, results, turn.body.get("total_found"), limit, threshold)
        turn.world.found += [result.get("company") or {} for result in results]
        if company not in turn.world.companies:
            observed = plural(len(results), "result")
            judge.that("explore.quick.nothing_invented", not results, "no results for a name that nobody bears", observed)
        if turn.settled is not None:
            names = [discovery_checks.name_of(result) for result in results]
            calls = turn.world.quick.setdefault((turn.tenant, company, turn.settled), [])
            for other in calls:
                _agree(judge, (limit, threshold, names), other)
            calls.append((limit, threshold, names))


def _agree(judge: Judge, call: tuple[int, float, list[Any]], other: tuple[int, float, list[Any]]) -> None:
    """The same call brings the same list; a smaller limit brings fewer only where it cuts.

    Which sources a discovery looks at may depend on the limit, so that lists with different limits may differ.
    """
    (limit, threshold, listed), (other_limit, other_threshold, others) = call, other
    if threshold != other_threshold:
        return
    if limit == other_limit:
        judge.equal("explore.quick.repeatable", others, listed)
    elif limit < other_limit:
        least = min(limit, len(others))
        expected = f"at least {plural(least, 'result')}, as with limit {other_limit}"
        judge.that("explore.quick.complete", len(listed) >= least, expected, plural(len(listed), "result"))


class Suggest(Action):
    """Suggestions: a smaller limit brings the beginning of the same list."""

    name, area, scope = "ask for suggestions", "discovery", "discovery"

    def request(self, turn: Turn) -> Request:
        return Request("GET", query("/discover/suggestions", **turn.values))

    def statuses(self, turn: Turn) -> tuple[int, ...]:
        length = len(turn.values["query"])
        return done_or_invalid(valid=SHORTEST_QUERY <= length <= LONGEST_QUERY and within(turn.values["limit"], 1, MOST_QUICK))

    def learn(self, turn: Turn) -> None:
        typed, judge = turn.values["query"], turn.judge
        limit = turn.values["limit"] or LIMIT
        names = list(map(str, turn.items("suggestions")))
        turn.equal("explore.suggestions.query", typed, "query")
        turn.equal("explore.suggestions.count", len(names), "count")
        judge.that(
            "explore.suggestions.limit",
            len(names) <= limit,
            f"at most {plural(limit, 'suggestion')}",
            plural(len(names), "suggestion"),
        )
        judge.equal("explore.suggestions.once", len(set(names)), len(names))
        _own_names(turn, typed, names)
        if turn.settled is None:
            return
        key = (turn.tenant, typed, turn.settled)
        most, former = turn.world.suggested.get(key, (0, []))
        complete = len(former) < most  # there are no more than these
        same = names[:most] == former[:limit] and (not complete or len(names) == min(limit, len(former)))
        expected = f"the same list as with limit {most}: {written(former)}"
        judge.that("explore.suggestions.consistent", same, expected, f"with limit {limit}: {written(names)}")
        if limit > most:
            turn.world.suggested[key] = (limit, names)


def _own_names(turn: Turn, typed: str, names: list[str]) -> None:
    """A tenant is suggested what it was before anything was researched, and what it has researched itself."""
    before = turn.world.first_suggested.get((turn.tenant, typed))
    if before is not None and len(before) < MOST_QUICK:
        own = {job.company for job in turn.world.jobs.values() if job.owner.tenant == turn.tenant}
        others = [name for name in names if name not in before and name not in own]
        expected = "names that were suggested before, or that the tenant has researched"
        turn.judge.that("explore.tenants.suggestions", not others, expected, written(others or names))


def valid_filters(filters: dict[str, Any]) -> bool:
    """Whether the contract allows the filters of a discovery."""
    years = [filters.get(name) for name in ("founded_after", "founded_before")]
    people = [filters.get(name) for name in ("min_employees", "max_employees")]
    return (
        all(within(year, FIRST_YEAR, LAST_YEAR) for year in years)
        and all(within(count, 0, float("inf")) for count in people)
        and (None in years or years[0] < years[1])  # type: ignore[operator]
        and (None in people or people[0] <= people[1])  # type: ignore[operator]
        and all(isinstance(filters.get(name, []), list) and len(filters.get(name, [])) <= most for name, most in LISTS.items())
        and all("no such kind" not in filters.get(name, []) for name in ENUMS)
    )


ACTIONS = (StartDiscovery(), Quick(), Suggest())
