"""Keywords about the limits of requests, by the contract's schema of their bodies."""

from __future__ import annotations

from typing import Any

from robotlibcore import keyword

from ApiLibrary import limits, varied_requests
from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural
from theodore_qa.systems import conformance

INVALID = 422
SUCCESS = range(200, 300)
MOST_SHOWN = 5


class RequestLimitKeywords:
    """Limits of requests."""

    @keyword(tags=("request", "contract"))
    def request_limits_should_hold(
        self, request: str, body: Any = None, *, identity: str | None = None, refused: int = INVALID, sizes: bool = True
    ) -> list[Any]:
        """Sends bodies just beyond each limit that the contract has for a request, and the largest and smallest it allows.

        Of a request without a body the query is varied. Each refused body or query differs from the good one at one place: an
        entry that is needed is missing, an entry is unknown, a text is a character too long, too short or of another form, a
        number or a list is beyond its end, a value is not among those that are listed. A refusal that has places (``loc``) must
        name the entry that is wrong. Only what the good one has is varied, so give it every entry. What is allowed brings about
        stays: the answers are returned, so that the test can take it back.

        Args:
            request: A method and a path below the system's prefix, such as ``POST /orders``; with a good query where that is
                what is tried, such as ``GET /orders?limit=5``.
            body: A good body, as a dictionary or a JSON text; none by default.
            identity: The identity that sends them; by default the first one of the system.
            refused: The status of a refusal; 422 by default.
            sizes: Whether the largest body, the one with the least values, the smallest, which has nothing that may be left out,
                and one with texts of as many letters of several bytes as are allowed, are sent and have to succeed; True by
                default.

        Returns:
            The JSON of the answers to the largest, the least, the smallest and the widest body.

        Raises:
            UsageError: The contract has no schema for the body or the query of the request, or the good one itself breaks it.

        Example:

        ```robotframework
        VAR    &{research} =    company_name=Slack    timeout_seconds=${60}
        Request Limits Should Hold    POST /research    ${research}    sizes=False
        ```
        """
        document = context.system.contract.needed
        attempts = varied_requests.of(request, body, identity)
        if wrong := limits.broken(document, attempts.schema, attempts.good):
            raise UsageError(f"The values for {request} break the contract themselves, so that they show no limit: {wrong}.")
        checks = Checks("Limits", request)
        taken: list[str] = []
        named: dict[str, tuple[bool | None, str]] = {}
        tried = list(limits.beyond(document, attempts.schema, attempts.good))
        for attempt in tried:
            answer = attempts.sent(attempt.body)
            if answer.status != refused:
                taken.append(f"{answer.status} for {attempt.wrong}")
            else:
                named[attempt.wrong] = limits.names_entry(answer.body, attempt.entry), limits.places(answer.body)
        expected = f"{plural(len(tried), attempts.noun)} refused with {refused}"
        more = f" and {len(taken) - MOST_SHOWN} more" if len(taken) > MOST_SHOWN else ""
        checks.that("api.limits_beyond", not taken, expected, "; ".join(taken[:MOST_SHOWN]) + more or expected, n=len(tried))
        with_places = {wrong: places for wrong, (holds, places) in named.items() if holds is not None}
        other = [f"{places} for {wrong}" for wrong, places in with_places.items() if not named[wrong][0]]
        if with_places:
            observed = "; ".join(other[:MOST_SHOWN]) or f"{len(with_places)} of {len(with_places)} refusals"
            checks.that("api.limits_named", not other, "refusals that name the entry that is wrong", observed, n=len(with_places))
        allowed = []
        for name in ("largest", "least", "smallest", "widest") if sizes else ():
            varied = getattr(limits, name)(document, attempts.schema, attempts.good)
            if varied is None:
                continue
            answer = attempts.sent(varied)
            observed = f"status {answer.status} with {answer.excerpt()}"
            checks.that(f"api.limits_{name}", answer.status in SUCCESS, f"success of the {name} {attempts.noun}", observed)
            conformance.conform(checks, "api.contract", answer)
            allowed.append(answer.body)
        if not tried:
            checks.not_evaluated("api.limits_beyond", f"limits of the {attempts.noun}", "no value of it has a limit")
        checks.conclude()
        return allowed
