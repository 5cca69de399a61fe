"""Good values for parameters whose examples name nothing that there is: from answers that name what there is."""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary import xml_texts
from SecurityLibrary.pages import PAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from SecurityLibrary.operations import InsertableParameter, ScanOperation
    from theodore_qa.systems.exchange import Exchange

FILES = re.compile(r"(?i)(?:^|[._-])(?:file|file_?name|path|document|attachment|report|export|name|key)$")
FILE = re.compile(r"[\w][\w ()-]*(?:\.[\w-]+)*\.[A-Za-z]\w{1,4}")
PRICE = re.compile(r"(?i)(?:unit_?)?(?:price|cost)(?:_?(?:cents|net|gross))?")
MOST = 4
NO_OBJECTS = ("new", "add", "create", "edit", "delete", "search", "all", "me")


def sources(operation: ScanOperation, operations: Iterable[ScanOperation]) -> list[ScanOperation]:
    """The operations that may name what another one takes: those of its path, above it and below it, which need no object."""
    own = operation.route.partition("{")[0].rstrip("/")
    return [
        each
        for each in operations
        if each.method in ("POST", "GET")
        and str(each) != str(operation)
        and "{" not in each.route
        and (f"{own}/".startswith(f"{each.route.rstrip('/')}/") or f"{each.route}/".startswith(f"{own}/"))
    ]


def candidates(parameter: InsertableParameter, answers: Iterable[Exchange]) -> list[Any]:
    """What answers call by the name of a parameter, or what looks like a file where it takes one; the last ones first."""
    found: list[Any] = []
    for answer in answers:
        found += _called(answer.body, parameter.name.lower()) if answer.ok else []
        if answer.ok and FILES.search(parameter.name):
            found += [text for text in _texts(answer.body) if FILE.fullmatch(text)]
    return list(dict.fromkeys(reversed(found)))[:MOST]


def _called(body: Any, name: str) -> Iterator[Any]:
    if isinstance(body, dict):
        for key, value in body.items():
            if str(key).lower() == name and isinstance(value, str | int) and not isinstance(value, bool):
                yield value
            yield from _called(value, name)
    elif isinstance(body, list):
        for value in body:
            yield from _called(value, name)


def _texts(body: Any) -> Iterator[str]:
    if isinstance(body, str):
        yield body
    for value in body.values() if isinstance(body, dict) else body if isinstance(body, list) else ():
        yield from _texts(value)


def items_of(body: Any) -> list[Any]:
    """The items of the first list in an answer that holds objects."""
    if isinstance(body, list):
        return [item for item in body if isinstance(item, dict)]
    inner = body.values() if isinstance(body, dict) else ()
    return next((found for part in inner if isinstance(part, dict | list) and (found := items_of(part))), [])


def cheapest(body: Any) -> dict[str, Any] | None:
    """The item of a list that has the lowest price; None where the items have none."""
    priced = [(price, item) for item in items_of(body) if (price := _price(item)) is not None]
    return min(priced, key=lambda each: each[0])[1] if len(priced) > 1 else None


def _price(item: dict[str, Any]) -> float | None:
    for name, value in item.items():
        try:
            if PRICE.fullmatch(str(name)) and not isinstance(value, bool) and (price := float(value)) > 0:
                return price
        except (TypeError, ValueError):
            continue
    return None


def content(answer: Exchange, collection: str) -> Any:
    """What an answer holds: its JSON, or the objects of a collection to which a page leads; None where there is neither."""
    if answer.media.endswith("xml") and answer.media not in PAGES:
        return xml_texts.parsed(answer.text)
    if answer.body is not None or answer.media != "text/html":
        return answer.body
    found = _below(collection).findall(answer.text)
    return [{"id": identifier} for identifier in dict.fromkeys(found) if identifier not in NO_OBJECTS] or None


def located(answer: Exchange, collection: str) -> str | None:
    """The object of a collection to which an answer leads by its Location; None where it leads to none."""
    to = answer.headers.get("location", "")
    match = _below(collection).search(f'"{to}"') if to and collection else None
    return match[1] if match and match[1] not in NO_OBJECTS else None


def _below(collection: str) -> re.Pattern[str]:
    """Addresses of the objects of a collection, in quotes or as an attribute."""
    return addresses(f"{collection.rstrip('/')}/{{*}}", "*")


def addresses(route: str, name: str) -> re.Pattern[str]:
    """Addresses of a route, in quotes or as an attribute, with the value of the parameter of this name as their group."""
    forms = {f"{{{name}}}": r"([\w.~-]+)"}
    parts = re.split(r"(\{[^/{}]+\})", route)
    path = "".join(forms.get(part, "[^/\"']+") if part.startswith("{") else re.escape(part) for part in parts)
    return re.compile(rf"[\"'=](?:https?://[^/\"'>\s]+)?{path}/?(?=[\"'?#\s>])")
