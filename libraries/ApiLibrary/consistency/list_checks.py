"""What lists say: all objects, once, in one order, with true totals, and by each filter all and only what has the value."""

from __future__ import annotations

import itertools
import re
from typing import Any, TYPE_CHECKING

from ApiLibrary.consistency import lists, objects
from ApiLibrary.consistency.comparing import first_difference
from theodore_qa.observing.display import plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from ApiLibrary.consistency.actor import Actor, Made
    from theodore_qa.observing.checks import Checks
    from theodore_qa.openapi import Parameter

MOST_SMALL = 60  # items that are read on small pages too
FILTER_ITEMS, FILTER_VALUES, FILTER_CHOICES = 400, 4, 8
VAGUE = re.compile(r"part of|contain|substring|prefix|starts|search|match|fuzzy|any case|case.?insens|like", re.IGNORECASE)


def listed(actor: Actor, checks: Checks, made: list[Made]) -> lists.Listed | None:
    """Check the list with the objects that were made; returns it, or None if it is not known as a whole."""
    if not actor.may(actor.resource.listing):
        return None
    found = actor.listing()
    default = [parameter.name for parameter in _filters(actor) if schema_of(parameter).get("default") is not None]
    problem = found.problem or (f"the list is narrowed by default ({', '.join(default)})" if default else "")
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


def schema_of(parameter: Parameter) -> dict[str, Any]:
    """The schema of a parameter; empty where it has none."""
    return parameter.schema if isinstance(parameter.schema, dict) else {}


def filters(actor: Actor, checks: Checks, found: lists.Listed | None, check: str = "consistency.filter") -> None:
    """Each filter by a field gives all objects with a value, and only these; a text that lacks its last letter is another.

    Each value that the contract lists is tried, and filters in twos.
    """
    if found is None or len(found.items) > FILTER_ITEMS:
        return
    exact: list[str] = []
    for parameter in _filters(actor):
        described = f"{parameter.raw.get('description', '')} {schema_of(parameter).get('description', '')}"
        values = [item.get(parameter.name) for item in reversed(found.items)]  # our own are mostly the last ones
        plain = [value for value in values if isinstance(value, str | int | float) and value != ""]
        if VAGUE.search(described):
            continue
        choices = [value for value in schema_of(parameter).get("enum") or () if isinstance(value, str | int)]
        for value in dict.fromkeys([*list(dict.fromkeys(plain))[:FILTER_VALUES], *choices[:FILTER_CHOICES]]):
            _filter(actor, checks, found, {parameter.name: value}, check)
        text = next((value for value in plain if isinstance(value, str) and len(value) > 1), "")
        free = not {"enum", "format", "pattern"} & {*schema_of(parameter), *actor.answered[parameter.name]}
        if text and free:
            _filter(actor, checks, found, {parameter.name: text[:-1]}, check)
        exact.append(parameter.name)
    full: dict[str, Any] = next(
        (each for each in reversed(found.items) if all(each.get(name) not in (None, "") for name in exact)), {}
    )
    for first, second in itertools.pairwise(exact) if full else ():
        _filter(actor, checks, found, {first: full[first], second: full[second]}, check)


def _filter(actor: Actor, checks: Checks, whole: lists.Listed, values: dict[str, Any], check: str) -> None:
    """A list by the values of fields holds all and only the objects that have them."""

    def holds(item: dict[str, Any]) -> bool:
        return all(item.get(name) == value for name, value in values.items())

    named = " and ".join(values)
    filtered = narrowed(
        actor, checks, whole, values, holds, f"{check}.{named}", f"with {' and '.join(map(str, values.values()))}"
    )
    if filtered is not None:
        _totals(checks, filtered, len(filtered.items), f"{check}_total.{named}")


def narrowed(
    actor: Actor,
    checks: Checks,
    whole: lists.Listed,
    query: dict[str, Any],
    holds: Callable[[dict[str, Any]], bool | None],
    check: str,
    which: str,
) -> lists.Listed | None:
    """A list by a query has all objects that hold, and none that does not; returns it if that is so.

    Args:
        actor: who reads.
        checks: that the observation is added to.
        whole: the list without the query.
        query: that narrows the list.
        holds: whether an object has to be there; None if it may be.
        check: the name of the check.
        which: which objects have to be there, in words.
    """
    query = {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items()}
    given: set[str] = set()
    unwanted: set[str] = set()
    right: set[str] = set()
    filtered = lists.Listed()
    for again in (False, True):  # somebody else may have changed the list between the two readings
        whole = actor.listing() if again else whole
        filtered = actor.listing(query)
        if filtered.problem or whole.problem:
            checks.not_evaluated(check, f"the objects {which}", filtered.problem or whole.problem)
            return None
        judged = {each: holds(item) for each, item in zip(actor.identifiers(whole), whole.items, strict=True)}
        right = {each for each, belongs in judged.items() if belongs}
        given = set(actor.identifiers(filtered))
        unwanted = {each for each in given if judged.get(each, False) is False}
        if not unwanted and right <= given:
            break
    observed = f"{plural(len(given), 'object')}, {len(unwanted)} of them without it, {len(right - given)} missing"
    fine = not unwanted and right <= given
    checks.that(check, fine, f"the {plural(len(right), 'object')} {which}", observed, n=len(filtered.items) or 1)
    return filtered if fine else None
