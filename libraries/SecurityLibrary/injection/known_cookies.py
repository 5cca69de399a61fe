"""Cookies that answers set and that no description names: places for values on pages."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from SecurityLibrary.description.insertion_points import InsertionPoint
from SecurityLibrary.description.operations import InsertableParameter
from SecurityLibrary.discovery.pages import PAGES
from SecurityLibrary.proof import comparison
from SecurityLibrary.sending.pacing import BudgetError
from SecurityLibrary.sending.sender import UnresponsiveError
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

MOST_PAGES, MOST_COOKIES, MOST_LOOKED_AT = 3, 4, 12


def on_pages(scan: Scan) -> Iterator[InsertionPoint]:
    """An insertion point for each cookie that answers have set, on each of a few pages; none for what carries a session.

    Pages that say something else with the cookie come first.
    """
    cookies = _set_by_answers(scan)
    points = [point for points in _looked_at(scan, cookies) for point in points]
    used = {point.location for point in points if _uses(scan, point)}
    seen: Counter[str] = Counter()
    for point in sorted(points, key=lambda each: each.location not in used):
        seen[point.parameter.name] += 1
        if seen[point.parameter.name] <= MOST_PAGES:
            yield point


def _looked_at(scan: Scan, cookies: dict[str, str]) -> Iterator[list[InsertionPoint]]:
    """The places of cookies on each of the first pages."""
    left = MOST_LOOKED_AT if cookies else 0
    for operation in scan.plan.operations:
        if not left:
            return
        if operation.method != "GET" or scan.plan.skip_reason(operation):
            continue
        identity = scan.plan.identity_for(operation)
        try:
            controls = scan.plan.control(operation, identity)
        except (BudgetError, UnresponsiveError):
            raise
        except NotEvaluatedError:
            continue
        if controls[0].media not in PAGES:
            continue
        left -= 1
        described = {parameter.name for parameter in operation.parameters}
        yield [_place(operation, identity, name, value, controls) for name, value in cookies.items() if name not in described]


def _place(
    operation: ScanOperation, identity: Identity | None, name: str, value: str, controls: tuple[Exchange, ...]
) -> InsertionPoint:
    cookie = InsertableParameter(name, "cookie", required=True)
    taking = replace(operation, parameters=(*operation.parameters, cookie))
    return InsertionPoint(taking, cookie, identity, value, controls)


def _uses(scan: Scan, point: InsertionPoint) -> bool:
    """Whether a page says something else with a cookie than without it."""
    without = [comparison.leaves(answer) for answer in point.controls]
    given = comparison.leaves(scan.sender.put(point, point.value), str(point.value))
    return bool(comparison.differ(without[-1], given, comparison.changing(without)))


def _set_by_answers(scan: Scan) -> dict[str, str]:
    """The cookies that answers have set, with their values; without those that an identity is known by."""
    carried = set()
    for identity in scan.target.identities.values():
        with suppress(NotEvaluatedError):
            sent = scan.authenticator.credentials(identity).get("Cookie", "")
            carried |= {part.partition("=")[0].strip() for part in sent.split(";")}
    found: dict[str, str] = {}
    for answer in (*(exchange for _, exchange in list(scan.sender.answers.exchanges)), *scan.authenticator.answers.values()):
        for cookie in answer.cookies if answer is not None else ():
            name, _, rest = cookie.partition("=")
            if name.strip() not in carried:
                found.setdefault(name.strip(), rest.partition(";")[0])
    return dict(list(found.items())[:MOST_COOKIES])
