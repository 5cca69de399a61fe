"""Dependency links of a system: what it called over them, as the links' own records have it."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from theodore_qa.errors import NotEvaluatedError, QaError
from theodore_qa.faults.agent_client import agent

if TYPE_CHECKING:
    from theodore_qa.systems.client import Client
    from theodore_qa.systems.system import System

AFTER_ALL = 10**15


def calls(system: System, link: str, after: int = 0) -> list[dict[str, Any]]:
    """The calls that the system made over a link after a mark."""
    named = system.entry.links.get(link)
    if named is None:
        raise NotEvaluatedError(f"the environment {system.environment.name} names no link '{link}'")
    return [call for call in _record(system, named.calls, after)["calls"] if call["link"] == link]


def mark(system: System) -> int:
    """A mark in the links' records: calls made later have higher numbers. 0 where there are no links."""
    last = 0
    for url in {link.calls for link in system.entry.links.values()}:
        last = max(last, _record(system, url, AFTER_ALL)["last"])
    return last


def misbehave(system: System, link: str, behaviour: dict[str, Any]) -> None:
    """Configure the double behind a link to misbehave; an empty behaviour is a good one."""
    named = system.entry.links.get(link)
    if named is None or not named.behaviour:
        raise NotEvaluatedError(
            f"the environment {system.environment.name} names no behaviour of a link '{link}' by which it could be made to fail"
        )
    client, path = _client(system, named.behaviour)
    if behaviour:
        agent.note_double(link, misbehaves=True)
    answer = client.send("PUT", path, {"Content-Type": "application/json"}, json.dumps(behaviour).encode())
    if not answer.status:
        raise NotEvaluatedError(f"the double of {link} at {named.behaviour} could not be configured: {answer.problem}")
    if answer.status != HTTPStatus.OK:
        raise QaError(f"The double of {link} refused the behaviour {behaviour}: {answer.text[:200]}.")
    if not behaviour:
        agent.note_double(link, misbehaves=False)


def _record(system: System, url: str, after: int) -> dict[str, Any]:
    client, path = _client(system, url)
    answer = client.send("GET", f"{path}{'&' if '?' in path else '?'}after={after}")
    body: Any = answer.body if answer.ok else None
    try:
        return {"calls": list(body["calls"]), "last": int(body["last"])}
    except (TypeError, KeyError, ValueError):
        raise NotEvaluatedError(f"the record of the dependency links at {url} could not be read") from None


def _client(system: System, url: str) -> tuple[Client, str]:
    """A client of an address beside the system, kept by the system, and the path there."""
    parts = urlsplit(url)
    base = f"{parts.scheme}://{parts.netloc}"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return system.beside(base), path
