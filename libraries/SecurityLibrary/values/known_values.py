"""Good values for parameters whose examples name nothing that there is: from answers that name what there is."""

from __future__ import annotations

import base64
import re
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description import xml_texts
from SecurityLibrary.discovery.pages import PAGES
from SecurityLibrary.values import other_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from SecurityLibrary.description.operations import InsertableParameter, ScanOperation
    from theodore_qa.systems.exchange import Exchange

FILES = re.compile(r"(?i)(?:^|[._-])(?:file|file_?name|path|document|attachment|report|export|name|key)$")
FILE = re.compile(r"[\w][\w ()-]*(?:\.[\w-]+)*\.[A-Za-z]\w{1,4}")
PRICE = re.compile(r"(?i)(?:unit_?)?(?:price|cost)(?:_?(?:cents|net|gross))?")
MOST = 4
ENCODED, LEAST_ENCODED = re.compile(r"[\w+/-]+={0,2}"), 16
# How what is serialised begins: JSON, pickles, objects of Java, PHP and Ruby; and what is packed, by gzip or zlib.
ENCODING, PACKED = (b"{", b"[", b"\x80", b"(", b"\xac", b"a", b"O", b"\x04"), (b"\x1f\x8b", b"x\x9c", b"x\x01", b"x\xda")
NO_OBJECTS = ("new", "add", "create", "edit", "delete", "search", "all", "me")


def sources(operation: ScanOperation, operations: Iterable[ScanOperation]) -> list[ScanOperation]:
    """The operations that may name what another one takes: of its path, above it, below it, beside it; none needs an object."""
    own = operation.route.partition("{")[0].rstrip("/")
    return [
        each
        for each in operations
        if each.method in ("POST", "GET")
        and str(each) != str(operation)
        and "{" not in each.route
        and (
            f"{own}/".startswith(f"{each.route.rstrip('/')}/")
            or f"{each.route}/".startswith(f"{own}/")
            or (own.count("/") > 1 and each.route.rpartition("/")[0] == own.rpartition("/")[0])  # a step beside it
        )
    ]


def candidates(parameter: InsertableParameter, answers: Iterable[Exchange]) -> list[Any]:
    """What answers call by the name of a parameter, or what looks like a file where it takes one; the last ones first."""
    found: list[Any] = []
    for answer in answers:
        found += other_names.called(answer.body, parameter.name.rpartition(".")[2]) if answer.ok else []
        if answer.ok and FILES.search(parameter.name):
            found += [text for text in texts_in(answer.body) if FILE.fullmatch(text)]
    return list(dict.fromkeys(reversed(found)))[:MOST]


def is_encoded(value: Any) -> bool:
    """Whether a value is data in base64, which an API has handed out to take it back: no identifier and no plain text."""
    if not isinstance(value, str) or len(value) < LEAST_ENCODED or not ENCODED.fullmatch(value):
        return False
    try:
        content = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_" if "-" in value or "_" in value else None)
    except ValueError:
        return False
    return content[:1] in ENCODING or content[:2] in PACKED


def texts_in(body: Any) -> Iterator[str]:
    """All texts in a body, at any depth."""
    if isinstance(body, str):
        yield body
    for value in body.values() if isinstance(body, dict) else body if isinstance(body, list) else ():
        yield from texts_in(value)


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
