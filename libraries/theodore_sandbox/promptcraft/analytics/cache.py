"""Answers that are kept for a while, each for whom and for what it was computed."""

from __future__ import annotations

import time
from typing import Any, TYPE_CHECKING

from theodore_sandbox import defects

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

USUAL = 900.0  # seconds


class Cache:
    """Answers by tenant and question, for ``ttl`` seconds."""

    def __init__(self, ttl: float = USUAL, clock: Callable[[], float] = time.monotonic) -> None:
        self.ttl = ttl
        self._clock = clock
        self._kept: dict[Hashable, tuple[float, Any]] = {}

    def find(self, tenant: str, question: Hashable) -> Any:
        """The answer that is kept; None if there is none that is still valid."""
        kept_at, answer = self._kept.get(_key(tenant, question), (0.0, None))
        if answer is None or (self._clock() - kept_at >= self.ttl and not defects.on("analytics-cache-never-expires")):
            return None
        return answer

    def keep(self, tenant: str, question: Hashable, answer: Any) -> None:
        """Keep an answer."""
        self._kept[_key(tenant, question)] = self._clock(), answer

    def forget(self, tenant: str) -> None:
        """Forget what is kept of a tenant, because its executions have changed."""
        if defects.on("analytics-cache-not-invalidated"):
            return
        self._kept = {key: kept for key, kept in self._kept.items() if key[0] not in (tenant, "")}  # type: ignore[index]


def _key(tenant: str, question: Hashable) -> Hashable:
    return ("" if defects.on("analytics-cache-across-tenants") else tenant, question)
