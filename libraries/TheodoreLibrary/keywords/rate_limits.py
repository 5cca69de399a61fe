"""Keywords for rate limits."""

from __future__ import annotations

import datetime as dt
import random
import time
from typing import Any, TYPE_CHECKING

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import unknown, UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import course, plural
from theodore_qa.systems import bodies, conformance

if TYPE_CHECKING:
    from theodore_qa.systems.identities import Identity

TOO_MANY = 429
MARGIN = 3
PARTS = 6  # of a window: the second part of the requests is sent a sixth of it after the first
REFUSED = 5
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
        Limit Should Be Enforced    metrics    100    60
        Limit Should Be Enforced    login    10    900
        ```
        """
        caller, token = _caller(bucket, identity)
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
        self, method: str, path: str, window: int, body: Any = None, *, limit: int | None = None, identity: str | None = None
    ) -> None:
        """Sends a request twice and checks that the headers of the answers report the rate limit and count the requests.

        Operations with a limit of their own answer with X-RateLimit-Limit, -Remaining and -Window, all that need an identity with
        X-RateLimit-Global-Remaining (source: section 1 of Theodore's contract).

        Args:
            method: An HTTP method, such as GET.
            path: A path below the system's prefix, such as /health.
            window: The length of the limit's window in seconds.
            body: The request's body: a dictionary, a list or a JSON text; by default there is none.
            limit: How many requests the window allows; by default any number, as identities of tests have limits of their own.
            identity: The identity that sends the requests; by default the first of the environment. NOBODY is anonymous.

        Example:

        ```robotframework
        Limit Should Be Announced    GET    /metrics    60
        Limit Should Be Announced    GET    /health    60    limit=1000    identity=NOBODY
        ```
        """
        token = None if identity == "NOBODY" else context.system.token(identity)
        answers = [context.system.request(method, path, json_body=bodies.as_json(body), token=token) for _ in range(2)]
        rows = [
            [_number(answer.headers.get(f"x-ratelimit-{name}")) for name in ("limit", "remaining", "window")]
            for answer in answers
        ]
        checks = Checks("Limit announced", f"{method} {path}")
        (announced, first, reported_window), (_, second, _) = rows
        checks.that(
            "limits.announced_window", reported_window == window, f"a window of {window} s", f"a window of {reported_window} s"
        )
        checks.that(
            "limits.announced",
            0 <= first < announced,
            "X-RateLimit-Remaining below X-RateLimit-Limit",
            f"{first} of {announced}",
            n=2,
        )
        if limit is not None:
            expected = f"a limit of {limit} requests"
            checks.that("limits.announced_number", announced == limit, expected, f"a limit of {announced} requests")
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

    @keyword(tags=("limit",))
    def limit_window_should_slide(self, bucket: str, limit: int, window: int, *, identity: str = "limited") -> None:
        """Uses a rate limit up in two parts and checks that each request counts for as long as the window is, and no longer.

        One request is sent, a sixth of the window later the others that the limit allows, and five that it refuses. When the
        first is as old as the window, a request is answered, and the next one is refused, since the others are younger. A window
        that begins anew for all requests lets both through; where refused requests count, none is answered. It takes as long as
        the window.

        Args:
            bucket: login, research, discovery, batch or metrics.
            limit: The number of requests that the window allows.
            window: The length of the window in seconds.
            identity: An identity with production limits; limited by default.

        Raises:
            UsageError: The bucket is unknown; the error names the nearest one. The limit is below 2, or the window below 1.
            NotEvaluatedError: Earlier requests are in the window, or the machine was too slow for the second part.

        Example:

        ```robotframework
        Limit Window Should Slide    metrics    100    60
        ```
        """
        if limit < 2 or window < 1:  # noqa: PLR2004  # the first request, and others
            raise UsageError(f"Expected a limit of at least 2 requests in at least 1 second, not {limit} in {window}.")
        caller, token = _caller(bucket, identity)
        checks = Checks("Limit window", f"{bucket} {limit} in {window} s")
        first = _send(bucket, caller.username, token)
        left = _number(first.headers.get("x-ratelimit-remaining"))
        if left != limit - 1:
            earlier = f"{plural(limit - 1 - left, 'request')} beside the first, by X-RateLimit-Remaining"
            observed = earlier if left >= 0 else "no X-RateLimit-Remaining"
            checks.not_evaluated("limits.window_slides", "an empty window of a limit", observed)
            checks.conclude()
            return
        _wait_until_old(first, window / PARTS)
        others = [_send(bucket, caller.username, token) for _ in range(limit - 1)]
        refused = [_send(bucket, caller.username, token) for _ in range(REFUSED)]
        if (late := _age(first, refused[-1])) >= window:
            observed = f"the last of {limit + REFUSED} requests {late:.0f} s after the first"
            checks.not_evaluated("limits.window_slides", f"all requests within {window} s", observed)
            checks.conclude()
            return
        statuses = course([answer.status for answer in refused])
        used_up = all(answer.status == TOO_MANY for answer in refused)
        checks.that("limits.refused_when_used_up", used_up, f"status {TOO_MANY}", f"status {statuses}", n=REFUSED)
        _wait_until_old(first, window)
        after, next_after = (_send(bucket, caller.username, token) for _ in range(2))
        expected = f"another status than {TOO_MANY} when the first of {plural(limit, 'request')} is {window} s ago"
        checks.that("limits.window_slides", after.status != TOO_MANY, expected, f"status {after.status}")
        if _age(others[0], next_after) >= window:
            observed = f"the oldest of the others {_age(others[0], next_after):.0f} s ago"
            checks.not_evaluated("limits.window_keeps", f"a request while the others are younger than {window} s", observed)
        else:
            expected = f"status {TOO_MANY} for one more request while the other {limit - 1} are younger than {window} s"
            checks.that("limits.window_keeps", next_after.status == TOO_MANY, expected, f"status {next_after.status}")
        checks.conclude()


def _age(answer: Any, later: Any) -> float:
    """How many seconds after a request was sent another one was answered."""
    return float((later.sent - answer.sent).total_seconds() + later.duration)


def _wait_until_old(answer: Any, seconds: float) -> None:
    """Wait until the answer of a request came so many seconds ago: the server has counted it earlier still."""
    ends = answer.sent + dt.timedelta(seconds=answer.duration + seconds)
    while (left := (ends - dt.datetime.now(dt.UTC)).total_seconds()) > 0:
        time.sleep(min(left, 1.0))


def _number(text: str | None) -> int:
    """A number of a header; -1 where there is none."""
    return int(text) if text and text.isdigit() else -1


def _check_profile(checks: Checks, token: str, bucket: str, limit: int) -> None:
    """A profile that tells what its account may do tells the limit that holds."""
    profile = context.system.request("GET", "/auth/profile", token=token).object()
    quota = profile.get("api_quota")
    if isinstance(quota, dict) and bucket in quota:
        checks.equal("limits.announced_in_profile", limit, quota[bucket])


def _caller(bucket: str, identity: str) -> tuple[Identity, str | None]:
    """Whoever uses a limit up, with the token that is needed for it; a bucket that is unknown is an error."""
    if bucket not in REQUESTS:
        raise unknown("limit", bucket, REQUESTS)
    return context.system.identity(identity), None if bucket == "login" else context.system.token(identity)


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
        taken, earlier = left[0] - left[1], max(0, _number(before.headers.get("x-ratelimit-limit")) - 1 - left[0])
        fine = 1 - earlier <= taken <= 1  # what was sent before the first of the two may have left the window since
        expected = f"1 request counted for {name}{f', less up to {earlier} that left the window' if earlier else ''}"
        checks.that("limits.counted_apart", fine, expected, f"{taken} counted", n=2)


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
