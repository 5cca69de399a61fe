"""The model of discoveries: limits, thresholds and filters, quick answers and suggestions."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import written
from TheodoreLibrary import discovery_checks
from TheodoreLibrary.exploration import job_rules
from TheodoreLibrary.exploration.actions import Action, INVALID, MISSING, OK, query, within
from TheodoreLibrary.exploration.discovery_results import LIMIT, number, sound_results, THRESHOLD
from TheodoreLibrary.exploration.steps import Request, RUN

if TYPE_CHECKING:
    import random

    from TheodoreLibrary.exploration.judging import Judge
    from TheodoreLibrary.exploration.steps import Answer, Step
    from TheodoreLibrary.exploration.world import World

MOST_QUICK, MOST_FOUND = 50, 100
LISTS = {"location": 20, "exclude_companies": 50, "include_keywords": 20, "exclude_keywords": 20}  # at most so many entries
FIRST_YEAR, LAST_YEAR = 1800, 2025
ENUMS = {"business_model": "b2b", "company_size": "enterprise", "industry": "technology", "tech_sophistication": "advanced"}


class StartDiscovery(Action):
    """A discovery; its limits and filters are drawn around what is allowed."""

    name, area, weight, scope, makes = "start a discovery", "discovery", 5, "discovery", "job"

    def values(self, world: World, source: random.Random) -> dict[str, Any]:
        few = len(world.jobs) < 2 + world.most_jobs
        body: dict[str, Any] = {"company_name": source.choice(world.companies)}
        if few and source.random() < 0.5:  # noqa: PLR2004  # half of them: valid ones cost work
            body |= source.choice(({}, {"limit": 1}, {"limit": MOST_FOUND, "similarity_threshold": 0}, {"limit": 2}, {"similarity_threshold": 1}))
            filters = source.choice((None, *self._valid(source)))
        else:
            wrong = source.choice((*({} for _ in range(6)), *INVALID_BODIES))
            filters = None if wrong else source.choice(self._invalid(source))
            body |= wrong
        return {"body": body | ({"filters": filters} if filters is not None else {})}

    @staticmethod
    def _valid(source: random.Random) -> list[dict[str, Any]]:
        year, count = source.randint(FIRST_YEAR, LAST_YEAR - 1), source.choice((0, 100, 5000))
        return [
            {"founded_after": FIRST_YEAR}, {"founded_before": LAST_YEAR}, {"founded_after": year, "founded_before": year + 1},
            {"min_employees": count, "max_employees": count}, {"max_employees": count}, {"min_employees": 5000},
            *({name: [value]} for name, value in ENUMS.items()),
            *({name: [f"entry {n}" for n in range(most)]} for name, most in LISTS.items() if name.startswith("exclude")),
            {"exclude_companies": ["Square", "Adyen", "Slack", "Figma"]}, {},
        ]  # fmt: skip

    @staticmethod
    def _invalid(source: random.Random) -> list[dict[str, Any]]:
        year, count = source.randint(FIRST_YEAR + 1, LAST_YEAR), source.choice((1, 100, 5000))
        return [
            {"founded_after": FIRST_YEAR - 1}, {"founded_before": FIRST_YEAR - 1}, {"founded_after": LAST_YEAR + 1}, {"founded_before": LAST_YEAR + 1},
            {"founded_after": year, "founded_before": year - 1}, {"founded_after": year, "founded_before": year},
            {"min_employees": -1}, {"max_employees": -1}, {"min_employees": count, "max_employees": count - 1},
            *({name: [f"entry {n}" for n in range(most + 1)]} for name, most in LISTS.items()),
            *({name: ["no such kind"]} for name in ENUMS), {"min_employees": "many"}, {"location": "London"},
        ]  # fmt: skip

    def request(self, world: World, step: Step) -> Request:
        del world
        return Request("POST", "/discover", step.values["body"])

    def statuses(self, world: World, step: Step) -> tuple[int, ...]:
        del world
        body = step.values["body"]
        sources = body.get("source_preference") or ()
        valid = (
            job_rules.valid_name(body.get("company_name"))
            and within(body.get("limit"), 1, MOST_FOUND)
            and within(body.get("similarity_threshold"), 0, 1)
            and isinstance(sources, list | tuple)
            and len(sources) <= 10  # noqa: PLR2004  # the contract's limit
            and body.get("priority", "normal") in job_rules.PRIORITIES
            and valid_filters(body.get("filters") or {})
        )
        return (OK,) if valid else (INVALID,)

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        job_rules.started(world, "discovery", step, answer, judge)


INVALID_BODIES = (
    {"limit": 0}, {"limit": MOST_FOUND + 1}, {"limit": -1}, {"similarity_threshold": -0.01}, {"similarity_threshold": 1.01},
    {"source_preference": [f"s{n}" for n in range(11)]}, {"priority": "highest"}, {"company_name": " "}, {"company_name": ""},
    {"company_name": "n" * (job_rules.LONGEST_NAME + 1)}, {"limit": "all"},
)  # fmt: skip


class Quick(Action):
    """A discovery that answers at once: the same call brings the same list."""

    name, area, weight, scope = "discover quickly", "discovery", 5, "discovery"

    def values(self, world: World, source: random.Random) -> dict[str, Any]:
        companies = world.companies[:3]  # few, so that answers can be compared with each other
        known = [len(results) for calls in world.quick.values() for *_, results in calls] or [4]
        limit = source.choice((None, world.around(source, source.choice(known), 1, MOST_QUICK), world.around(source, source.choice(known), 1, MOST_QUICK)))
        threshold = source.choice((None, 0, 0.2, 0.2, 0.4, 0.6, 1, 1.01, -0.01))
        name = source.choice((*companies * 6, f"Explored {RUN} unknown", "", " ", "n" * (job_rules.LONGEST_NAME + 1)))
        return {"company_name": name, "limit": limit, "similarity_threshold": threshold}

    def request(self, world: World, step: Step) -> Request:
        del world
        return Request("GET", query("/discover/quick", **step.values))

    def statuses(self, world: World, step: Step) -> tuple[int, ...]:
        values = step.values
        valid = job_rules.valid_name(values["company_name"]) and within(values["limit"], 1, MOST_QUICK) and within(values["similarity_threshold"], 0, 1)
        if not valid:
            return (INVALID,)
        return (OK,) if values["company_name"] in world.companies else (OK, MISSING)

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        values, body = step.values, answer.fields
        limit = LIMIT if values["limit"] is None else values["limit"]
        threshold = THRESHOLD if values["similarity_threshold"] is None else values["similarity_threshold"]
        results = body.get("results") if isinstance(body.get("results"), list) else []
        judge.equal("explore.quick.company", values["company_name"], body.get("query_company"), "query_company")
        judge.equal("explore.quick.threshold_reported", float(threshold), number(body.get("similarity_threshold")))
        sound_results(judge, "explore.quick", values["company_name"], results or [], body.get("total_found"), limit, threshold)
        if values["company_name"] not in world.companies:
            judge.that("explore.quick.nothing_invented", not results, "no results for a name that nobody bears", f"{len(results or [])} results")
        caller = world.caller(step.caller)
        stamp = world.settled(caller.person.tenant) if caller else None
        if not caller or stamp is None:
            return
        listed = [(discovery_checks.name_of(result), result.get("similarity_score")) for result in results or []]
        calls = world.quick.setdefault((caller.person.tenant, values["company_name"]), [])
        for other_limit, other_threshold, other_stamp, others in calls:
            if other_stamp == stamp:
                _agree(judge, (limit, threshold, listed), (other_limit, other_threshold, others))
        calls.append((limit, threshold, stamp, listed))


def _agree(judge: Judge, call: tuple[int, float, list[Any]], other: tuple[int, float, list[Any]]) -> None:
    """The same call brings the same list; a smaller limit brings fewer only where it cuts.

    Which sources a discovery looks at may depend on the limit, so that lists with different limits may differ.
    """
    (limit, threshold, listed), (other_limit, other_threshold, others) = call, other
    if threshold != other_threshold:
        return
    if limit == other_limit:
        judge.equal("explore.quick.repeatable", [name for name, _ in others], [name for name, _ in listed])
    elif limit < other_limit:
        least = min(limit, len(others))
        judge.that("explore.quick.complete", len(listed) >= least, f"at least {least} results, as with limit {other_limit}", f"{len(listed)} results")


class Suggest(Action):
    """Suggestions: a smaller limit brings the beginning of the same list, and each suggestion has what was typed."""

    name, area, weight, scope = "ask for suggestions", "discovery", 8, "discovery"

    def values(self, world: World, source: random.Random) -> dict[str, Any]:
        known = [names for _, _, names in world.suggested.values() if names]
        started = [job.company for job in world.jobs.values()]
        starts = ["mi", "st", "sh", *(name[:2] for name in world.companies[:2]), *(name[:4] for name in started)]
        typed = source.choice((*starts * 2, "xq", "s", "q" * 200, "q" * 201, world.companies[0]))
        limit = source.choice((None, MOST_QUICK, world.around(source, len(source.choice(known)) if known else 3, 1, MOST_QUICK)))
        return {"query": typed, "limit": limit}

    def request(self, world: World, step: Step) -> Request:
        del world
        return Request("GET", query("/discover/suggestions", **step.values))

    def statuses(self, world: World, step: Step) -> tuple[int, ...]:
        del world
        valid = 2 <= len(step.values["query"]) <= 200 and within(step.values["limit"], 1, MOST_QUICK)  # noqa: PLR2004  # the contract's limits
        return (OK,) if valid else (INVALID,)

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        typed, limit, body = step.values["query"], step.values["limit"] or LIMIT, answer.fields
        names = body.get("suggestions") if isinstance(body.get("suggestions"), list) else []
        names = [str(name) for name in names or ()]
        judge.equal("explore.suggestions.query", typed, body.get("query"), "query")
        judge.equal("explore.suggestions.count", len(names), body.get("count"), "count")
        judge.that("explore.suggestions.limit", len(names) <= limit, f"at most {limit} suggestions", f"{len(names)} suggestions")
        judge.equal("explore.suggestions.once", len(set(names)), len(names))
        caller = world.caller(step.caller)
        stamp = world.settled(caller.person.tenant) if caller else None
        if not caller or stamp is None:
            return
        key = (caller.person.tenant, typed)
        former = world.suggested.get(key)
        if former and former[1] == stamp:
            expected, observed = former[2][:limit], names[: former[0]]
            judge.that(
                "explore.suggestions.consistent",
                expected == observed and (len(former[2]) >= former[0] or len(names) == min(limit, len(former[2]))),
                f"the same list as with limit {former[0]}: {written(former[2])}",
                f"with limit {limit}: {written(names)}",
            )
        if not former or former[1] != stamp or limit > former[0]:
            world.suggested[key] = (limit, stamp, names)


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
