"""Keywords for rate limits."""

from __future__ import annotations

import random
from typing import Any, TYPE_CHECKING

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import unknown
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import course, plural
from theodore_qa.systems import bodies, conformance

if TYPE_CHECKING:
    from theodore_qa.systems.identities import Identity

TOO_MANY = 429
MARGIN = 3
REQUESTS: dict[str, tuple[str, str, Any]] = {
    "login": ("POST", "/auth/login", {"username": "{username}", "password": "wrong-password"}),
    "research": ("POST", "/research", {"company_name": ""}),
    "discovery": ("POST", "/discover", {"company_name": ""}),
    "batch": ("POST", "/batch/research", {"input_data": "{username}"}),
    "metrics": ("GET", "/metrics", None),
}


class LimitKeywords:
    """Rate limits."""

    @keyword(tags=("limit",))
    def limit_should_be_enforced(self, bucket: str, limit: int, window: int, *, identity: str = "limited") -> None:
        """Uses a rate limit up and checks that the next request is refused, and that another identity is not.

        The requests are invalid, which counts as well, so that no work is started. The refusal must come exactly at the limit
        (earlier requests of the suite count) and as the contract says, with a ``Retry-After`` within the window. A forged
        ``X-Forwarded-For`` must not help.

        Args:
            bucket: login, research, discovery, batch or metrics.
            limit: The number of requests that the window allows.
            window: The length of the window in seconds.
            identity: An identity with production limits; limited by default.

        Raises:
            UsageError: The bucket is unknown; the error names the nearest one.

        Example:

        ```robotframework
        Limit Should Be Enforced    login    10    900
        ```
        """
        if bucket not in REQUESTS:
            raise unknown("limit", bucket, REQUESTS)
        caller = context.system.identity(identity)
        token = None if bucket == "login" else context.system.token(identity)
        checks = Checks("Limit", f"{bucket} {limit} in {window} s")
        other = next((candidate for candidate in context.system.identities.values() if candidate.limits != "production"), None)
        before = _send_as(bucket, other) if other else None
        answers = []
        refused = None
        for _ in range(limit + MARGIN):
            answer = _send(bucket, caller.username, token)
            answers.append(answer)
            if answer.status == TOO_MANY:
                refused = answer
                break
        allowed = [answer for answer in answers if answer.status != TOO_MANY]
        observed = f"a refusal after {plural(len(allowed), 'request')}" if refused else f"0 of {len(answers)} requests refused"
        first = allowed[0].headers.get("x-ratelimit-remaining") if allowed else None
        used = max(0, limit - 1 - int(first)) if first is not None and first.isdigit() else 0
        checks.that(
            "limits.enforced",
            refused is not None and len(allowed) == limit - used,
            f"a refusal after {limit - used} requests",
            observed,
            n=len(answers),
        )
        _check_headers(checks, allowed, limit, window)
        conformance.conform(checks, "limits.allowed_contract", *allowed)
        if token:
            _check_profile(checks, token, bucket, limit)
        if refused is not None:
            _check_refusal(checks, refused, bucket, window)
            if not used:
                _check_wait(checks, allowed[0], refused, window)
            forged = _send(bucket, caller.username, token, forwarded=True)
            conformance.answered(checks, "limits.not_by_header", TOO_MANY, forged)
            conformance.conform(checks, "limits.contract", forged)
            if other:
                _check_other_identity(checks, before, _send_as(bucket, other), other.name)
        checks.conclude()

    @keyword(tags=("limit",))
    def limit_should_be_announced(
        self, method: str, path: str, window: int, body: Any = None, *, identity: str | None = None
    ) -> None:
        """Sends a request twice and checks that the headers of the answers report the rate limit and count the requests.

        Operations with a limit of their own answer with X-RateLimit-Limit, -Remaining and -Window, all that need an identity with
        X-RateLimit-Global-Remaining (source: section 1 of Theodore's contract).

        Args:
            method: An HTTP method, such as GET.
            path: A path below the system's prefix, such as /health.
            window: The length of the limit's window in seconds.
            body: The request's body: a dictionary, a list or a JSON text; by default there is none.
            identity: The identity that sends the requests; by default the first of the environment. NOBODY is anonymous.

        Example:

        ```robotframework
        Limit Should Be Announced    GET    /metrics    60
        ```
        """
        token = None if identity == "NOBODY" else context.system.token(identity)
        answers = [context.system.request(method, path, json_body=bodies.as_json(body), token=token) for _ in range(2)]
        rows = [
            [_number(answer.headers.get(f"x-ratelimit-{name}")) for name in ("limit", "remaining", "window")]
            for answer in answers
        ]
        checks = Checks("Limit announced", f"{method} {path}")
        (limit, first, reported_window), (_, second, _) = rows
        checks.that(
            "limits.announced_window", reported_window == window, f"a window of {window} s", f"a window of {reported_window} s"
        )
        checks.that(
            "limits.announced", 0 <= first < limit, "X-RateLimit-Remaining below X-RateLimit-Limit", f"{first} of {limit}", n=2
        )
        checks.that(
            "limits.announced_counted",
            second < first,
            f"fewer than {first} remaining after the next request",
            f"{second} remaining",
            n=2,
        )
        if token:
            everything = [_number(answer.headers.get("x-ratelimit-global-remaining")) for answer in answers]
            checks.that(
                "limits.announced_global",
                0 <= everything[1] < everything[0],
                "X-RateLimit-Global-Remaining that falls",
                course(everything),
                n=2,
            )
        checks.conclude()


def _number(text: str | None) -> int:
    """A number of a header; -1 where there is none."""
    return int(text) if text and text.isdigit() else -1


def _check_profile(checks: Checks, token: str, bucket: str, limit: int) -> None:
    """A profile that tells what its account may do tells the limit that holds."""
    profile = context.system.request("GET", "/auth/profile", token=token).object()
    quota = profile.get("api_quota")
    if isinstance(quota, dict) and bucket in quota:
        checks.equal("limits.announced_in_profile", limit, quota[bucket])


def _send(bucket: str, username: str, token: str | None, *, forwarded: bool = False) -> Any:
    method, path, body = REQUESTS[bucket]
    payload = {name: value.format(username=username) for name, value in body.items()} if body else None
    source = random.Random(len(path))  # noqa: S311  # an address that is nobody's
    extra = {"X-Forwarded-For": f"203.0.113.{source.randrange(1, 255)}"} if forwarded else None
    return context.system.request(method, path, json_body=payload, token=token, headers=extra)


def _send_as(bucket: str, other: Identity) -> Any:
    return _send(bucket, other.username, None if bucket == "login" else context.system.token(other.name))


def _check_other_identity(checks: Checks, before: Any, after: Any, name: str) -> None:
    """What one identity has used up is not taken from another."""
    checks.that(
        "limits.of_one_identity", after.status != TOO_MANY, f"another status than {TOO_MANY} for {name}", f"status {after.status}"
    )
    left = [_number(answer.headers.get("x-ratelimit-remaining")) for answer in (before, after)]
    if min(left) >= 0:
        taken = left[0] - left[1]
        checks.that("limits.counted_apart", taken == 1, f"1 request counted for {name}", f"{taken} counted", n=2)


def _check_headers(checks: Checks, answers: list[Any], limit: int, window: int) -> None:
    limits = [
        {name: answer.headers.get(f"x-ratelimit-{name}") for name in ("limit", "remaining", "window")} for answer in answers
    ]
    same = all(values["limit"] == str(limit) and values["window"] == str(window) for values in limits)
    left = [int(values["remaining"]) if (values["remaining"] or "").isdigit() else -1 for values in limits]
    falling = bool(left) and left == list(range(left[0], left[0] - len(left), -1)) and left[-1] == 0
    checks.that(
        "limits.headers",
        same and bool(limits),
        f"X-RateLimit-Limit {limit} and -Window {window}",
        f"X-RateLimit-Limit {limits[0]['limit']} and -Window {limits[0]['window']}" if limits else "no answer",
        n=len(limits),
    )
    checks.that(
        "limits.remaining",
        falling,
        "X-RateLimit-Remaining that falls by 1 with each answer, to 0",
        f"{course(left[:2])} → … → {course(left[-2:])}",
        n=len(left),
    )


def _check_wait(checks: Checks, first: Any, refused: Any, window: int) -> None:
    """Who waits as long as the refusal says is answered: the first request has left the window then."""
    passed = (refused.sent - first.sent).total_seconds() + refused.duration
    wait = refused.headers.get("retry-after", "")
    enough = wait.isdigit() and int(wait) >= window - passed
    checks.that(
        "limits.retry_after_enough",
        enough,
        f"Retry-After of at least {window - passed:.2f} s, when the first request is {window} s ago",
        f"Retry-After {wait or 'none'}",
    )


def _check_refusal(checks: Checks, refused: Any, bucket: str, window: int) -> None:
    conformance.conform(checks, "limits.contract", refused)
    wait = refused.headers.get("retry-after", "")
    checks.that(
        "limits.retry_after",
        wait.isdigit() and 0 < int(wait) <= window,
        f"Retry-After from 1 s to {window} s",
        f"Retry-After {wait or 'none'}",
    )
    details = (refused.body or {}).get("details") if isinstance(refused.body, dict) else None
    expected = {"limit_type": bucket, "retry_after_seconds": int(wait) if wait.isdigit() else None}
    checks.equal("limits.details", expected, details)
