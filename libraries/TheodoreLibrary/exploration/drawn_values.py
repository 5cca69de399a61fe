"""The values of drawn steps: each function gives those of one operation, or None where there is nothing to act on."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING, TypeVar

from TheodoreLibrary.exploration.model import accounts, discoveries, jobs, system
from TheodoreLibrary.exploration.model.world import SCOPES
from TheodoreLibrary.exploration.steps import INVENTED, RUN

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from TheodoreLibrary.exploration.model.world import World

Drawn = dict[str, Any]
Variant = TypeVar("Variant")
HALF, MOST, SOME, FEW, RARELY = 0.5, 0.7, 0.35, 0.12, 0.05  # of 1
LONG = jobs.LONGEST_NAME
NO_PLUGIN = "no-such-plugin"
ODD = ("%%", "_x_", "東京 Zoë")  # wildcards of databases, and other scripts
MOST_RUNNING, MOST_CANCELLED, SEVERAL = 2, 2, 3
SIGN_INS = (
    *(("own", "right"),) * 4, ("own", "wrong"), ("own", "former"), ("own", "empty"), ("own", "absent"), ("own", "other case"),
    ("unknown", "wrong"), ("empty", "right"), ("too long", "right"), ("longest", "wrong"),
)  # fmt: skip
PASSWORDS = (
    ("right", "strong"), ("right", accounts.SHORT), ("wrong", "strong"), ("empty", "strong"),
    *(("right", weak) for weak in accounts.WEAK),
)  # fmt: skip
FILTERED = (
    (), (), ("category",), ("status",), ("search",), ("category", "status"), ("category", "status"), ("category", "search"),
    ("status", "search"), ("category", "status", "search"),
)  # fmt: skip
FOREIGN: tuple[Drawn, ...] = ({"role": "admin"}, {"user_id": "usr_other"}, {"is_active": False}, {"username": "other"})
# A key's end: seconds from now, written in a zone of so many hours.
ENDS = ([3600, 0], [-60, 0], [3600, -12], [-3600, 12], [-3600, -12], [7200, 12], "no date")
KEYS: tuple[Drawn, ...] = (
    *({"ends": ends} for ends in ENDS), {}, {}, {}, {"name": "k"}, {"name": "k" * accounts.KEY_NAME}, {"name": ""},
    {"name": "k" * (accounts.KEY_NAME + 1)}, {"description": "d" * accounts.DESCRIPTION},
    {"description": "d" * (accounts.DESCRIPTION + 1)},
)  # fmt: skip
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
    {"limit": discoveries.MOST_FOUND, "similarity_threshold": 0.2},
    {"source_preference": ["vector"], "similarity_threshold": 0.2},
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


def some(world: World, source: random.Random, name: str, variants: Sequence[Variant]) -> Variant:
    """One of the variants, each as often as any other: those that were not drawn yet come first."""
    name = f"{world.kind}: {name}"
    deck = world.decks.get(name) or []
    if not deck or max(deck) >= len(variants):
        deck = source.sample(range(len(variants)), len(variants))
    world.decks[name] = deck
    return variants[deck.pop()]


def around(source: random.Random, count: int, least: int, most: int) -> int:
    """A number around how many there are, or around the ends of what is allowed."""
    usual = (count - 1, count, count + 1, 1, 2, count // 2)
    number = source.choice((*usual, *usual, least - 1, least, most, most + 1))
    return max(least - 1, min(most + 1, number))


# Accounts


def sign_in(world: World, source: random.Random) -> Drawn:
    identity = source.choice([name for name, identity in world.identities.items() if not identity.strict])
    username, password = some(world, source, "sign-ins", SIGN_INS)
    return {"identity": identity, "username": username, "password": password}


def renew(world: World, source: random.Random) -> Drawn:
    known = [label for label, session in world.sessions.items() if session.refresh and session.alive is not None]
    ended = [label for label in known if world.sessions[label].alive is False]
    label = source.choice(ended if ended and source.random() < HALF else known)
    return {"session": label, "token": source.choice(("refresh",) * 5 + ("access", "made up"))}


def profile(world: World, source: random.Random) -> Drawn:
    word = f"{RUN}{source.randrange(1000)}"
    choices: dict[str, tuple[Any, ...]] = {
        "first_name": (f"Ada{word}", "A" * accounts.NAME, "A" * (accounts.NAME + 1), f"Zoë-Ð {word}"),
        "last_name": (f"Byron{word}", "B" * accounts.NAME, "B" * (accounts.NAME + 1), f"O'Neill {word}"),
        "email": (f"ada.{word}@example.com", "no-address", f"A.{word}@Example.com"),
        "preferences": ({"theme": word}, {"theme": word.upper()}, "no object"),
    }
    single = [{name: value} for name, values in choices.items() for value in values]
    changes = some(world, source, "profile changes", (*single, *FOREIGN, {}, {name: choices[name][0] for name in choices}))
    return {"changes": changes}


def password(world: World, source: random.Random) -> Drawn | None:
    present, new = some(world, source, "passwords", PASSWORDS)
    return {"present": present, "new": new} if world.destructive else None


def key(world: World, source: random.Random) -> Drawn:
    scopes = some(world, source, "scopes", (None, [], ["research"], ["discovery"], [*SCOPES], [*SCOPES[::-1]]))
    values = {"name": f"explored {RUN}", "scopes": scopes, "ends": None, "description": None}
    return values | some(world, source, "keys", KEYS)


# Jobs


def may_start(world: World) -> bool:
    """Whether one more job may run: jobs cost work, and while a tenant's jobs run its discoveries cannot be compared."""
    running = [job for job in world.jobs.values() if not job.ended]
    return len(running) < MOST_RUNNING and len(world.jobs) < world.most_jobs


def research(world: World, source: random.Random) -> Drawn:
    if may_start(world) and source.random() < HALF:
        invented = f"{INVENTED} {RUN} {source.randrange(1000)}"
        longest = f"{invented} {'n' * LONG}"[:LONG]
        names = (*world.companies[:2], source.choice(world.companies[2:] or world.companies), source.choice((invented, longest)))
        return {
            "body": {"company_name": some(world, source, "researched", names)} | some(world, source, "researches", RESEARCHES)
        }
    return {"body": {"company_name": world.companies[0]} | some(world, source, "wrong researches", WRONG_RESEARCHES)}


def job(world: World, source: random.Random) -> Drawn | None:
    if not world.jobs:
        return None
    values = {"job": source.choice(list(world.jobs)), "route": source.choice(("", "", "/progress"))}
    return values | ({"identifier": source.choice(("unknown", "of another kind"))} if source.random() < FEW else {})


def cancel(world: World, source: random.Random) -> Drawn | None:
    values = job(world, source)
    if values is None:
        return None
    cancelled = sum(job.cancelled for job in world.jobs.values())
    ended = [label for label, job in world.jobs.items() if job.ended]
    if cancelled >= MOST_CANCELLED and ended:  # the others are to end by themselves
        values["job"] = source.choice(ended)
    return values | {"route": ""}


def open_job(world: World, source: random.Random) -> Drawn | None:
    running = [label for label, job in world.jobs.items() if not job.ended]
    return {"job": source.choice(running), "route": "", "until": "ended"} if running else None


def stream(world: World, source: random.Random) -> Drawn | None:
    ended = [label for label, job in world.jobs.items() if job.ended and job.kind == "research"]
    return {"job": source.choice(ended)} if ended else None


# Discoveries


def discovery(world: World, source: random.Random) -> Drawn:
    body: Drawn = {"company_name": world.companies[0]}
    if may_start(world) and source.random() < SOME:
        by_fact = _filter_by_fact(world, source)
        if by_fact and source.random() < MOST:
            return {"body": body | {"limit": discoveries.MOST_FOUND, "similarity_threshold": 0.2, "filters": by_fact}}
        filters = some(world, source, "filters", _filters(source))
        return {"body": body | some(world, source, "discoveries", DISCOVERIES) | {"filters": filters}}
    wrong = (*WRONG_DISCOVERIES, *({"filters": filters} for filters in _wrong_filters(source)))
    return {"body": body | some(world, source, "wrong discoveries", wrong)}


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
    company, most = world.companies[0], discoveries.MOST_QUICK
    wrong: tuple[Drawn, ...] = (
        {"limit": 0}, {"limit": most + 1}, {"similarity_threshold": 1.01}, {"similarity_threshold": -0.01}, {"company_name": ""},
        {"company_name": " "}, {"company_name": "n" * (LONG + 1)}, {"company_name": f"{INVENTED} {RUN} unknown"},
    )  # fmt: skip
    some_limit = around(source, source.choice(lengths), 1, most)
    right: tuple[Drawn, ...] = (
        {"limit": most, "similarity_threshold": 0.2}, {"limit": some_limit, "similarity_threshold": 0.2}, {},
        {"limit": some_limit, "similarity_threshold": source.choice((0, 0.2, 0.4, 0.6, 1))}, {"limit": 1},
    )  # fmt: skip
    values = some(world, source, "quick", (*right * 2, *wrong))
    return {"company_name": company, "limit": None, "similarity_threshold": None} | values


def suggestions(world: World, source: random.Random) -> Drawn:
    lists = {typed: names for (_, typed, _), (_, names) in world.suggested.items() if names}
    longest, most = discoveries.LONGEST_QUERY, discoveries.MOST_QUICK
    wrong: tuple[Drawn, ...] = (
        {"query": "s"}, {"query": "q" * longest}, {"query": "q" * (longest + 1)}, {"query": "xq"}, {"limit": 0},
        {"limit": most + 1},
    )  # fmt: skip
    started = sorted({job.company[: discoveries.TYPED] for job in world.jobs.values() if not job.invented})
    several = [typed for typed, names in lists.items() if len(names) > 1]
    typed = source.choice((*discoveries.STARTS, *world.fragments, *several * 2, *started[:2]))
    count = len(lists[typed]) if typed in lists else 3
    right: Drawn = {"query": typed, "limit": source.choice((None, most, *(around(source, count, 1, most) for _ in range(3))))}
    return {"query": "mi", "limit": None} | some(world, source, "suggestions", (*(right,) * 12, *wrong))


# Plugins and the system


def some_filter(world: World, source: random.Random, name: str) -> str:
    """A value of a filter: that of some plugin, a part of it, or an unknown one."""
    plugin = source.choice(world.plugins)
    if name == "search":
        text = source.choice((plugin["name"], plugin["description"], source.choice(plugin["description"].split())))
        start = source.randrange(max(1, len(text) - 3))
        word = text[start : start + source.choice((2, 4, 8, 200))].strip()
        word = word if len(word) > 1 else text
        return str(source.choice((word, word, word.upper(), word.capitalize(), f"{word} qx", "no such plugin", *ODD)))
    value = str(plugin[name])
    return source.choice((value, value, value, value, value[:-1], "unknown"))


def plugins(world: World, source: random.Random) -> Drawn:
    values: Drawn = dict.fromkeys(("category", "status", "search", "limit", "offset"))
    for name in some(world, source, "filters of plugins", FILTERED):
        values[name] = some_filter(world, source, name)
    if values["category"] and values["status"] and source.random() < MOST:  # those of different plugins
        first, second = source.sample(world.plugins, 2) if len(world.plugins) > 1 else (world.plugins[0],) * 2
        values |= {"category": first["category"], "status": second["status"]}
    if len(system.matching(world, values)) < SEVERAL and source.random() < HALF:
        values |= dict.fromkeys(("category", "status", "search"))  # pages need several plugins
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
    usual = some_filter(world, source, "search")
    typed = some(world, source, "searches", (*(usual,) * 5, "s", *ODD))
    count = len(system.matching(world, {"search": typed, "category": category}))
    limit = around(source, count, 1, system.MOST_FOUND) if source.random() < MOST else None
    return {"query": typed, "category": category, "limit": limit}


def plugin(world: World, source: random.Random) -> Drawn:
    names = [plugin["name"] for plugin in world.plugins]
    return {"plugin": source.choice((*(source.choice(names) for _ in range(3)), source.choice(names)[:-1], NO_PLUGIN))}


def plugin_change(world: World, source: random.Random) -> Drawn | None:
    if not world.destructive:
        return None
    change = some(world, source, "changes", tuple(system.LIFE))
    spare = [name for name, status in world.first_plugins.items() if status == "available"] or list(world.first_plugins)
    values: Drawn = {"change": change, "plugin": source.choice((*spare[:1] * 7, spare[-1], NO_PLUGIN))}
    if change in system.FORCED:
        values["force"] = source.choice((None, None, None, "true", "false"))
    if change == "install":
        values["version"] = source.choice((None, None, None, "right", "99.0.0"))
    return values


def configuration(world: World, source: random.Random) -> Drawn | None:
    level = {"log_level": source.choice(("DEBUG", "INFO", "WARNING", "ERROR"))}
    flag = {"feature_flags": {"explored": source.choice((True, False))}}
    changes: Drawn = some(world, source, "configurations", (
        level, level, flag, level | flag, level | {"signing_key": "x"}, level | {"unknown": 1}, flag | {"unknown": 1},
        {"feature_flags": "none"}, {"log_level": 7}, level | {"feature_flags": []},
    ))  # fmt: skip
    return {"changes": changes} if world.destructive else None


def restart(world: World, source: random.Random) -> Drawn:
    named = ["plugins"] if world.destructive else ["nothing"]
    return {"components": some(world, source, "components", (named, ["nothing"], [*named, "nothing"]))}


def metrics(world: World, source: random.Random) -> Drawn:
    longest = system.LONGEST_PERIOD
    return {"period_seconds": some(world, source, "periods", (None, 1, longest, 0, longest + 1, 60))}


def open_route(world: World, source: random.Random) -> Drawn:
    return {"route": some(world, source, "open routes", ("/health", "/version"))}
