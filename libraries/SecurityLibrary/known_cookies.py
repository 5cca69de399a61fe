"""Cookies that answers set and that no description names: places for values on pages."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from SecurityLibrary.insertion_points import InsertionPoint
from SecurityLibrary.operations import InsertableParameter
from SecurityLibrary.pacing import BudgetError
from SecurityLibrary.pages import PAGES
from SecurityLibrary.sender import UnresponsiveError
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.scan import Scan

MOST_PAGES, MOST_COOKIES = 3, 4


def on_pages(scan: Scan) -> Iterator[InsertionPoint]:
    """An insertion point for each cookie that answers have set, on each of a few pages; none for what carries a session."""
    cookies = _set_by_answers(scan)
    left = MOST_PAGES if cookies else 0
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
        for name, value in cookies.items():
            if name not in described:
                cookie = InsertableParameter(name, "cookie", required=True)
                taking = replace(operation, parameters=(*operation.parameters, cookie))
                yield InsertionPoint(taking, cookie, identity, value, controls)


def _set_by_answers(scan: Scan) -> dict[str, str]:
    """The cookies that answers have set, with their values; without those that an identity is known by."""
    carried = set()
    for identity in scan.target.identities.values():
        with suppress(NotEvaluatedError):
            sent = scan.authenticator.credentials(identity).get("Cookie", "")
            carried |= {part.partition("=")[0].strip() for part in sent.split(";")}
    found: dict[str, str] = {}
    for answer in (*(exchange for _, exchange in list(scan.sender.exchanges)), *scan.authenticator.answers.values()):
        for cookie in answer.cookies if answer is not None else ():
            name, _, rest = cookie.partition("=")
            if name.strip() not in carried:
                found.setdefault(name.strip(), rest.partition(";")[0])
    return dict(list(found.items())[:MOST_COOKIES])
