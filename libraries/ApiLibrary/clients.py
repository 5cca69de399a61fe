"""Requests that look as if other clients had sent them, and whether answers depend on who seems to ask.

A system may behave well for a client that it knows to be a test. Whoever asks, the answer to the same request must be the same.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from theodore_qa.systems.exchange import Exchange

LONGEST_PAUSE = 0.05
MOST_SHOWN = 3
BROWSER = "a browser"
CLIENTS: Mapping[str, tuple[Mapping[str, str], ...]] = {
    BROWSER: (
        {
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
            "Accept": "application/json, text/plain, */*",
            "Accept-Language": "en-GB,en;q=0.9",
            "Sec-Fetch-Mode": "cors",
        },
        {
            "User-Agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:133.0) Gecko/20100101 Firefox/133.0",
            "Accept": "*/*",
            "Accept-Language": "de,en-US;q=0.7,en;q=0.3",
            "DNT": "1",
        },
    ),
    "an SDK": (
        {"User-Agent": "python-requests/2.32.3", "Accept": "*/*"},
        {"User-Agent": "axios/1.7.9", "Accept": "application/json, text/plain, */*"},
        {"User-Agent": "Go-http-client/1.1"},
        {"user-agent": "okhttp/4.12.0"},
    ),
    "this client": ({},),
}


@dataclass(frozen=True)
class Difference:
    """What an answer has otherwise than the same request had by this client."""

    client: str
    what: str


class Disguise:
    """Dresses requests as other clients send them: other headers, in another order; a ``share`` of them, drawn by a seed."""

    def __init__(self, seed: int, share: float = 1.0) -> None:
        self.source = random.Random(seed)  # noqa: S311  # chooses, keeps no secret
        self.share = share
        self.kind = ""

    def __call__(self, headers: Mapping[str, str]) -> list[tuple[str, str]]:
        """The headers of one request."""
        self.kind = self.source.choice(list(CLIENTS)) if self.source.random() < self.share else "this client"
        return self.dressed(headers)

    def dressed(self, headers: Mapping[str, str]) -> list[tuple[str, str]]:
        """The headers of a request by the kind of client that was chosen last."""
        other = self.source.choice(CLIENTS[self.kind])
        replaced = {name.lower() for name in other}
        named = [*((name, value) for name, value in headers.items() if name.lower() not in replaced), *other.items()]
        self.source.shuffle(named)
        return named

    def pause(self) -> None:
        """Wait as long as chance has it."""
        time.sleep(self.source.uniform(0, LONGEST_PAUSE))


def differences(
    send: Callable[[], Exchange], dress: Callable[[Disguise | None], None], seed: int
) -> tuple[list[Difference], int]:
    """What depends on the client in the answers to one request, and in how many values and places it was looked for.

    This client sends the request before and after the others: what differs between its own answers is no matter of the client.
    """
    disguise = Disguise(seed)
    kinds = [*CLIENTS, BROWSER]
    disguise.source.shuffle(kinds)
    before = send()
    others = []
    for kind in kinds:
        disguise.kind = kind
        disguise.pause()
        dress(_fixed(disguise))
        try:
            others.append((kind, send()))
        finally:
            dress(None)
    after = send()
    stable, known = dict(_steady(before, after)), {*dict(_values(before)), *dict(_values(after))}
    found = []
    for kind, answer in others:
        values = dict(_values(answer))
        wrong = [
            f"{place} {_at(values, place)} instead of {written(value)}"
            for place, value in stable.items()
            if values.get(place, _NONE) != value
        ]
        wrong += [f"{place} {_at(values, place)}, which this client does not get" for place in values if place not in known]
        if wrong:
            more = f"; and {len(wrong) - MOST_SHOWN} more" if len(wrong) > MOST_SHOWN else ""
            found.append(Difference(kind, "; ".join(wrong[:MOST_SHOWN]) + more))
    return found, len(stable) * len(others)


_NONE = object()


class _Fixed(Disguise):
    """A disguise of one kind of client."""

    def __call__(self, headers: Mapping[str, str]) -> list[tuple[str, str]]:
        return self.dressed(headers)


def _fixed(disguise: Disguise) -> Disguise:
    made = _Fixed(0)
    made.source, made.kind = disguise.source, disguise.kind
    return made


def _at(values: dict[str, Any], place: str) -> str:
    """What stands at a place."""
    return written(values[place]) if place in values else "missing"


def _steady(first: Exchange, second: Exchange) -> Iterator[tuple[str, Any]]:
    """What two answers to one request by one client have in common."""
    later = dict(_values(second))
    for place, value in _values(first):
        if later.get(place, _NONE) == value:
            yield place, value


def _values(answer: Exchange) -> Iterator[tuple[str, Any]]:
    """An answer as values by their place: its status, its media type, and the leaves of its JSON, with how long its lists are."""
    yield "status", answer.status
    yield "media type", answer.media
    yield from _leaves(answer.body, "")


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, f"{place}/{name}")
    elif isinstance(value, list):
        yield f"length of {place or 'the list'}", len(value)
        for number, item in enumerate(value):
            yield from _leaves(item, f"{place}/{number}")
    else:
        yield place or "body", value
