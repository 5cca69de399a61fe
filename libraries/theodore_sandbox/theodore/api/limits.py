"""Rate limits: sliding windows, counted by identity and never by a header."""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict, deque
from typing import TYPE_CHECKING

from fastapi import HTTPException

from theodore_sandbox import defects

if TYPE_CHECKING:
    from fastapi import Request

HOUR = 3600
# Requests and seconds, as in production; accounts with the limits "room" have GENEROUS times as many requests.
BUCKETS = {
    "global": (1000, HOUR),
    "research": (100, HOUR),
    "discovery": (200, HOUR),
    "batch": (10, HOUR),
    "login": (10, 900),
    "health": (1000, 60),
    "metrics": (100, 60),
}
GENEROUS = 1000


class Limits:
    """The requests of the present windows."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._counting = threading.Lock()  # routes run in threads: what is looked at has to be counted before the next looks

    def take(self, bucket: str, subject: str, limit: int, window: int) -> tuple[int, float]:
        """Count a request; returns how many remain and, over the limit, after how many seconds the next one is allowed."""
        if bucket == "metrics" and defects.on("bursts-through-the-limit"):
            full = len(self.seen[bucket, subject]) >= limit
            time.sleep(0.05)
            limit = len(self.seen[bucket, subject]) + (not full)
        with self._counting:
            return self._taken(bucket, subject, limit, window)

    def _taken(self, bucket: str, subject: str, limit: int, window: int) -> tuple[int, float]:
        moment = time.monotonic()
        seen = self.seen[bucket, subject]
        while seen and seen[0] <= moment - window:
            seen.popleft()
        if len(seen) >= limit:
            return 0, seen[0] + window - moment
        seen.append(moment)
        return limit - len(seen), 0.0


def count(request: Request, bucket: str, subject: str, limits: str) -> None:
    """Count a request of ``subject`` in ``bucket``; over the limit it is answered 429."""
    most, window = BUCKETS[bucket]
    most *= GENEROUS if limits == "room" else 1
    remaining, wait = request.app.state.limits.take(bucket, subject, most, window)
    if bucket == "global":
        headers = {"X-RateLimit-Global-Remaining": str(remaining)}
    else:
        headers = {"X-RateLimit-Limit": str(most), "X-RateLimit-Remaining": str(remaining), "X-RateLimit-Window": str(window)}
    request.scope.setdefault("state", {}).setdefault("rate", {}).update(headers)
    only_announced = bucket == "metrics" and defects.on("metrics-limit-only-announced")
    if wait and not only_announced and not defects.on("limits-not-enforced"):
        seconds = math.ceil(wait)
        raise HTTPException(429, {"limit_type": bucket, "retry_after_seconds": seconds}, {"Retry-After": str(seconds)})


def address(request: Request, subject: str) -> str:
    """The subject of sign-in attempts: the user name, whatever address a request claims."""
    if defects.on("forwarded-for-believed") and (forwarded := request.headers.get("x-forwarded-for")):
        return f"{subject} from {forwarded}"
    return subject


def quota(limits: str) -> dict[str, int]:
    """The number of requests that an account has in each bucket."""
    return {name: most * (GENEROUS if limits == "room" else 1) for name, (most, _) in BUCKETS.items()}
