"""What lists say: all objects, once, in one order, with true totals, and by each filter all and only what has the value."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from ApiLibrary.consistency import lists, objects
from ApiLibrary.consistency.comparing import first_difference
from theodore_qa.observing.display import plural

if TYPE_CHECKING:
    from ApiLibrary.consistency.actor import Actor, Made
    from theodore_qa.observing.checks import Checks
    from theodore_qa.openapi import Parameter

MOST_SMALL = 60  # items that are read on small pages too
FILTER_ITEMS, FILTER_VALUES = 400, 4
VAGUE = re.compile(r"part of|contain|substring|prefix|starts|search|match|fuzzy|any case|case.?insens|like", re.IGNORECASE)


def listed(actor: Actor, checks: Checks, made: list[Made]) -> lists.Listed | None:
    """Check the list with the objects that were made; returns it, or None if it is not known as a whole."""
    if not actor.may(actor.resource.listing):
        return None
    found = actor.listing()
    narrowed = [parameter.name for parameter in _filters(actor) if _schema(parameter).get("default") is not None]
    problem = found.problem or (f"the list is narrowed by default ({', '.join(narrowed)})" if narrowed else "")
    if problem:
        checks.not_evaluated("consistency.listed", "a list that can be read to its end", problem)
        return None
    ids = actor.identifiers(found)
    for each in made:
        times = ids.count(each.id)
        checks.that(
            "consistency.listed",
            times == 1,
            "listed once",
            f"{each.id}: {plural(times, 'time')} in {plural(len(ids), 'item')}",
            n=len(ids),
        )
    doubles = sorted({identifier for identifier in ids if identifier and ids.count(identifier) > 1})
    checks.that("consistency.no_doubles", not doubles, "no identifier twice", ", ".join(doubles) or "none", n=len(ids))
    _totals(checks, found, len(ids), "consistency.total")
    if found.size and len(ids) <= MOST_SMALL:
        _small_pages(actor, checks, ids)
    _item_agrees(actor, checks, found, made[0])
    return found


def not_listed(checks: Checks, check: str, identifier: str, ids: list[str]) -> None:
    """A list with these identifiers does not have this one."""
    observed = f"{ids.count(identifier)} times in {plural(len(ids), 'item')}"
    checks.that(check, identifier not in ids, f"not {identifier}", observed, n=max(1, len(ids)))


def _totals(checks: Checks, found: lists.Listed, count: int, check: str) -> None:
    for claimed in sorted(set(found.totals)):
        checks.that(check, claimed == count, f"{count}, the items of all pages", claimed, n=len(found.pages))


def _small_pages(actor: Actor, checks: Checks, ids: list[str]) -> None:
    """Small pages hold what large ones hold, in the same order, and no page more than it may."""
    small, again = actor.listing(size=lists.SMALL), actor.listing()
    if sorted(actor.identifiers(again)) != sorted(ids) or small.problem:
        reason = small.problem or "other objects at each reading"
        checks.not_evaluated("consistency.pages", "a list that nobody changes meanwhile", reason)
        return
    own = actor.identifiers(small)
    _totals(checks, small, len(ids), "consistency.total")
    most = max(small.pages)
    limit = small.size or most
    checks.that(
        "consistency.page_size", most <= limit, f"at most {plural(limit, 'item')}", plural(most, "item"), n=len(small.pages)
    )
    checks.that(
        "consistency.pages",
        sorted(own) == sorted(ids),
        f"{plural(len(ids), 'item')}, as on large pages",
        plural(len(own), "item"),
        n=len(own),
    )
    checks.that("consistency.order", own == ids == actor.identifiers(again), "one order", first_difference(own, ids), n=len(own))


def _item_agrees(actor: Actor, checks: Checks, found: lists.Listed, made: Made) -> None:
    item = next((item for item in found.items if objects.identifier(item, actor.resource.variable) == made.id), {})
    known = actor.object(made.id)
    names = actor.sent if actor.moves else item.keys()
    differing = [name for name in (item.keys() & known.keys() & set(names)) - actor.ignored if item[name] != known[name]]
    observed = "; ".join(f"{name}: {item[name]} ≠ {known[name]}" for name in sorted(differing)) or "no difference"
    if item:
        checks.that("consistency.list_and_object", not differing, "no difference", observed, n=len(item))


def _filters(actor: Actor) -> list[Parameter]:
    given = actor.resource.listing.parameters if actor.resource.listing else ()
    return [parameter for parameter in given if parameter.location == "query" and parameter.name in actor.answered]


def _schema(parameter: Parameter) -> dict[str, Any]:
    return parameter.schema if isinstance(parameter.schema, dict) else {}


def filters(actor: Actor, checks: Checks, found: lists.Listed | None, check: str = "consistency.filter") -> None:
    """Each filter by a field gives all objects with a value, and only these; a text that lacks its last letter is another."""
    if found is None or len(found.items) > FILTER_ITEMS:
        return
    for parameter in _filters(actor):
        described = f"{parameter.raw.get('description', '')} {_schema(parameter).get('description', '')}"
        values = [item.get(parameter.name) for item in reversed(found.items)]  # our own are mostly the last ones
        plain = [value for value in values if isinstance(value, str | int | float) and value != ""]
        for value in [] if VAGUE.search(described) else list(dict.fromkeys(plain))[:FILTER_VALUES]:
            _filter(actor, checks, found, parameter.name, value, check)
        text = next((value for value in plain if isinstance(value, str) and len(value) > 1), "")
        free = not {"enum", "format", "pattern"} & {*_schema(parameter), *actor.answered[parameter.name]}
        if text and free and not VAGUE.search(described):
            _filter(actor, checks, found, parameter.name, text[:-1], check)


def _filter(actor: Actor, checks: Checks, whole: lists.Listed, name: str, value: Any, check: str) -> None:
    text = str(value).lower() if isinstance(value, bool) else value
    given: set[str] = set()
    right: set[str] = set()
    filtered = lists.Listed()
    for again in (False, True):  # somebody else may have changed the list between the two readings
        whole = actor.listing() if again else whole
        filtered = actor.listing({name: text})
        if filtered.problem or whole.problem:
            checks.not_evaluated(f"{check}.{name}", f"the objects with {text}", filtered.problem or whole.problem)
            return
        pairs = zip(actor.identifiers(whole), whole.items, strict=True)
        right = {identifier for identifier, item in pairs if item.get(name) == value}
        given = set(actor.identifiers(filtered))
        if given == right:
            break
    observed = f"{plural(len(given), 'object')}, {len(given - right)} of them without it, {len(right - given)} missing"
    checks.that(
        f"{check}.{name}", given == right, f"the {plural(len(right), 'object')} with {text}", observed, n=len(filtered.items) or 1
    )
    if given == right:
        _totals(checks, filtered, len(filtered.items), f"{check}_total.{name}")
