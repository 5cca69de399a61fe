"""Requests as testers write them, and responses as keywords take them: ours, or those of RequestsLibrary."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, TYPE_CHECKING
from weakref import WeakKeyDictionary

from theodore_qa.context import context
from theodore_qa.errors import QaError, unknown, UsageError
from theodore_qa.observing.observations import recorder
from theodore_qa.systems.bodies import as_json
from theodore_qa.systems.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from theodore_qa.systems.system import System

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY")
_taken: WeakKeyDictionary[Any, Exchange] = WeakKeyDictionary()  # responses of RequestsLibrary: each is judged and counted once


def parsed(request: str) -> tuple[str, str]:
    """Method and path of a request such as ``GET /orders/7``."""
    match = re.fullmatch(r"\s*([A-Za-z]+)\s+(/\S*(?: \S+)*)\s*", request)
    if not match:
        raise UsageError(f"'{request}' is no request: write method and path, such as GET /orders/7.")
    if match[1].upper() not in METHODS:
        raise unknown("method", match[1], METHODS)
    return match[1].upper(), match[2]


def sent(request: str, *, identity: str | None = None, body: Any = None, headers: Mapping[str, str] | None = None) -> Exchange:
    """Send a request to the system of the running keyword and return its response, whatever its status."""
    method, path = parsed(request)
    system = context.system
    return system.request(method, path, json_body=as_json(body), identity=system.sender(identity), headers=headers)


def response(given: Any, *, identity: str | None = None, body: Any = None, headers: Mapping[str, str] | None = None) -> Exchange:
    """The response to a request that is sent now, or one that came before."""
    if isinstance(given, str):
        return sent(given, identity=identity, body=body, headers=headers)
    if identity is not None or body is not None or headers:
        raise UsageError("identity, body and headers belong to a request: this response came before, and nothing is sent now.")
    return given if isinstance(given, Exchange) else foreign(given)


def foreign(given: Any) -> Exchange:
    """A response of RequestsLibrary as one of the system's; another host's is none."""
    if not hasattr(given, "request") or not hasattr(given, "status_code"):
        raise UsageError(
            f"Expected a request such as GET /orders/7, or the response of Send Request or RequestsLibrary, "
            f"observed {type(given).__name__} {str(given)[:80]!r}."
        )
    system = context.system
    url = str(given.url)
    if not system.is_own(url):
        raise QaError(
            f"The response came from {url}, which is not {system.name} at {system.url}: the response of another host says "
            f"nothing of {system.name}. Name its own system by system=NAME."
        )
    if given not in _taken:
        _taken[given] = _as_exchange(given, system)
        recorder.exchanged(given.text)
        system.judge(_taken[given])
    return _taken[given]


def _as_exchange(given: Any, system: System) -> Exchange:
    asked = given.request
    sent_body = asked.body or b""
    return Exchange(
        asked.method,
        asked.path_url,
        given.status_code,
        {name.lower(): value for name, value in given.headers.items()},
        given.text,
        dt.datetime.now(dt.UTC) - given.elapsed,
        given.elapsed.total_seconds(),
        system.url,
        dict(asked.headers),
        sent_body.encode() if isinstance(sent_body, str) else bytes(sent_body),
    )
