"""The values of drawn steps: each function gives those of one operation, or None where there is nothing to act on."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from TheodoreLibrary.exploration.model import accounts, discoveries, jobs, system
from TheodoreLibrary.exploration.model.world import SCOPES
from TheodoreLibrary.exploration.steps import INVENTED, RUN

if TYPE_CHECKING:
    import random

    from TheodoreLibrary.exploration.model.world import World

Drawn = dict[str, Any]
HALF, MOST, SOME, FEW = 0.5, 0.7, 0.35, 0.12  # of 1
LONG = jobs.LONGEST_NAME
# A key's end: seconds from now, written in a zone of so many hours.
ENDS = (None, None, None, [3600, 0], [-60, 0], [3600, -12], [-3600, 12], [-3600, -12], [7200, 12], "no date")
RESEARCHES: tuple[Drawn, ...] = (
    {}, {"priority": "urgent"}, {"priority": "low"}, {"tags": [f"t{n}" for n in range(jobs.MOST_TAGS)]},
    {"timeout_seconds": jobs.SHORTEST_TIMEOUT}, {"timeout_seconds": jobs.LONGEST_TIMEOUT}, {"deep_analysis": True},
    {"config_overrides": {}}, {"website": None, "tags": None},
)  # fmt: skip
WRONG_RESEARCHES: tuple[Drawn, ...] = (
    {"priority": "highest"}, {"tags": [f"t{n}" for n in range(jobs.MOST_TAGS + 1)]}, {"tags": "none"},
    {"config_overrides": []},
    {"timeout_seconds": jobs.SHORTEST_TIMEOUT - 1}, {"timeout_seconds": jobs.LONGEST_TIMEOUT + 1}, {"timeout_seconds": "soon"},
    {"company_name": ""}, {"company_name": "   "}, {"company_name": "n" * (LONG + 1)}, {"company_name": 7},
    {"company_name": None},
)  # fmt: skip
DISCOVERIES: tuple[Drawn, ...] = (
    {}, {"limit": 1}, {"limit": discoveries.MOST_FOUND, "similarity_threshold": 0}, {"limit": 2}, {"similarity_threshold": 1},
    {"limit": discoveries.MOST_FOUND, "similarity_threshold": 0.2}, {"source_preference": ["vector"], "similarity_threshold": 0.2},
)  # fmt: skip
WRONG_DISCOVERIES: tuple[Drawn, ...] = (
    {"limit": 0}, {"limit": discoveries.MOST_FOUND + 1}, {"limit": -1}, {"limit": "all"}, {"similarity_threshold": -0.01},
    {"similarity_threshold": 1.01}, {"source_preference": [f"s{n}" for n in range(discoveries.MOST_SOURCES + 1)]},
    {"priority": "highest"}, {"company_name": " "}, {"company_name": ""}, {"company_name": "n" * (LONG + 1)},
)  # fmt: skip


def nothing(world: World, source: random.Random) -> Drawn:
    """No values."""
    del world, source
    return {}


def around(source: random.Random, count: int, least: int, most: int) -> int:
    """A number around how many there are, or around the ends of what is allowed."""
    number = source.choice((count - 1, count, count, count + 1, 1, 2, max(1, count // 2), least - 1, least, most, most + 1))
    return max(least - 1, min(most + 1, number))


# Accounts


def sign_in(world: World, source: random.Random) -> Drawn:
    person = source.choice([name for name, person in world.people.items() if not person.strict])
    password = source.choice(("right",) * 5 + ("wrong", "former", "empty", "absent", "other case"))
    username = source.choice(("own",) * 7 + ("unknown", "empty", "too long", "longest"))
    return {"person": person, "password": password, "username": username}


def renew(world: World, source: random.Random) -> Drawn:
    known = [label for label, session in world.sessions.items() if session.refresh and session.alive is not None]
    ended = [label for label in known if world.sessions[label].alive is False]
    label = source.choice(ended if ended and source.random() < HALF else known)
    return {"session": label, "token": source.choice(("refresh",) * 5 + ("access", "made up"))}


def profile(world: World, source: random.Random) -> Drawn:
    del world
    word = f"{RUN}{source.randrange(1000)}"
    choices: dict[str, tuple[Any, ...]] = {
        "first_name": (f"Ada{word}", "A" * accounts.NAME, "A" * (accounts.NAME + 1), f"Zoë-Ð {word}"),
        "last_name": (f"Byron{word}", "B" * accounts.NAME, "B" * (accounts.NAME + 1), f"O'Neill {word}"),
        "email": (f"ada.{word}@example.com", "no-address", f"A.{word}@Example.com"),
        "preferences": ({"theme": word}, {"theme": word.upper()}, "no object"),
    }
    names = source.sample(sorted(choices), source.choice((0, 1, 1, 1, 2, 4)))
    changes = {name: choices[name][0] if source.random() < HALF else source.choice(choices[name]) for name in names}
    if source.random() < FEW:
        changes |= source.choice(({"role": "admin"}, {"user_id": "usr_other"}, {"is_active": False}, {"username": "other"}))
    return {"changes": changes}


def password(world: World, source: random.Random) -> Drawn | None:
    new = source.choice(("strong", accounts.SHORT, *accounts.WEAK))
    return {"present": source.choice(("right",) * 4 + ("wrong", "empty")), "new": new} if world.destructive else None


def key(world: World, source: random.Random) -> Drawn:
    del world
    usual = source.random() < MOST
    names = (f"explored {RUN}",) if usual else ("k", "k" * accounts.KEY_NAME, "k" * (accounts.KEY_NAME + 1), "")
    descriptions = (None,) if usual else (None, "d" * accounts.DESCRIPTION, "d" * (accounts.DESCRIPTION + 1))
    scopes = source.choice((None, *([scope] for scope in SCOPES * 2), [*SCOPES], [*SCOPES[::-1]]))
    return {
        "name": source.choice(names), "scopes": scopes, "ends": source.choice(ENDS), "description": source.choice(descriptions),
    }  # fmt: skip


# Jobs


def research(world: World, source: random.Random) -> Drawn:
    if len(world.jobs) < world.most_jobs and source.random() < HALF:  # valid ones cost work
        invented = f"{INVENTED} {RUN} {source.randrange(1000)}"
        names = (*world.companies[:2] * 2, source.choice(world.companies), invented, f"{invented} {'n' * LONG}"[:LONG])
        return {"body": {"company_name": source.choice(names)} | source.choice(RESEARCHES)}
    return {"body": {"company_name": source.choice(world.companies)} | source.choice(WRONG_RESEARCHES)}


def job(world: World, source: random.Random) -> Drawn | None:
    if not world.jobs:
        return None
    values = {"job": source.choice(list(world.jobs)), "route": source.choice(("", "", "/progress"))}
    return values | ({"identifier": source.choice(("unknown", "of another kind"))} if source.random() < FEW else {})


def cancel(world: World, source: random.Random) -> Drawn | None:
    values = job(world, source)
    return None if values is None else values | {"route": ""}


def open_job(world: World, source: random.Random) -> Drawn | None:
    running = [label for label, job in world.jobs.items() if not job.ended]
    return {"job": source.choice(running), "route": "", "until": "ended"} if running else None


def stream(world: World, source: random.Random) -> Drawn | None:
    ended = [label for label, job in world.jobs.items() if job.ended and job.kind == "research"]
    return {"job": source.choice(ended)} if ended else None


# Discoveries


def discovery(world: World, source: random.Random) -> Drawn:
    body: Drawn = {"company_name": source.choice(world.companies[:3])}
    if len(world.jobs) < world.most_jobs and source.random() < HALF:  # valid ones cost work
        by_fact = _filter_by_fact(world, source)
        if by_fact and source.random() < MOST:
            return {"body": body | {"limit": discoveries.MOST_FOUND, "similarity_threshold": 0.2, "filters": by_fact}}
        filters = source.choice((None, *_filters(source)))
        return {"body": body | source.choice(DISCOVERIES) | ({"filters": filters} if filters is not None else {})}
    if source.random() < HALF:
        return {"body": body | source.choice(WRONG_DISCOVERIES)}
    return {"body": body | {"filters": source.choice(_wrong_filters(source))}}


def _filter_by_fact(world: World, source: random.Random) -> Drawn:
    """A filter that some of the companies pass that were found, and others do not: its value is a fact of one of them."""
    if not world.found:
        return {}
    company = source.choice(world.found)
    facts: list[Drawn] = [{name: [company[name]]} for name in discoveries.ENUMS if company.get(name)]
    facts.append({"exclude_companies": [company.get("name")]})
    if isinstance(year := company.get("founded_year"), int):
        facts += [{"founded_after": year}, {"founded_before": year}, {"founded_after": min(year + 1, discoveries.LAST_YEAR)}]
    if isinstance(count := company.get("employee_count"), int):
        facts += [{"min_employees": count}, {"max_employees": count}, {"min_employees": count + 1}]
    return source.choice(facts)


def _filters(source: random.Random) -> list[Drawn]:
    first, last = discoveries.FIRST_YEAR, discoveries.LAST_YEAR
    year, count = source.randint(first, last - 1), source.choice((0, 100, 5000))
    return [
        {}, {"founded_after": first}, {"founded_before": last}, {"founded_after": year, "founded_before": year + 1},
        {"min_employees": count, "max_employees": count}, {"max_employees": count},
        *({name: [value]} for name, value in discoveries.ENUMS.items()),
        *({name: [f"entry {n}" for n in range(most)]} for name, most in discoveries.LISTS.items()),
    ]  # fmt: skip


def _wrong_filters(source: random.Random) -> list[Drawn]:
    first, last = discoveries.FIRST_YEAR, discoveries.LAST_YEAR
    year, count = source.randint(first + 1, last), source.choice((1, 100, 5000))
    return [
        {"founded_after": first - 1}, {"founded_before": first - 1}, {"founded_after": last + 1}, {"founded_before": last + 1},
        {"founded_after": year, "founded_before": year - 1}, {"founded_after": year, "founded_before": year},
        {"min_employees": -1}, {"max_employees": -1}, {"min_employees": count, "max_employees": count - 1},
        *({name: [f"entry {n}" for n in range(most + 1)]} for name, most in discoveries.LISTS.items()),
        *({name: ["no such kind"]} for name in discoveries.ENUMS), {"min_employees": "many"}, {"location": "London"},
    ]  # fmt: skip


def quick(world: World, source: random.Random) -> Drawn:
    lengths = [len(names) for calls in world.quick.values() for *_, names in calls] or [4]
    limits = (None, *(around(source, source.choice(lengths), 1, discoveries.MOST_QUICK) for _ in range(3)))
    threshold = source.choice((None, 0, 0.2, 0.2, 0.4, 0.6, 1, 1.01, -0.01))
    # Few companies, so that answers can be compared with each other.
    name = source.choice((*world.companies[:3] * 6, f"{INVENTED} {RUN} unknown", "", " ", "n" * (LONG + 1)))
    return {"company_name": name, "limit": source.choice(limits), "similarity_threshold": threshold}


def suggestions(world: World, source: random.Random) -> Drawn:
    lists = {typed: names for (_, typed, _), (_, names) in world.suggested.items() if names}
    started = sorted({job.company[:4] for job in world.jobs.values()})
    starts = ("mi", "st", "sh", *(name[:2] for name in world.companies[:2]), *started, *list(lists)[-3:])
    longest = discoveries.LONGEST_QUERY
    typed = source.choice((*starts * 3, "xq", "s", "q" * longest, "q" * (longest + 1), world.companies[0]))
    count = len(lists[typed]) if typed in lists else 3
    limit = source.choice((None, discoveries.MOST_QUICK, *(around(source, count, 1, discoveries.MOST_QUICK) for _ in range(3))))
    return {"query": typed, "limit": limit}


# Plugins and the system


def some_filter(world: World, source: random.Random, name: str) -> str:
    """A value of a filter: that of some plugin, a part of it, or an unknown one."""
    plugin = source.choice(world.plugins)
    if name == "search":
        text = source.choice((plugin["name"], plugin["description"], source.choice(plugin["description"].split())))
        start = source.randrange(max(1, len(text) - 3))
        word = text[start : start + source.choice((2, 4, 8, 200))].strip()
        word = word if len(word) > 1 else text
        return str(source.choice((word, word, word.upper(), word.capitalize(), f"{word} qx", "no such plugin", "%%", "_x_")))
    value = str(plugin[name])
    return source.choice((value, value, value, value, value[:-1], "unknown"))


def plugins(world: World, source: random.Random) -> Drawn:
    values: Drawn = dict.fromkeys(("category", "status", "search", "limit", "offset"))
    for name in ("category", "status", "search"):
        if source.random() < SOME:
            values[name] = some_filter(world, source, name)
    count = len(system.matching(world, values))
    if source.random() < MOST:
        values["limit"] = around(source, count, 1, system.MOST_LISTED)
    if source.random() < MOST:
        last = max(0, count - (values["limit"] or system.LISTED))
        values["offset"] = source.choice(
            (0, 1, last, last, max(0, last - 1), max(0, count - 1), count, count + 1, count // 2, -1)
        )
    return values


def plugin_search(world: World, source: random.Random) -> Drawn:
    category = some_filter(world, source, "category") if source.random() < SOME else None
    typed = source.choice((*(some_filter(world, source, "search") for _ in range(5)), "s"))
    count = len(system.matching(world, {"search": typed, "category": category}))
    limit = around(source, count, 1, system.MOST_FOUND) if source.random() < MOST else None
    return {"query": typed, "category": category, "limit": limit}


def plugin(world: World, source: random.Random) -> Drawn:
    names = [plugin["name"] for plugin in world.plugins]
    return {"plugin": source.choice((*(source.choice(names) for _ in range(3)), source.choice(names)[:-1], "no-such-plugin"))}


def plugin_change(world: World, source: random.Random) -> Drawn | None:
    if not world.destructive:
        return None
    change = source.choice(tuple(system.LIFE))
    spare = [name for name, status in world.first_plugins.items() if status == "available"] or list(world.first_plugins)
    values: Drawn = {"change": change, "plugin": source.choice((*spare[:1] * 7, spare[-1], "no-such-plugin"))}
    if change in system.FORCED:
        values["force"] = source.choice((None, None, None, "true", "false"))
    if change == "install":
        values["version"] = source.choice((None, None, None, "right", "99.0.0"))
    return values


def configuration(world: World, source: random.Random) -> Drawn | None:
    level = {"log_level": source.choice(("DEBUG", "INFO", "WARNING", "ERROR"))}
    flag = {"feature_flags": {"explored": source.choice((True, False))}}
    changes: Drawn = source.choice((
        level, level, flag, level | flag, level | {"signing_key": "x"}, level | {"unknown": 1}, flag | {"unknown": 1},
        {"feature_flags": "none"}, {"log_level": 7}, level | {"feature_flags": []},
    ))  # fmt: skip
    return {"changes": changes} if world.destructive else None


def restart(world: World, source: random.Random) -> Drawn:
    named = ["plugins"] if world.destructive else ["nothing"]
    return {"components": source.choice((named, ["nothing"], [*named, "nothing"]))}


def metrics(world: World, source: random.Random) -> Drawn:
    del world
    longest = system.LONGEST_PERIOD
    return {"period_seconds": source.choice((None, 1, longest, 0, longest + 1, 60, -1))}


def open_route(world: World, source: random.Random) -> Drawn:
    del world
    return {"route": source.choice(("/health", "/version"))}
