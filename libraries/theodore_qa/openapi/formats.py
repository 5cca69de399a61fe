"""The formats that are checked; any other one only describes."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import re
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d)(:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")  # not 20260102 or 2026-W01-5
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]*")


def _is_moment(text: str) -> bool:
    """RFC 3339, 5.6: with seconds and an offset; 60 is a leap second."""
    match = _MOMENT.fullmatch(text)
    if not match:
        return False
    day, clock, seconds, _, offset = match.groups()
    dt.datetime.fromisoformat(f"{day}T{clock}{seconds.replace(':60', ':59')}{offset.upper()}")
    return True


def _is_date(text: str) -> bool:
    return bool(_DAY.fullmatch(text) and dt.date.fromisoformat(text))


_TEXTS: dict[str, Callable[[str], object]] = {
    "date-time": _is_moment,
    "date": _is_date,
    "uuid": _UUID.fullmatch,
    "email": _EMAIL.fullmatch,
    "uri": _URI.fullmatch,
    "ipv4": ipaddress.IPv4Address,
    "ipv6": ipaddress.IPv6Address,
}
_RANGES = {"int32": 2**31, "int64": 2**63}
_OF_ANY_TEXT = frozenset({"password", "byte", "binary"})
_certain: ContextVar[bool] = ContextVar("certain", default=False)


@contextlib.contextmanager
def only_certain() -> Iterator[None]:
    """Meanwhile no text conforms to a format that is not checked: a system may refuse it for what only its name says."""
    token = _certain.set(True)
    try:
        yield
    finally:
        _certain.reset(token)


def conforms(value: Any, name: str) -> bool:
    """Whether a value is as its format asks; any is for a format that is not checked or is one of another type."""
    if isinstance(value, str) and name in _TEXTS:
        try:
            return bool(_TEXTS[name](value))
        except ValueError:
            return False
    if isinstance(value, int) and not isinstance(value, bool) and name in _RANGES:
        return -_RANGES[name] <= value < _RANGES[name]
    return not (_certain.get() and isinstance(value, str) and name not in _TEXTS and name not in _OF_ANY_TEXT)
