"""Mechanical mutants of healthy traffic: one small change of one kind of answer at one place."""

from __future__ import annotations

import json
import random
import threading
import time
from copy import deepcopy
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import pairwise
from typing import Any, TYPE_CHECKING

from theodore_qa.adversaries.replay import template

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from theodore_qa.adversaries.proxy import RawExchange

DELAY = 5.0
WHOLE = ("repeat", "delay", "status-500", "status-404", "status-204", "truncate", "empty")
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Mutant:
    """A change: of the answers of ``operation`` with ``status``, at ``pointer``, of a ``kind``; ``other`` is swapped with."""

    operation: str
    status: int
    kind: str
    pointer: Path = ()
    other: Path = ()

    @property
    def id(self) -> str:
        """A stable name."""
        location = "/".join(map(str, self.pointer))
        return f"{self.operation} {self.status} {self.kind} {location}".strip()

    def describe(self) -> str:
        """What the change is, in a phrase."""
        location = ".".join(map(str, self.pointer))
        with_other = f" with {'.'.join(map(str, self.other))}" if self.other else ""
        return f"{self.operation} ({self.status}): {self.kind} {location}{with_other}".rstrip()

    def fits(self, exchange: RawExchange) -> bool:
        """Whether an exchange is of the kind that is changed."""
        return operation(exchange) == self.operation and exchange.status == self.status

    def apply(self, exchange: RawExchange, previous: RawExchange | None) -> RawExchange:
        """The changed exchange; the same where there is nothing to change."""
        if self.kind in WHOLE:
            return self._apply_whole(exchange, previous)
        try:
            body = json.loads(exchange.body)
            changed = _changed(body, self)
        except (ValueError, KeyError, IndexError, TypeError):
            return exchange
        return exchange if changed == body else replace(exchange, body=json.dumps(changed, ensure_ascii=False).encode())

    def _apply_whole(self, exchange: RawExchange, previous: RawExchange | None) -> RawExchange:
        if self.kind == "repeat":
            return previous or exchange
        if self.kind == "delay":
            time.sleep(DELAY)
            return replace(exchange, headers=(*exchange.headers, ("X-Delayed", "1")))
        if self.kind.startswith("status-"):
            status = int(self.kind.partition("-")[2])
            return replace(exchange, status=status, body=b"" if status == HTTPStatus.NO_CONTENT else exchange.body)
        return replace(exchange, body=exchange.body[: len(exchange.body) // 2] if self.kind == "truncate" else b"{}")


def operation(exchange: RawExchange) -> str:
    """Method and path template."""
    return f"{exchange.method} {template(exchange.path)}"


class MutantInterceptor:
    """Applies a mutant to every exchange that it fits; ``applied`` counts those that it really changed."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        self.applied = 0
        self._previous: RawExchange | None = None
        self._lock = threading.Lock()

    def __call__(self, exchange: RawExchange) -> RawExchange:
        """The exchange, changed if the mutant fits."""
        if not self.mutant.fits(exchange):
            return exchange
        with self._lock:
            before, self._previous = self._previous, exchange
        changed = self.mutant.apply(exchange, before)
        if changed != exchange:
            with self._lock:
                self.applied += 1
        return changed


def enumerate_mutants(recording: Sequence[RawExchange]) -> list[Mutant]:
    """Every mutant that would change something of a recording, without repetition."""
    found: dict[str, Mutant] = {}
    seen: dict[tuple[str, int], int] = {}
    for exchange in recording:
        key = operation(exchange), exchange.status
        seen[key] = seen.get(key, 0) + 1
        try:
            body = json.loads(exchange.body)
        except ValueError:
            continue
        for mutant in _of(key, body):
            found.setdefault(mutant.id, mutant)
    for (name, status), count in seen.items():
        for kind in WHOLE:
            if kind != f"status-{status}" and (kind != "repeat" or count > 1):
                mutant = Mutant(name, status, kind)
                found.setdefault(mutant.id, mutant)
    return list(found.values())


def sample(mutants: Sequence[Mutant], count: int, seed: int) -> list[Mutant]:
    """``count`` mutants, spread over operations and kinds; the same for the same seed."""
    source = random.Random(seed)  # noqa: S311  # chooses mutants, keeps no secret
    groups: dict[tuple[str, str], list[Mutant]] = {}
    for mutant in sorted(mutants, key=lambda mutant: mutant.id):
        groups.setdefault((mutant.operation, mutant.kind), []).append(mutant)
    order = sorted(groups)
    source.shuffle(order)
    for key in order:
        source.shuffle(groups[key])
    chosen: list[Mutant] = []
    while len(chosen) < count and any(groups.values()):
        chosen += [groups[key].pop() for key in order if groups[key]]
    return chosen[:count]


def _of(key: tuple[str, int], body: Any) -> Iterator[Mutant]:
    for pointer, value in _places(body):
        if value in (None, [], {}) or not pointer:
            continue
        if isinstance(pointer[-1], str):
            yield Mutant(*key, "drop", pointer)
        yield Mutant(*key, "change", pointer)
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield Mutant(*key, "shift", pointer)
    for pointer, value in _places(body):
        if isinstance(value, dict):
            texts = [name for name, item in value.items() if isinstance(item, str) and item]
            for text, other in pairwise(texts):
                if value[text] != value[other]:
                    yield Mutant(*key, "swap", (*pointer, text), (*pointer, other))


def _places(value: Any, pointer: Path = ()) -> Iterator[tuple[Path, Any]]:
    yield pointer, value
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _places(item, (*pointer, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _places(item, (*pointer, index))


def _changed(body: Any, mutant: Mutant) -> Any:
    body = deepcopy(body)
    holder = body
    for part in mutant.pointer[:-1]:
        holder = holder[part]
    last = mutant.pointer[-1]
    value = holder[last]
    if mutant.kind == "drop":
        del holder[last]
    elif mutant.kind == "swap":
        other = mutant.other[-1]
        if not isinstance(holder[other], str) or not isinstance(value, str):
            return body
        holder[last], holder[other] = holder[other], value
    elif mutant.kind == "shift":
        holder[last] = value * 1.5 + 1
    else:
        holder[last] = _other(value)
    return body


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return -value - 1
    if isinstance(value, str):
        return f"{value[1:]}{value[:1]}x"
    if isinstance(value, list):
        return value[:-1]
    if isinstance(value, dict):
        return dict(list(value.items())[:-1])
    return value
