"""The whole of a list, page by page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING
from urllib.parse import urlencode

from ApiLibrary.consistency import objects
from ApiLibrary.consistency.resources import OFFSETS, PAGES, SIZES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ApiLibrary.consistency.resources import Resource
    from theodore_qa.systems.exchange import Exchange

MOST_PAGES = 60
SMALL, LARGE = 2, 100


@dataclass
class Listed:
    """What a list holds, over all its pages.

    Attributes:
        items: of all pages, in their order.
        pages: how many items each page has.
        size: how many a page may have; None where the list has no pages.
        totals: what the pages say that there are.
        problem: why the list is not whole; empty if it is.
        beyond: how many items the page behind the last one has; None if none was asked for.
    """

    items: list[dict[str, Any]] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)
    size: int | None = None
    totals: list[int] = field(default_factory=list)
    problem: str = ""
    beyond: int | None = None


def whole(resource: Resource, send: Callable[[str], Exchange], query: Mapping[str, Any], size: int = SMALL) -> Listed:
    """Read a list page by page until one is not full.

    Args:
        resource: with the listing.
        send: sends a GET for a query, such as ``?limit=2``.
        query: beside the pages, such as a filter.
        size: of a page; the least and the greatest that the contract allows bound it.
    """
    limit, offset, page = (resource.parameter(names) for names in (SIZES, OFFSETS, PAGES))
    listed = Listed()
    if limit is None or (offset is None and page is None):
        return _add(listed, send(_query(query)))
    schema = limit.schema if isinstance(limit.schema, dict) else {}
    listed.size = size = max(int(schema.get("minimum", 1)), min(size, int(schema.get("maximum", size))))
    paging = offset or page
    first = 0 if offset else int(_schema(page).get("minimum", 1))
    step = size if offset else 1
    for number in range(MOST_PAGES):
        position = {paging.name: first + number * step} if paging else {}
        before = len(listed.items)
        _add(listed, send(_query({**query, limit.name: size, **position})))
        if listed.problem:
            return listed
        if len(listed.items) - before < size:
            listed.beyond = len(listed.items) - before if not len(listed.items) - before else None
            return listed
    listed.problem = f"more than {MOST_PAGES} pages of {size}"
    return listed


def _schema(parameter: Any) -> dict[str, Any]:
    return parameter.schema if parameter is not None and isinstance(parameter.schema, dict) else {}


def _query(values: Mapping[str, Any]) -> str:
    return f"?{urlencode(values, doseq=True)}" if values else ""


def _add(listed: Listed, answer: Exchange) -> Listed:
    found = objects.items(answer)
    if answer.status != 200 or found is None:  # noqa: PLR2004
        listed.problem = f"{answer.method} {answer.path} answered {answer.status} without a list of objects"
        return listed
    listed.items += found
    listed.pages.append(len(found))
    if (total := objects.total(answer)) is not None:
        listed.totals.append(total)
    return listed
