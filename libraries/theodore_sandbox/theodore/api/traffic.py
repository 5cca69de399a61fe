"""The requests to the API, for its metrics."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections import deque
from statistics import fmean
from typing import Any

from theodore_sandbox import defects

SERVER_ERROR = 400
KEPT = 20_000
LEAKED, EACH_LEFT_OPEN, MOST_OPEN = 50_000, 4, 800
MOST_PROFILES = 20  # a second


class Traffic:
    """The requests of the recent past: when, which operation, its status and how long it took."""

    def __init__(self) -> None:
        self.requests: deque[tuple[float, str, int, float]] = deque(maxlen=KEPT)
        self.under_way = 0
        self.profiles = itertools.count(1)
        self.kept: list[Any] = []
        self.opened = itertools.count(1)
        self.line = asyncio.Lock()
        self.recent_profiles: deque[float] = deque(maxlen=MOST_PROFILES)

    def count(self, method: str, path: str, status: int, seconds: float) -> None:
        """Remember a request."""
        self.requests.append((time.monotonic(), f"{method} {path}", status, seconds))

    def leak(self) -> None:
        """Keep what a request needed, where that is a defect."""
        if defects.on("memory-kept"):
            self.kept.append(b"x" * LEAKED)
        if defects.on("handles-left-open") and next(self.opened) % EACH_LEFT_OPEN == 0 and len(self.kept) < MOST_OPEN:
            self.kept.append(open(os.devnull, "rb"))  # noqa: PTH123, SIM115  # never closed

    def too_many_profiles(self) -> bool:
        """Whether more profiles are read than a second allows, where that is a defect."""
        moment, recent = time.monotonic(), self.recent_profiles
        many = len(recent) == MOST_PROFILES and recent[0] > moment - 1
        if not many:
            recent.append(moment)
        return many and defects.on("refused-above-a-rate")

    def summary(self, period: float) -> dict[str, dict[str, Any]]:
        """Requests, mean response times in seconds, and the share of errors by operation, over the last ``period`` seconds."""
        recent = [request for request in self.requests if request[0] > time.monotonic() - period]
        by_operation: dict[str, list[tuple[float, str, int, float]]] = {}
        for request in recent:
            by_operation.setdefault(request[1], []).append(request)
        errors = {
            name: 0.0 if defects.on("errors-not-counted") else fmean(request[2] >= SERVER_ERROR for request in requests)
            for name, requests in by_operation.items()
        }
        unit = 1000 if defects.on("response-times-in-milliseconds") else 1
        return {
            "requests": {name: len(requests) for name, requests in by_operation.items()},
            "response_times": {
                name: round(fmean(request[3] for request in requests) * unit, 6) for name, requests in by_operation.items()
            },
            "error_rates": {name: round(rate, 6) for name, rate in errors.items()},
        }
