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


def response(
    received: Any, *, identity: str | None = None, body: Any = None, headers: Mapping[str, str] | None = None
) -> Exchange:
    """The response to a request that is sent now, or one that came before."""
    if isinstance(received, str):
        return sent(received, identity=identity, body=body, headers=headers)
    if identity is not None or body is not None or headers:
        raise UsageError("identity, body and headers belong to a request: this response came before, and nothing is sent now.")
    return received if isinstance(received, Exchange) else foreign(received)


def foreign(received: Any) -> Exchange:
    """A response of RequestsLibrary as one of the system's; another host's is none."""
    if not hasattr(received, "request") or not hasattr(received, "status_code"):
        raise UsageError(
            f"Expected a request such as GET /orders/7, or the response of Send Request or RequestsLibrary, "
            f"observed {type(received).__name__} {str(received)[:80]!r}."
        )
    system = context.system
    url = str(received.url)
    if not system.is_own(url):
        raise QaError(
            f"The response came from {url}, which is not {system.name} at {system.url}: the response of another host says "
            f"nothing of {system.name}. Name its own system by system=NAME."
        )
    if received not in _taken:
        _taken[received] = _as_exchange(received, system)
        recorder.exchanged(received.text)
        system.judge(_taken[received])
    return _taken[received]


def _as_exchange(received: Any, system: System) -> Exchange:
    request = received.request
    sent_body = request.body or b""
    return Exchange(
        request.method,
        request.path_url,
        received.status_code,
        {name.lower(): value for name, value in received.headers.items()},
        received.text,
        dt.datetime.now(dt.UTC) - received.elapsed,
        received.elapsed.total_seconds(),
        system.url,
        dict(request.headers),
        sent_body.encode() if isinstance(sent_body, str) else bytes(sent_body),
    )
