"""The model of rate limits: what is left of a limit falls by each request, and nothing is refused while something is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from TheodoreLibrary.exploration.model.actions import OK
from TheodoreLibrary.exploration.model.world import Session

if TYPE_CHECKING:
    from TheodoreLibrary.exploration.judging import Judge
    from TheodoreLibrary.exploration.model.world import Caller
    from TheodoreLibrary.exploration.steps import Answer, Request

LIMITED = (("POST", "/research"), ("POST", "/discover"), ("GET", "/health"), ("GET", "/metrics"))  # they count for a limit
LONG_WINDOW = 900  # seconds: nothing that was counted is forgotten during a walk


class Budgets:
    """What is left, by identity and limit. ``exact`` where nobody else uses the system: then each request takes 1."""

    def __init__(self, judge: Judge, *, exact: bool) -> None:
        self.judge, self.exact = judge, exact
        self.left: dict[tuple[str, str], int] = {}
        self.everything: dict[str, int] = {}  # what is left of the limit for all operations together
        self.limits: dict[tuple[str, str], int] = {}

    def counted(self, request: Request, caller: Caller, answer: Answer) -> None:
        """Compare the headers of an answer with those of the last one about the same limit."""
        limit, remaining, window = (_number(answer, name) for name in ("limit", "remaining", "window"))
        if answer.status == OK and (request.method, request.path.partition("?")[0]) in LIMITED:
            observed = f"limit {limit}, remaining {remaining}, window {window}"
            reported = min(limit, remaining, window) >= 0
            self.judge.that("explore.limits.reported", reported, "X-RateLimit-Limit, -Remaining and -Window", observed)
        everything = _number(answer, "global-remaining")
        if caller is not None and everything >= 0:
            self.everything[caller.identity.name] = everything
        if caller is None or min(limit, remaining, window) < 0:
            return
        key = (caller.identity.name, _family(request))
        last = self.left.pop(key, None)
        if not isinstance(caller, Session):
            return  # the contract does not say whether keys and sessions have a limit together
        self.judge.that(
            "explore.limits.limit", self.limits.setdefault(key, limit) == limit, f"X-RateLimit-Limit {self.limits[key]}", limit
        )
        self.judge.that("explore.limits.remaining", remaining < limit, f"X-RateLimit-Remaining below {limit}", remaining)
        if last is not None and window >= LONG_WINDOW and self.exact:
            self.judge.that("explore.limits.counted", remaining == last - 1, f"X-RateLimit-Remaining {last - 1}", remaining)
        self.left[key] = remaining

    def may_refuse(self, request: Request, caller: Caller, answer: Answer) -> bool:
        """Whether a rate limit may refuse this request: not while something was left of it."""
        left = self.left.get((caller.identity.name, _family(request)), 0) if caller else 0
        left = min(left, self.everything.get(caller.identity.name, left)) if caller else 0
        wait = answer.headers.get("retry-after", "")
        self.judge.that(
            "explore.limits.retry_after", wait.isdigit() and int(wait) > 0, "Retry-After of at least 1 s", wait or "none"
        )
        return self.judge.that(
            "explore.limits.refused_early", left <= 0, f"no refusal while {left} requests are left", "status 429"
        )


def _family(request: Request) -> str:
    """The part of a path that has a limit of its own."""
    return request.path.partition("?")[0].split("/")[1]


def _number(answer: Answer, name: str) -> int:
    text = answer.headers.get(f"x-ratelimit-{name}", "")
    return int(text) if text.isdigit() else -1
