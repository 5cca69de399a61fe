"""Conventions of a system beside its contract: what errors look like, how answers are dated and counted, how long they take.

Only what the description of a system names is asked of it.
"""

from __future__ import annotations

import datetime as dt
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TYPE_CHECKING
from urllib.parse import parse_qs, unquote

from theodore_qa.faults.agent_client import agent
from theodore_qa.observing.display import UNFILLED
from theodore_qa.systems import pointers
from theodore_qa.systems.tokens import claims_of
from theodore_qa.timing import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from theodore_qa.systems.declared import Conventions, ErrorConvention, TokenConvention
    from theodore_qa.systems.exchange import Exchange

DATE = "header Date"


class Keeper:
    """Holds the answers of one system to its conventions; remembers which identifiers it has met."""

    def __init__(self, conventions: Conventions | None, clock_tolerance: float) -> None:
        """
        Args:
            conventions: those that the description names; None for none.
            clock_tolerance: how far clocks may differ, in seconds.
        """
        self._conventions = conventions
        self._tolerance = clock_tolerance
        self._numbered: dict[str, dt.datetime] = {}  # when the answer with an identifier was asked for

    def violations(self, exchange: Exchange, label: str) -> Iterator[str]:
        """What is wrong with an answer, each as one phrase."""
        conventions = self._conventions
        if conventions is None:
            return
        if conventions.errors and exchange.status >= HTTPStatus.BAD_REQUEST and exchange.method != "HEAD":
            yield from _envelope(conventions.errors, conventions.request_id, exchange, label)
        body = exchange.body if isinstance(exchange.body, dict) else {}
        yield from _contradictions(conventions, body, exchange, label)
        if conventions.tokens:
            yield from _lifetime(conventions.tokens, body, exchange, label, self._tolerance)
        limit = conventions.answer_within
        if limit and exchange.duration > limit and agent.calm_at(exchange.sent):  # who is hit by a fault may be slow
            yield f"{label}: the answer took {show(exchange.duration)}, at most {show(limit)} are allowed"

    def stale(self, exchange: Exchange, label: str) -> Iterator[str]:
        """An answer that dates itself outside the time in which we waited for it was recorded or cached."""
        conventions = self._conventions
        if conventions is None:
            return
        number = exchange.headers.get(conventions.request_id.lower()) if conventions.request_id else None
        if number and self._numbered.setdefault(number, exchange.sent) != exchange.sent:
            yield (
                f"{label}: the {conventions.request_id} {number} was that of an earlier answer: this one was repeated or cached"
            )
        tolerance = dt.timedelta(seconds=self._tolerance)
        for name in conventions.dated_by:
            try:
                moment = _moment(name, exchange)
            except ValueError:
                yield f"{label}: the {_dating(name)} '{_dated(name, exchange)}' is no time"
                continue
            if moment is None:
                continue
            second = dt.timedelta(seconds=1 if name == DATE else 0)
            latest = exchange.sent + dt.timedelta(seconds=exchange.duration) + tolerance
            if not exchange.sent - tolerance - second <= moment <= latest:
                yield (
                    f"{label}: the {_dating(name)} {_dated(name, exchange)} is not of the moment of the request "
                    f"({exchange.sent:%H:%M:%S}): a recorded or cached answer, or clocks that differ (clock_tolerance)"
                )


def instant(text: str) -> dt.datetime:
    """The moment that an ISO 8601 text names; without an offset it is UTC."""
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _dated(name: str, exchange: Exchange) -> Any:
    if name.startswith("header "):
        return exchange.headers.get(name.removeprefix("header ").lower())
    return pointers.found(exchange.body, name) if isinstance(exchange.body, dict) else None


def _moment(name: str, exchange: Exchange) -> dt.datetime | None:
    value = _dated(name, exchange)
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return dt.datetime.fromtimestamp(value if value < 10**11 else value / 1000, dt.UTC)
    return parsedate_to_datetime(str(value)) if name.startswith("header ") else instant(str(value))


def _dating(name: str) -> str:
    return f"{name.removeprefix('header ')} header" if name.startswith("header ") else name


def _envelope(convention: ErrorConvention, request_id: str, exchange: Exchange, label: str) -> Iterator[str]:
    """What is wrong with an error's body: it names the status, the path, the request, and what kind of error it is."""
    body = exchange.body
    if not isinstance(body, dict):
        yield f"{label}: the error is {exchange.excerpt()} instead of a JSON object"
        return
    expected: dict[str, Any] = {convention.status: exchange.status, convention.path: unquote(exchange.path.partition("?")[0])}
    number = exchange.headers.get(request_id.lower()) if request_id else None
    if convention.request_id and number:
        expected[convention.request_id] = number
    for name, value in expected.items():
        if name and pointers.found(body, name) != value:
            yield f"{label}: the error's {name} is {pointers.found(body, name)!r} instead of {value!r}"
    for name in convention.texts:
        text = pointers.found(body, name)
        if not isinstance(text, str) or not text:
            yield f"{label}: the error's {name} is {text!r} instead of a text"
        elif lacking := UNFILLED.search(text):
            yield f"{label}: the error's {name} says {lacking[0]!r} where a value belongs"
    invalid = exchange.status == HTTPStatus.UNPROCESSABLE_ENTITY
    if invalid and convention.details and not _says_what_is_invalid(pointers.found(body, convention.details)):
        yield f"{label}: the error's {convention.details} do not say what is wrong where (a list of type, loc and msg)"
    code = _code(convention.codes, exchange.status)
    if convention.code and code and pointers.found(body, convention.code) != code:
        yield f"{label}: the {convention.code} is {pointers.found(body, convention.code)!r} instead of {code!r}"


def _code(codes: dict[str, str], status: int) -> str:
    return codes.get(str(status), codes.get(f"{status // 100}XX", ""))


def _says_what_is_invalid(details: Any) -> bool:
    """Whether the details of a validation error name, for each fault, its kind, its place and what is wrong, in words."""
    listed = details if isinstance(details, list) and details else [None]
    return all(
        isinstance(item, dict)
        and item.get("type")
        and isinstance(item.get("loc"), list)
        and item["loc"]
        and item.get("msg")
        and not UNFILLED.search(str(item["msg"]))
        for item in listed
    )


def _contradictions(conventions: Conventions, body: dict[str, Any], exchange: Exchange, label: str) -> Iterator[str]:
    """What an answer says twice, and differently."""
    query = parse_qs(exchange.path.partition("?")[2])
    for count, listed in conventions.counts.items():
        counted, there = body.get(count), body.get(listed)
        if isinstance(counted, int) and isinstance(there, list) and not _counts(counted, len(there), query):
            yield f"{label}: {count} is {counted}, and there are {len(there)} {listed}"
    for name in conventions.starts_at_zero:
        if isinstance(body.get(name), int) and name not in query and body[name] != 0:
            yield f"{label}: {name} is {body[name]}, and none was asked for"
    inner = body.get("progress")
    for part in (body, inner if isinstance(inner, dict) else {}):
        for earlier, later in conventions.ordered:
            began, changed = part.get(earlier), part.get(later)
            if not isinstance(began, str) or not isinstance(changed, str):
                continue
            try:
                backwards = instant(began) > instant(changed)
            except ValueError:
                continue  # the schema says so already
            if backwards:
                yield f"{label}: {earlier} is {began}, after {later}, which is {changed}"


def _counts(counted: int, there: int, query: dict[str, list[str]]) -> bool:
    """Whether a count is that of a list, or of the whole of which a full page was requested."""
    return counted == there or (counted > there and query.get("limit") == [str(there)])


def _lifetime(
    convention: TokenConvention, body: dict[str, Any], exchange: Exchange, label: str, tolerance: float
) -> Iterator[str]:
    """A JSON Web Token says itself how long it is valid; that has to be what the answer says."""
    token, lasts, refresh = (body.get(name) for name in (convention.token, convention.lasts, convention.refresh))
    if isinstance(refresh, str) and refresh.count(".") == 2 and not refresh.startswith("eyJ"):  # noqa: PLR2004  # a JWT's parts
        yield f"{label}: the {convention.refresh} is no JSON Web Token, although it has three parts"
    claims = claims_of(token) if isinstance(token, str) else None
    ends = claims[1].get("exp") if claims else None
    if not isinstance(ends, int | float) or not isinstance(lasts, int | float):
        return
    longest = ends - exchange.sent.timestamp()
    shortest = longest - exchange.duration  # the token was made at some moment between request and answer
    if not shortest - tolerance - 1 <= lasts <= longest + tolerance + 1:
        yield f"{label}: {convention.lasts} is {lasts}, but the token is valid for {longest:.0f} s"
