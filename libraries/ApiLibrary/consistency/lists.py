"""The whole of a list, page by page: by numbers, by offsets, by cursors, or by the address of the next page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING
from urllib.parse import urlencode

from ApiLibrary.consistency import objects
from ApiLibrary.consistency.resources import CURSORS, OFFSETS, PAGES, SIZES
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ApiLibrary.consistency.resources import Resource
    from theodore_qa.systems.exchange import Exchange

MOST_PAGES = 60
SMALL, LARGE = 2, 100
NEXT_ADDRESS = (
    "next",
    "next_url",
    "nextUrl",
    "next_page_url",
    "links.next",
    "_links.next.href",
    "links.next.href",
    "paging.next",
)
NEXT_CURSOR = (
    "next_cursor", "nextCursor", "cursor", "next_page_token", "nextPageToken", "continuation", "next", "meta.next_cursor",
    "meta.nextCursor", "paging.next_cursor", "pagination.next_cursor", "next_token", "nextToken",
)  # fmt: skip
_LINK = re.compile(r'<([^>]+)>[^,]*;\s*rel="?next"?', re.IGNORECASE)


@dataclass
class Listed:
    """What a list holds, over all its pages.

    Attributes:
        items: of all pages, in their order.
        pages: how many items each page has.
        size: how many a page may have; None where nobody says.
        totals: what the pages say that there are.
        problem: why the list is not known as a whole; empty if it is.
    """

    items: list[dict[str, Any]] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)
    size: int | None = None
    totals: list[int] = field(default_factory=list)
    problem: str = ""


def whole(
    resource: Resource,
    send: Callable[[str], Exchange],
    follow: Callable[[str], Exchange],
    query: Mapping[str, Any],
    size: int = LARGE,
) -> Listed:
    """Read a list to its end.

    Args:
        resource: with the listing.
        send: sends a GET for a query, such as ``?limit=2``.
        follow: sends a GET for the address of a next page.
        query: beside the pages, such as a filter.
        size: of a page; the least and the greatest that the contract allows bound it.
    """
    limit = resource.parameter(SIZES)
    listed = Listed()
    given: dict[str, Any] = dict(query)
    if limit is not None:
        schema = limit.schema if isinstance(limit.schema, dict) else {}
        listed.size = max(int(schema.get("minimum", 1)), min(size, int(schema.get("maximum", size))))
        given[limit.name] = listed.size
    address = _query(given)
    answer = send(address)
    for number in range(1, MOST_PAGES + 1):
        count = _add(listed, answer)
        if listed.problem:
            return listed
        way, position = _next(resource, answer, listed, number, count)
        if way == "end":
            return listed
        if way == "unknown":
            listed.problem = f"the contract names no way to the next page of {answer.path}"
            return listed
        answer = follow(position) if way == "address" else send(_query({**given, **position}))
    listed.problem = f"more than {MOST_PAGES} pages of {listed.size or listed.pages[0]}"
    return listed


def _next(resource: Resource, answer: Exchange, listed: Listed, number: int, count: int) -> tuple[str, Any]:
    """How to come to the next page: ``address``, ``query``, ``unknown``, or that this was the ``end``."""
    link = _LINK.search(answer.headers.get("link", ""))
    named = (
        link[1] if link else next((found for name in NEXT_ADDRESS if _is_address(found := pointers.found(answer.body, name))), "")
    )
    if named:
        return "address", named
    cursor, offset, page = (resource.parameter(names) for names in (CURSORS, OFFSETS, PAGES))
    if cursor is not None:
        found = next(
            (found for name in NEXT_CURSOR if (found := pointers.found(answer.body, name)) not in (None, "", False)), None
        )
        return ("query", {cursor.name: found}) if found is not None else ("end", None)
    full = bool(count) and (count >= listed.size if listed.size else False)
    if offset is not None or page is not None:
        paging = offset or page
        first = 0 if offset is not None or paging is None else int(_schema(paging).get("minimum", 1))
        step = (listed.size or count) if offset is not None else 1
        more = full if listed.size else bool(count) and len(listed.items) < max(listed.totals, default=0)
        return ("query", {paging.name: first + number * step}) if more and paging is not None else ("end", None)
    hidden = len(listed.items) < max(listed.totals, default=0)
    return ("unknown", None) if full or hidden else ("end", None)


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("/", "?", "http://", "https://"))


def _schema(parameter: Any) -> dict[str, Any]:
    return parameter.schema if isinstance(parameter.schema, dict) else {}


def _query(values: Mapping[str, Any]) -> str:
    return f"?{urlencode(values, doseq=True)}" if values else ""


def _add(listed: Listed, answer: Exchange) -> int:
    found = objects.items(answer)
    if answer.status != 200 or found is None:  # noqa: PLR2004
        listed.problem = f"{answer.method} {answer.path} answered {answer.status} without a list of objects"
        return 0
    listed.items += found
    listed.pages.append(len(found))
    if (total := objects.total(answer)) is not None:
        listed.totals.append(total)
    return len(found)
