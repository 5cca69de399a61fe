"""Records of an API that answers in pages; they count only if they were read to the last page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TYPE_CHECKING
from urllib.parse import quote

from QualityLibrary.sources import Row
from theodore_qa.context import context
from theodore_qa.errors import QaError, UsageError
from theodore_qa.observing.display import plural
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from QualityLibrary.sources import Rows


@dataclass(frozen=True)
class Paging:
    """How an operation is paged.

    ``parameter`` is its query parameter, ``first`` the value for the first page and ``step`` what is added for the next, which is
    the size of a page where the parameter counts records. ``items`` is where the list stands in an answer, and ``total`` the
    number of all records, both as names with dots.
    """

    parameter: str = "page"
    items: str = "items"
    first: int = 1
    step: int = 1
    total: str = ""
    most: int = 1000


def rows(operation: str, paging: Paging, identity: str | None) -> Rows:
    """The records of all pages; ``operation`` is such as ``GET /orders?size=100``."""
    if paging.most < 1 or paging.step < 1:
        raise UsageError(f"Pages are counted from 1, observed most_pages={paging.most} and step={paging.step}.")
    before: list[Any] = []
    count = 0
    for number in range(1, paging.most + 1):
        body, place = _page(operation, paging, number, identity)
        items = pointers.found(body, paging.items) if paging.items else body
        if not isinstance(items, list):
            raise QaError(f"{place} has no list of records at '{paging.items}': name its place by items=.")
        if items and items == before:
            raise QaError(f"{place} repeats the page before it: the parameter {paging.parameter} seems to have no effect.")
        for index, item in enumerate(items, 1):
            if not isinstance(item, dict):
                raise QaError(f"{place} has in item {index} no object, expected a record with fields.")
            yield Row(item, f"page {number}, item {index}")
        count += len(items)
        total = _total(body, paging, place)
        if total is not None and count > total:
            raise QaError(f"{place} says that there are {plural(total, 'record')}, and {count} came.")
        if not items or count == total:
            if total is not None and count != total:
                raise QaError(f"{place} is empty after {plural(count, 'record')}, and the answer says that there are {total}.")
            return
        before = items
    raise QaError(f"{operation} has more than {plural(paging.most, 'page')}: it was not read to its end; raise most_pages.")


def _page(operation: str, paging: Paging, number: int, identity: str | None) -> tuple[Any, str]:
    method, path = context.system.located(operation)
    if method != "GET":
        raise UsageError(f"{operation} does not read: records come from an operation with GET.")
    value = paging.first + (number - 1) * paging.step
    query = f"{quote(paging.parameter)}={value}"
    answer = context.system.request(
        method, f"{path}{'&' if '?' in path else '?'}{query}", identity=context.system.sender(identity)
    )
    place = f"Page {number} of {operation}"
    if not answer.ok or answer.body is None:
        came = f"{answer.status} with {answer.excerpt()}"
        raise QaError(f"{place} was answered {came}, expected a page of records: none of them is evaluated.")
    return answer.body, place


def _total(body: Any, paging: Paging, place: str) -> int | None:
    if not paging.total:
        return None
    total = pointers.found(body, paging.total)
    if isinstance(total, bool) or not isinstance(total, int):
        raise QaError(f"{place} has no number of records at '{paging.total}': name its place by total=.")
    return total
