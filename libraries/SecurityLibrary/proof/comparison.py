"""Whether two answers differ in what they say, whatever changes from one answer to the next and whatever they repeat."""

from __future__ import annotations

import html
import json
import re
from typing import Any, TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from theodore_qa.systems.exchange import Exchange

VOLATILE = re.compile(
    r"""(?x)
    \d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?   # a moment
    | \b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b                       # a UUID
    | \b(?=[0-9a-f]*\d)[0-9a-f]{10,}\b                                      # an identifier or a digest
    | eyJ[\w-]+\.[\w-]+\.[\w-]*                                            # a JSON Web Token
    | \b\w*_[0-9a-f]{10,}\b
    """
)
WORD = re.compile(r"\w+")
TAGS = re.compile(r"(?<=>)(?=[^<\s])|(?=<)")
MARKUP = re.compile(r"(?is)<(?:script|style)\b.*?</(?:script|style)>|<[^>]*>")
PAGES = ("text/html", "application/xhtml+xml")
FEW = 3  # lines, or texts of a page
ECHO, ANY = "[echo]", "[any]"
NAMING = ("id", "uuid", "_id", "key", "number", "slug")  # properties by which an item of a list is known
Leaves = dict[str, str]


def leaves(exchange: Exchange, *payloads: str, by_identity: bool = False) -> Leaves:
    """What an answer says, by place: status and media type, and the values of its JSON or the lines of its text.

    Where it repeats one of ``payloads``, in whatever encoding, that is no matter of difference. ``by_identity`` names the items
    of a list by their identifiers, where they have some, so that what moves within a list is the same place still.
    """
    forms = sorted({form for payload in payloads for form in _forms(payload)}, key=len, reverse=True)
    found = {"status": str(exchange.status), "media": exchange.media}
    if exchange.location:
        found["location"] = _without(exchange.location, forms)
    body = exchange.body
    if body is None:
        return found | {f"line {number}": line for number, line in enumerate(_lines(_without(exchange.text, forms)))}
    return found | {path: _without(value, forms) for path, value in _walk(body, "", by_identity=by_identity)}


def of_items(exchange: Exchange, *payloads: str) -> Leaves:
    """What an answer says, with the items of its lists named by their identifiers."""
    return leaves(exchange, *payloads, by_identity=True)


def _lines(text: str) -> list[str]:
    """The lines of a text; those of a page that stands in few lines are its elements."""
    lines = text.splitlines()
    return TAGS.split(text) if len(lines) < FEW and TAGS.search(text) else lines


def _walk(value: Any, path: str, *, by_identity: bool) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        yield f"{path}/", "{}"
        for name, item in value.items():
            yield from _walk(item, f"{path}/{name}", by_identity=by_identity)
    elif isinstance(value, list):
        yield f"{path}/", f"[{len(value)}]"
        names = _identities(value) if by_identity else None
        for index, item in enumerate(value):
            yield from _walk(item, f"{path}/{names[index] if names else index}", by_identity=by_identity)
    else:
        yield path, value if isinstance(value, str) else json.dumps(value)


def _identities(items: list[Any]) -> list[str] | None:
    """What the items of a list are known by; None where they are no objects, or nothing tells them apart."""
    if not all(isinstance(item, dict) for item in items):
        return None
    for name in NAMING:
        known = [f"{name}={item[name]}" for item in items if isinstance(item.get(name), str | int)]
        if known and len(set(known)) == len(items):
            return known
    return None


def _without(text: str, forms: list[str]) -> str:
    """A text without what was sent, in whatever form it is repeated, and without what is never the same twice."""
    for form in forms:
        text = text.replace(form, ECHO)
    return VOLATILE.sub(ANY, text)


def _forms(payload: str) -> set[str]:
    if not payload:
        return set()
    forms = {payload, payload.strip(), json.dumps(payload)[1:-1], html.escape(payload), quote(payload), quote(payload, safe="")}
    forms |= {quote_plus(payload), payload.lower(), payload.upper(), repr(payload)[1:-1], html.escape(payload, quote=False)}
    return {form for form in forms if form}


def changing(answers: Iterable[Leaves]) -> set[str]:
    """The places at which answers to the same request differ."""
    several = list(answers)
    paths = set().union(*several) if several else set()
    return {path for path in paths if len({leaves.get(path) for leaves in several}) > 1}


def differ(first: Leaves, second: Leaves, mask: set[str] = frozenset()) -> list[str]:  # type: ignore[assignment]
    """The places, outside ``mask``, at which two answers differ."""
    return sorted(path for path in first.keys() | second.keys() if path not in mask and first.get(path) != second.get(path))


def shape(exchange: Exchange) -> frozenset[str]:
    """The names and types that an answer has, whatever their values; the first item stands for a list."""
    body = exchange.body
    if body is None:
        return frozenset({exchange.media, "text" if exchange.text else "empty"})
    return frozenset(_shape(body, ""))


def _shape(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield f"{path}/"
        for name, item in value.items():
            yield from _shape(item, f"{path}/{name}")
    elif isinstance(value, list):
        yield f"{path}[]"
        for item in value[:1]:
            yield from _shape(item, f"{path}[]")
    else:
        yield path


def texts(page: Exchange) -> set[str]:
    """What a page says between its tags; addresses and hidden fields, whose tokens are others each time, are none of it."""
    return {text.strip() for text in MARKUP.split(page.text) if text.strip()}


def same_kind(first: Exchange, second: Exchange) -> bool:
    """Whether two successes are of one kind: the same media type, and most of their names in common."""
    if first.media != second.media:
        return False
    names, other_names = shape(first), shape(second)
    if first.body is None and second.body is None:
        if first.media in PAGES and len(own_texts := texts(first)) >= FEW:
            return len(own_texts & texts(second)) * 2 >= len(own_texts)
        if len(first.text.splitlines()) < FEW:  # one line, of which a word may have changed
            words, other_words = set(WORD.findall(first.text)), set(WORD.findall(second.text))
            return len(words & other_words) * 10 >= len(words | other_words) * 6
        same = set(first.text.splitlines()) & set(second.text.splitlines())
        return len(same) * 2 >= max(len(set(first.text.splitlines())), 1)
    return len(names & other_names) * 10 >= len(names | other_names) * 6


def listed(paths: list[str]) -> str:
    """Places as messages show them: the first three."""
    first = ", ".join(paths[:3])
    return first + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")  # noqa: PLR2004  # three are shown
