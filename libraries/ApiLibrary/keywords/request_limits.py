"""Keywords about the limits of requests, by the contract's schema of their bodies."""

from __future__ import annotations

from typing import Any

from robotlibcore import keyword

from ApiLibrary import limits, requests
from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural
from theodore_qa.systems import conformance
from theodore_qa.systems.bodies import as_json

INVALID = 422
SUCCESS = range(200, 300)
MOST_SHOWN = 5
MEDIA = "application/json"


class RequestLimitKeywords:
    """Limits of requests."""

    @keyword(tags=("request", "contract"))
    def request_limits_should_hold(
        self, request: str, body: Any, *, identity: str | None = None, refused: int = INVALID, sizes: bool = True
    ) -> list[Any]:
        """Sends bodies just beyond each limit that the contract has for a request, and the largest and smallest it allows.

        Each refused body differs from the good one at one place: an entry that is needed is missing, an entry is unknown, a text
        is a character too long, too short or of another form, a number or a list is beyond its end, a value is not among those
        that are listed. Only what the good body has is varied, so give it every entry. What bodies that are allowed
        bring about stays: the answers are returned, so that the test can take it back.

        Args:
            request: A method and a path below the system's prefix, such as ``POST /orders``.
            body: A good body, as a dictionary or a JSON text.
            identity: The identity that sends them; by default the first one of the system.
            refused: The status of a refusal; 422 by default.
            sizes: Whether the largest body, the one with the least values, and the smallest, which has nothing that may be left
                out, are sent and have to succeed; True by default.

        Returns:
            The JSON of the answers to the largest, the least and the smallest body.

        Raises:
            UsageError: The contract has no schema for the body of the request, or the good body itself breaks it.

        Example:

        ```robotframework
        VAR    &{research} =    company_name=Slack    timeout_seconds=${5}
        Request Limits Should Hold    POST /research    ${research}    sizes=False
        ```
        """
        system = context.system
        method, _, path = request.partition(" ")
        document, operation = system.contract.needed, system.contract.operation(method, system.full(path.partition("?")[0]))
        given = operation.bodies.get(MEDIA)
        if given is None or given.schema is None:
            raise UsageError(f"{system.contract.name} has no schema of a JSON body for {request}: its limits are not known.")
        good = as_json(body)
        if wrong := limits.broken(document, given.schema, good):
            raise UsageError(f"The body for {request} breaks the contract itself, so that it shows no limit: {wrong}.")
        checks = Checks("Limits", request)
        taken = []
        tried = list(limits.beyond(document, given.schema, good))
        for attempt in tried:
            answer = requests.sent(request, identity=identity, body=attempt.body)
            if answer.status != refused:
                taken.append(f"{answer.status} for {attempt.wrong}")
        expected = f"{plural(len(tried), 'body')} refused with {refused}"
        more = f" and {len(taken) - MOST_SHOWN} more" if len(taken) > MOST_SHOWN else ""
        checks.that("api.limits_beyond", not taken, expected, "; ".join(taken[:MOST_SHOWN]) + more or expected, n=len(tried))
        allowed = []
        for name in ("largest", "least", "smallest") if sizes else ():
            answer = requests.sent(request, identity=identity, body=getattr(limits, name)(document, given.schema, good))
            observed = f"status {answer.status} with {answer.excerpt()}"
            checks.that(f"api.limits_{name}", answer.status in SUCCESS, f"success of the {name} body", observed)
            conformance.conform(checks, "api.contract", answer)
            allowed.append(answer.body)
        if not tried:
            checks.not_evaluated("api.limits_beyond", "limits of the body", "the good body has no value with a limit")
        checks.conclude()
        return allowed
