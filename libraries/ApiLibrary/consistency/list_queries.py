"""Lists in the order, and between the bounds, that a client has requested."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from ApiLibrary.consistency import list_checks, lists

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ApiLibrary.consistency.actor import Actor
    from theodore_qa.observing.checks import Checks
    from theodore_qa.openapi import Parameter

SORTS = ("sort", "sort_by", "sortby", "sort_field", "sortfield", "order_by", "orderby", "ordering", "order")
DIRECTIONS = ("order", "direction", "dir", "sort_order", "sortorder", "sort_dir", "sortdir", "sort_direction", "sortdirection")
MOST_ORDERS = 8
_DIRECTION = re.compile(r"(?i)[:_ .,-](asc|desc)(?:ending)?$")
_WORDS = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")
# Whether it bounds from below, and whether the bound itself is within; None where usage differs.
BOUNDS: dict[str, tuple[bool, bool | None]] = {
    "min": (True, True), "gte": (True, True), "ge": (True, True), "gt": (True, False),
    "from": (True, None), "since": (True, None), "after": (True, None),
    "max": (False, True), "lte": (False, True), "le": (False, True), "lt": (False, False),
    "to": (False, None), "until": (False, None), "before": (False, None),
}  # fmt: skip
# Ways in which texts may be in order, since systems differ in case and signs.
COLLATIONS: tuple[Callable[[str], str], ...] = (str, str.casefold, lambda text: re.sub(r"\W+", "", text).casefold())


@dataclass(frozen=True)
class Order:
    """What requests an order, by which field, and whether it falls; None where the contract does not say."""

    query: dict[str, Any]
    field: str
    falls: bool | None


def orders(actor: Actor, checks: Checks, found: lists.Listed | None) -> None:
    """A list by each field that the contract lets clients sort by is in that order, and holds what it holds otherwise."""
    if found is None or len(found.items) > list_checks.FILTER_ITEMS:
        return
    known = list(_orders(actor))[:MOST_ORDERS]
    for order in known:
        in_order = list_checks.narrowed(
            actor, checks, found, order.query, lambda _: True, f"consistency.sorted_holds_all.{order.field}", f"by {order.field}"
        )
        if in_order is not None:
            _in_order(checks, order, [item.get(order.field) for item in in_order.items])
    if not known or len(found.items) > list_checks.MOST_SMALL:
        return
    tied = min(known, key=lambda order: len({str(item.get(order.field)) for item in found.items}))
    small, ids = actor.listing(tied.query, size=lists.SMALL), sorted(actor.identifiers(actor.listing()))
    if not small.problem:
        own = actor.identifiers(small)
        observed = f"{len(own)} items, {len(set(own))} of them different"
        expected = f"{len(ids)} different items, as on large pages"
        checks.that(f"consistency.sorted_pages.{tied.field}", sorted(own) == ids, expected, observed, n=len(own) or 1)


def bounds(actor: Actor, checks: Checks, found: lists.Listed | None) -> None:
    """A list from or to a value of a field holds all and only what lies there; what ``min`` and ``max`` name is within."""
    if found is None or len(found.items) > list_checks.FILTER_ITEMS:
        return
    for parameter in _query_parameters(actor):
        word, name = _bounded(parameter.name, actor.answered)
        own = actor.answered.get(name, {})
        shape = list_checks.schema_of(parameter).get("format")
        if not name or (shape and own.get("format") != shape):
            continue
        keys = sorted({key for item in found.items if (key := _key(item.get(name))) is not None})
        if len(keys) < 2 or len({type(key) for key in keys}) > 1:  # noqa: PLR2004  # nothing lies beyond one value
            continue
        limit = keys[len(keys) // 2]
        value = next(item[name] for item in found.items if _key(item.get(name)) == limit)
        lower, within = BOUNDS[word]

        def holds(  # the loop's values, bound now
            item: dict[str, Any], name: str = name, limit: Any = limit, *, lower: bool = lower, within: bool | None = within
        ) -> bool | None:
            key = _key(item.get(name))
            if key is None or type(key) is not type(limit):
                return False
            return within if key == limit else (key > limit) is lower

        which = f"with {name} {'from' if lower else 'up to'} {value}"
        list_checks.narrowed(actor, checks, found, {parameter.name: value}, holds, f"consistency.bound.{parameter.name}", which)


def _query_parameters(actor: Actor) -> list[Parameter]:
    listing = actor.resource.listing
    return [parameter for parameter in (listing.parameters if listing else ()) if parameter.location == "query"]


def _orders(actor: Actor) -> Iterator[Order]:
    """The orders that the contract lists, by fields whose values have one."""
    given = {parameter.name.lower(): parameter for parameter in _query_parameters(actor)}
    sort = next((given[name] for name in SORTS if name in given and _choices(given[name])), None)
    if sort is None:
        return
    direction = next((given[name] for name in DIRECTIONS if name in given and given[name] is not sort), None)
    ways = [way for way in _choices(direction) if re.fullmatch(r"(?i)(asc|desc)(ending)?", way)] if direction else []
    for value in _choices(sort):
        signed, bare = value[:1] in {"-", "+"}, _DIRECTION.sub("", value.lstrip("+-"))
        name = next((name for name in actor.answered if _plain(name) == _plain(bare)), "")
        if not name or _unordered(actor.answered[name]):
            continue
        named = _DIRECTION.search(value)
        if signed or named:
            yield Order({sort.name: value}, name, value.startswith("-") or bool(named and named[1].lower() == "desc"))
        elif direction and ways:
            for way in ways:
                yield Order({sort.name: value, direction.name: way}, name, way.lower().startswith("desc"))
        else:
            yield Order({sort.name: value}, name, False if f"-{value}" in _choices(sort) else None)


def _choices(parameter: Parameter | None) -> list[str]:
    listed = list_checks.schema_of(parameter).get("enum") if parameter else None
    return [value for value in listed or () if isinstance(value, str)]


def _unordered(own: dict[str, Any]) -> bool:
    """Whether the values of a field have an order of their own that nobody can know, such as small, medium, large."""
    return bool(own.get("enum")) or own.get("type") in ("boolean", "object", "array")


def _in_order(checks: Checks, order: Order, values: list[Any]) -> None:
    there = [value for value in values if value is not None]
    keys = [_key(value) for value in there]
    if any(key is None for key in keys):
        keys = there if all(isinstance(value, str) for value in there) else []
    if len({type(key) for key in keys}) != 1 or len(set(keys)) < 2:  # noqa: PLR2004  # one value has no order
        return
    readings = [[collation(key) for key in keys] for collation in COLLATIONS] if isinstance(keys[0], str) else [keys]
    directions = (False, True) if order.falls is None else (order.falls,)
    breaks = [_first_break(reading, falls=falls) for reading in readings for falls in directions]
    place = None if None in breaks else breaks[0]
    expected = f"{order.field} {'in one direction' if order.falls is None else 'falling' if order.falls else 'rising'}"
    observed = "no step the other way" if place is None else f"{there[place]} before {there[place + 1]}"
    sent = " and ".join(f"{name}={value}" for name, value in order.query.items())
    checks.that(f"consistency.sorted.{sent}", place is None, expected, observed, n=len(there))


def _first_break(keys: list[Any], *, falls: bool) -> int | None:
    """Where a value is followed by one that should stand before it; None if nowhere."""
    steps = enumerate(itertools.pairwise(keys))
    return next((place for place, (first, second) in steps if (first < second if falls else first > second)), None)


def _bounded(parameter: str, answered: dict[str, Any]) -> tuple[str, str]:
    """The word by which a parameter bounds a field, and the field; empty where it bounds none."""
    words = [word.lower() for word in _WORDS.split(parameter) if word]
    for word, rest in ((words[0], words[1:]), (words[-1], words[:-1])) if len(words) > 1 else ():
        plain = "".join(rest)
        fields = [name for name in answered if _plain(name) in {plain, f"{plain}at", f"{plain}on", f"{plain}date"}]
        if word in BOUNDS and len(fields) == 1:
            return word, fields[0]
    return "", ""


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", name).lower()


def _key(value: Any) -> Any:
    """What numbers and moments are ordered by; None for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d", value):
        try:
            moment = dt.datetime.fromisoformat(value)
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return None
